"""HTML pages from the files in templates/: `$names` filled in, every value escaped unless it was filled before."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from pathlib import Path
from string import Template

from petra.simulator.http11 import Response

_FOLDER = Path(__file__).parent / "templates"
STYLE = (Path(__file__).parent / "static" / "style.css").read_bytes()

# img-src *: Pins made by address show the picture from there.
_HEADERS = [
    ("content-security-policy", "default-src 'none'; img-src * data:; style-src 'self'; base-uri 'none'"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
]


class _Html(str):
    """Text that is markup already."""


def safe(html: str) -> str:
    """Mark what `fill` returned (joined, say) as markup."""
    return _Html(html)


@lru_cache(maxsize=64)
def _template(name: str) -> Template:
    return Template((_FOLDER / name).read_text(encoding="utf-8"))


def fill(file: str, /, **values: str) -> str:
    """Fill a template file; values are escaped unless marked `safe`."""
    ready = {key: value if isinstance(value, _Html) else escape(value) for key, value in values.items()}
    return _Html(_template(file).substitute(ready))


def page(status: int, title: str, body: str) -> Response:
    html = fill("page.html", title=title, body=body)
    return Response(status, html.encode("utf-8"), "text/html; charset=utf-8", list(_HEADERS))
