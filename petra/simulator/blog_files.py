"""The demo blog under /blog/, served from the folder `blog/`: files as they are, `{{base}}` filled in."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from petra.simulator.http11 import Request, Response
from petra.simulator.pages import fill, page

_FOLDER: Final = Path(__file__).parent / "blog"
_TEXT: Final = {
    ".html": "text/html; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}
_BINARY: Final = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".ico": "image/x-icon",
    ".gz": "application/gzip",
    ".woff2": "font/woff2",
}
_NO_ROBOTS_FILE: Final = "User-agent: *\nAllow: /\nSitemap: {{base}}/sitemap.xml\n"


class Blog:
    """Files of one folder, with ETag and 304."""

    def __init__(self, folder: Path = _FOLDER) -> None:
        self._folder = folder.resolve()

    def answer(self, request: Request, base: str) -> Response:
        if request.method not in ("GET", "HEAD"):
            return Response(405, b"", "text/plain", [("allow", "GET, HEAD")])
        blog_base = f"{base}/blog"
        if request.path == "/blog":
            return Response(301, b"", "text/plain", [("location", f"{blog_base}/")])
        if request.path == "/robots.txt":
            return self._robots(request, blog_base)
        file = self._find(request.path.removeprefix("/blog/"))
        if file is None:
            return page(404, "No such page", fill("message.html", text="The demo blog has no page here."))
        kind = _TEXT.get(file.suffix)
        if kind is not None:
            text = file.read_text(encoding="utf-8").replace("{{base}}", blog_base)
            return _fresh(request, text.encode("utf-8"), kind)
        return _fresh(request, file.read_bytes(), _BINARY[file.suffix])

    def _robots(self, request: Request, blog_base: str) -> Response:
        file = self._folder / "robots.txt"
        text = file.read_text(encoding="utf-8") if file.is_file() else _NO_ROBOTS_FILE
        return _fresh(request, text.replace("{{base}}", blog_base).encode("utf-8"), _TEXT[".txt"])

    def _find(self, path: str) -> Path | None:
        """Return the file for a path: itself, its index.html, or with .html. Never one outside the folder."""
        if "\x00" in path:
            return None
        wanted = (self._folder / path).resolve()
        if not wanted.is_relative_to(self._folder):
            return None
        for file in (wanted, wanted / "index.html", wanted.with_name(wanted.name + ".html")):
            is_page = file.suffix in _TEXT or file.suffix in _BINARY
            if is_page and file.is_file() and file.is_relative_to(self._folder):
                return file
        return None


def _fresh(request: Request, body: bytes, content_type: str) -> Response:
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = [("etag", etag), ("cache-control", "no-cache")]
    if etag in request.headers.get("if-none-match", ""):
        return Response(304, b"", content_type, headers)
    return Response(200, body, content_type, headers)
