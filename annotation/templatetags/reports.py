import re

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def md(text: str) -> SafeString:
    """Escape text so that Markdown shows it as it is: names and titles come from strangers."""
    inert = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    inert = re.sub(r"([\\`*_{}\[\]()#+!|~])", r"\\\1", " ".join(inert.split()))
    return mark_safe(inert)  # noqa: S308 - escaped above, for another language than HTML
