"""A small blog on loopback for tests: pages can be changed, take their time, answer errors; every request is noted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from petra.lib import clock

WORDS = "Bread needs flour, water, salt and time. " * 20


@dataclass
class Page:
    """One answer of the server."""

    body: bytes
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    fails_first: int = 0  # answers 503 so many times before
    wish: str = "0"  # its Retry-After
    ends_after: int | None = None  # breaks the connection off after so many bytes


@dataclass(frozen=True)
class Asked:
    """One request as the server saw it."""

    path: str
    at: float
    headers: dict[str, str]


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up in the middle is no failure of the blog."""


class BlogServer:
    """Serves `pages` (path → Page); unknown paths are 404."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[Asked] = []
        self.hold: threading.Event | None = None  # set: requests for pages wait for it
        blog = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                blog.asked.append(Asked(self.path, clock.monotonic(), {k.lower(): v for k, v in self.headers.items()}))
                page = blog.pages.get(self.path) or Page(b"<title>Not found</title>", status=404)
                status, body, headers = page.status, page.body, dict(page.headers)
                if page.fails_first > 0:
                    page.fails_first -= 1
                    status, body, headers = 503, b"busy", {"Retry-After": page.wish}
                elif headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]:
                    status, body = 304, b""
                self.send_response(status)
                self.send_header("Content-Type", page.content_type)
                self.send_header("Content-Length", str(len(body)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body[: page.ends_after])
                self.close_connection = self.close_connection or page.ends_after is not None

            def log_message(self, *_: Any) -> None:
                return

        self._server = _QuietServer(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        self.home = f"http://127.0.0.1:{self.port}"
        self.allow = frozenset({("127.0.0.1", self.port)})
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def paths(self) -> list[str]:
        """List the paths asked for, in order."""
        return [asked.path for asked in self.asked]

    def add_article(self, path: str, title: str, *, text: str = "", day: str = "2025-03-01", extra: str = "") -> None:
        """Put an article on the blog."""
        self.pages[path] = Page(article_html(title, text=text, day=day, extra=extra).encode())

    def list_articles(self, *paths: str) -> None:
        """Write robots, first page and sitemap for these articles."""
        entries = "".join(f"<url><loc>{self.home}{path}</loc></url>" for path in paths)
        self.pages["/"] = Page(b"<html><title>Bread</title><body><p>Welcome to a blog about bread.</p></body></html>")
        self.pages["/robots.txt"] = Page(f"User-agent: *\nSitemap: {self.home}/sitemap.xml\n".encode(), "text/plain")
        self.pages["/sitemap.xml"] = Page(
            f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'.encode(),
            "application/xml",
        )


def article_html(title: str, *, text: str = "", day: str = "2025-03-01", extra: str = "") -> str:
    """Write an article's page as a usual theme does. Without a text it is one about its title."""
    text = text or f"This is about {title}. {WORDS}"
    return f"""<!doctype html><html lang="en"><head><title>{title} | Bread</title>
    <meta property="og:type" content="article"><meta property="og:title" content="{title}">
    <meta property="og:site_name" content="Bread">
    <meta property="article:published_time" content="{day}T08:00:00+02:00">
    </head><body><article><h1>{title}</h1><div class="entry-content"><p>{text}</p>
    <img src="/loaf.jpg" width="1000" height="1500" alt="A loaf">{extra}</div></article></body></html>"""


@contextmanager
def serving(settings: Any = None) -> Iterator[BlogServer]:
    """Serve a blog for the length of a block. With `settings`, Petra may ask it, and without a pause."""
    server = BlogServer()
    if settings is not None:
        settings.ALLOW_PRIVATE = [f"127.0.0.1:{server.port}"]
        settings.IMPORT_GAP_S = 0
    try:
        yield server
    finally:
        server.close()
