"""A study's guidelines: Markdown in, harmless HTML out."""

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

# Without `html` tags come out as text, and links to javascript: or data: are not made.
# Pictures would tell their server who reads; the page's rules for content would stop them anyway.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def _link_open(renderer: RendererHTML, tokens: list[Token], at: int, options: OptionsDict, env: EnvType) -> str:
    tokens[at].attrSet("rel", "noopener noreferrer")
    tokens[at].attrSet("target", "_blank")  # the item in hand stays open
    return renderer.renderToken(tokens, at, options, env)


_MARKDOWN.add_render_rule("link_open", _link_open)


def guidelines_html(markdown: str) -> SafeString:
    return mark_safe(_MARKDOWN.render(markdown))  # noqa: S308 - made without html, see above
