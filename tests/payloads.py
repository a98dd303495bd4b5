"""Sixty texts that try to be run as something else. Each holds the word that it is known by."""

WORD = "zQpayload"

HTML = [
    f"<script>{WORD}()</script>",
    f"<img src=x onerror={WORD}()>",
    f"<svg/onload={WORD}()>",
    f'"><script>{WORD}()</script>',
    f"'><img src=x onerror='{WORD}()'>",
    f"</textarea><script>{WORD}()</script>",
    f"</title><script>{WORD}()</script>",
    f"</option></select><b onmouseover={WORD}()>x</b>",
    f'" autofocus onfocus={WORD}() x="',
    f"' onclick='{WORD}()' x='",
    f"javascript:{WORD}()",
    f"[click](javascript:{WORD}())",
    f"![x](javascript:{WORD}())",
    f"<a href='javascript:{WORD}()'>x</a>",
    f"<iframe srcdoc='<script>{WORD}()</script>'></iframe>",
    f"<style>@import 'https://{WORD}.example'</style>",
    f"<form action=https://{WORD}.example><button>x</button></form>",
    f"<base href=https://{WORD}.example>",
    f"<!--{WORD}--><b>",
    f"<div hx-get='/{WORD}' hx-trigger=load></div>",
    f"<details open ontoggle={WORD}()>",
    f"<math><mtext><script>{WORD}()</script>",
]
CSV = [
    f'=HYPERLINK("https://{WORD}.example","x")',
    f"=cmd|'/c calc'!{WORD}",
    f"+1+{WORD}",
    f"-1+{WORD}",
    f"@SUM({WORD})",
    f"\t={WORD}",
    f"\r={WORD}",
    f"=1+1;{WORD}",
    f'="{WORD}"',
    f'a","{WORD}","b',
    f"a\n={WORD}",
    f"'={WORD}",
]
SQL = [
    f"'; DROP TABLE annotation_judgment; -- {WORD}",
    f"' OR '1'='1' -- {WORD}",
    f"{WORD}%' AND 1=1 --",
    f"\\'; SELECT pg_sleep(9); -- {WORD}",
    f"$$; SELECT 1; $$ {WORD}",
    f"%s %(x)s %d {WORD}",
    f"{{0}} {{x}} {WORD}",
    f"{WORD} & | ! ( ) :* <->",
    f'"{WORD}" -"unclosed',
    f"_%_%_{WORD}_%",
    f"E'\\x00' {WORD}",
    f"/*{WORD}*/ UNION SELECT password FROM accounts_user",
]
TEMPLATE = [
    f"{{{{ 7|add:7 }}}}{WORD}",
    f"{{% csrf_token %}}{WORD}",
    f"{{% include 'base.html' %}}{WORD}",
    f"{{# {WORD} #}}",
    f"${{7*7}}{WORD}",
    f"<%= 7*7 %>{WORD}",
    f"#{{7*7}}{WORD}",
    f"{{{{ settings.SECRET_KEY }}}}{WORD}",
]
HEADER = [
    f"x\r\nSet-Cookie: {WORD}=1",
    f"x\nLocation: https://{WORD}.example",
    f'x"; filename="{WORD}.exe',
    f"x\r\n\r\n<script>{WORD}()</script>",
    f"../../{WORD}",
    f"{WORD}\u2028next\u2029line",
]
ALL = HTML + CSV + SQL + TEMPLATE + HEADER
