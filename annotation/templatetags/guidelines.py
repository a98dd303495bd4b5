from django.template import Library

from annotation.design.guidelines import guidelines_html

register = Library()
register.filter("guidelines", guidelines_html)
