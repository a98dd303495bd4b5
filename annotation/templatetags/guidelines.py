from django.template import Library

from annotation.guidelines import guidelines_html

register = Library()
register.filter("guidelines", guidelines_html)
