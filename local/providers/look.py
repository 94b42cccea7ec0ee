"""How the pages look: one frame, no script, nothing from elsewhere."""

from __future__ import annotations

from html import escape

from local.peer.http_server import Response

STYLE = """
*{box-sizing:border-box}
body{margin:0;font:16px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:#14231c;background:#eef1ef}
main{max-width:26rem;margin:0 auto;padding:.75rem}
.card{background:#fff;border:1px solid #d5ddd8;border-radius:12px;padding:1rem;margin:0 0 .75rem}
.strip{background:#7a4b00;color:#fff;font-size:.875rem;text-align:center;padding:.4rem .75rem}
h1{font-size:1.05rem;margin:0;font-weight:600}
h2{font-size:.95rem;margin:0 0 .6rem}
.amount{font-size:2rem;font-weight:700;margin:.15rem 0 .35rem;font-variant-numeric:tabular-nums}
dl{margin:0;display:grid;grid-template-columns:auto 1fr;gap:.15rem .75rem;font-size:.9rem}
dt{color:#526159}dd{margin:0;text-align:right;overflow-wrap:anywhere}
form{margin:0}
button,.button{display:block;width:100%;min-height:48px;padding:.6rem 1rem;border-radius:10px;border:1px solid #b9c5be;
background:#fff;color:#14231c;font:inherit;font-weight:600;text-align:center;text-decoration:none;cursor:pointer}
button:focus-visible,.button:focus-visible,input:focus-visible,a:focus-visible{
outline:3px solid #1a5fd0;outline-offset:2px}
.main{background:#0b6b3a;border-color:#0b6b3a;color:#fff}
.two form{display:grid}
.two{display:grid;grid-template-columns:1fr 1fr;gap:.6rem;margin-top:.6rem}
.two form:last-child:nth-child(odd){grid-column:1/-1}
small{display:block;font-weight:400;font-size:.8rem;color:#526159}
.note{border-left:4px solid #1a5fd0;padding:.6rem .75rem;background:#eaf1fd;border-radius:8px;margin:0 0 .75rem}
.bad{border-color:#b3261e;background:#fdecea}.good{border-color:#0b6b3a;background:#e8f5ed}
label{display:block;font-size:.9rem;margin:.6rem 0 .25rem}
input{width:100%;min-height:48px;padding:.5rem .75rem;border:1px solid #8a978f;border-radius:10px;font:inherit}
.row{display:grid;grid-template-columns:1fr auto;gap:.6rem;align-items:end}.row button{width:auto}
.number{font-size:1.35rem;font-weight:700;letter-spacing:.04em;font-variant-numeric:tabular-nums}
ul{list-style:none;margin:0;padding:0}li+li{border-top:1px solid #e3e9e5}li a{display:block;padding:.6rem 0;color:#14231c}
"""
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
}


def page(title: str, body: str, status: int = 200) -> Response:
    """A whole page; `body` is markup that is escaped already."""
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>"
        f'<div class="strip">Pretend payment page: no real money moves</div><main>{body}</main></body></html>'
    )
    return Response(status, text.encode(), "text/html; charset=utf-8", dict(_HEADERS))


def note(words: str, kind: str = "") -> str:
    return f'<p class="note {kind}" role="status">{escape(words)}</p>' if words else ""


def button(act: str, words: str, more: str = "", kind: str = "") -> str:
    """A form of one button that posts `act` to the page it stands on."""
    small = f"<small>{escape(more)}</small>" if more else ""
    return (
        f'<form method="post"><input type="hidden" name="act" value="{act}">'
        f'<button class="{kind}" data-act="{act}">{escape(words)}{small}</button></form>'
    )


def naira(kobo: int) -> str:
    """`₦2,500` or `₦2,500.50`"""
    whole, part = divmod(kobo, 100)
    return f"₦{whole:,}" + (f".{part:02d}" if part else "")
