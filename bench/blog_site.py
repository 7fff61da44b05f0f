"""A blog of any size on loopback for `bench.importing`: pages as a usual theme makes them, the same at every start.

`python -m bench.blog_site PAGES` prints its port and serves until it is killed. A process of its own, so that its work
is not counted as the importer's. Each page has an ETag and each line of the sitemap a lastmod.
"""

from __future__ import annotations

import random
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_TEXT = (
    "bread flour water salt yeast dough oven crust crumb loaf rye wheat spelt starter levain proof knead fold rest"
    " shape score bake steam stone basket linen butter honey milk seed grain mill stone morning evening kitchen table"
    " bowl spoon scale hand warm cold slow quick long short deep light dark golden soft crisp fresh old simple rich"
    " always never often before after because until while between under over with without into from about through"
)
WORDS = _TEXT.split()
_NAV = "".join(
    f'<li class="menu-item menu-{word}"><a href="/topics/{word}/" class="link">{word.title()}</a></li>'
    for word in WORDS[:60]
)
_STYLE = "".join(
    f".wp-block-{word}{{margin:0 auto;padding:.5em 1em;font-size:1.{n}rem}}" for n, word in enumerate(WORDS)
)
_SCRIPT = (
    "window._theme=window._theme||[];"
    + "".join(f"_theme.push(['{word}',{n},true]);" for n, word in enumerate(WORDS)) * 2
)
_PER_MAP = 5_000


def path(number: int) -> str:
    """Give the address of one article."""
    return f"/2025/{1 + number % 12:02}/the-{WORDS[number % 70]}-and-the-{WORDS[(number * 7) % 70]}-{number}/"


def page(number: int, root: str) -> bytes:
    """Write one article with what stands around it: about 43 KB, read in half the time of a real page (2026-11)."""
    rng = random.Random(number)  # noqa: S311 - pages, not secrets
    title = f"The {WORDS[number % 70]} and the {WORDS[(number * 7) % 70]}, part {number}"
    day = f"2025-{1 + number % 12:02}-{1 + number % 28:02}T08:{number % 60:02}:00+02:00"
    blocks = []
    for block in range(12):
        sentences = [" ".join(rng.choices(WORDS, k=rng.randint(8, 16))).capitalize() + "." for _ in range(6)]
        blocks.append(f"<p>{' '.join(sentences)}</p>")
        if block % 3 == 1:
            name = f"{root}/pictures/{number}-{block}"
            blocks.append(
                f'<figure><img src="{name}-768x1152.jpg" srcset="{name}-768x1152.jpg 768w, {name}.jpg 1200w"'
                f' width="768" height="1152" alt="Step {block}" loading="lazy">'
                f"<figcaption>Step {block}</figcaption></figure>"
            )
    late = "".join(f'<li><a href="{path(number + step)}">More of {WORDS[step]}</a></li>' for step in range(1, 20))
    comments = "".join(
        f'<li class="comment" id="c{n}"><div class="vcard"><img class="avatar" src="{root}/avatars/{n}.png" width="48"'
        f' height="48" alt=""><cite class="fn">{WORDS[n].title()}</cite></div>'
        f"<p>{' '.join(rng.choices(WORDS, k=30))}</p>"
        f'<a class="reply" href="?replytocom={n}">Reply</a></li>'
        for n in range(30)
    )
    related = "".join(
        f'<div class="card"><a href="{path(number + n)}"><img src="{root}/pictures/{number + n}-1-300x450.jpg"'
        f' width="300" height="450" alt=""><h3>More of {WORDS[n]} and {WORDS[-n]}</h3></a></div>'
        for n in range(1, 13)
    )
    lead = f"{root}/pictures/{number}-1.jpg"
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} | The Loaf</title>
<link rel="canonical" href="{root}{path(number)}"><meta property="og:type" content="article">
<meta property="og:title" content="{title}"><meta property="og:site_name" content="The Loaf">
<meta property="og:image" content="{lead}"><meta name="author" content="Maren Kask">
<meta property="article:published_time" content="{day}"><meta property="article:tag" content="{WORDS[number % 30]}">
<script type="application/ld+json">{{"@context":"https://schema.org","@type":"BlogPosting","headline":"{title}",
"datePublished":"{day}","author":{{"@type":"Person","name":"Maren Kask"}},"image":"{lead}",
"mainEntityOfPage":"{root}{path(number)}"}}</script>
<style>{_STYLE}</style><script>{_SCRIPT}</script></head>
<body><header><nav><ul>{_NAV}</ul></nav></header><main><article><h1>{title}</h1>
<p class="byline">By <a rel="author" href="/about/">Maren Kask</a> <time datetime="{day}">{day[:10]}</time></p>
<div class="entry-content">{"".join(blocks)}</div></article>
<section class="related">{related}</section><section id="comments"><h2>Comments</h2><ol>{comments}</ol></section></main>
<aside><h2>Lately</h2><ul>{late}</ul></aside><footer><ul>{_NAV}</ul></footer></body></html>""".encode()


class _Site(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A worker that is killed hangs up in the middle: no failure of the site."""

    pages = 0

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, asked: str) -> tuple[str, bytes] | None:
        """Give type and body for a path."""
        if asked == "/robots.txt":
            return "text/plain", f"User-agent: *\nSitemap: {self.root}/sitemap.xml\n".encode()
        if asked == "/":
            return "text/html", b"<html lang='en'><title>The Loaf</title><body><p>A blog about bread.</p></body></html>"
        if asked == "/sitemap.xml":
            maps = range((self.pages + _PER_MAP - 1) // _PER_MAP)
            lines = "".join(f"<sitemap><loc>{self.root}/post-sitemap{n}.xml</loc></sitemap>" for n in maps)
            return "application/xml", f"<sitemapindex>{lines}</sitemapindex>".encode()
        if asked.startswith("/post-sitemap"):
            first = int(asked.removeprefix("/post-sitemap").removesuffix(".xml")) * _PER_MAP
            numbers = range(first, min(first + _PER_MAP, self.pages))
            lines = "".join(
                f"<url><loc>{self.root}{path(n)}</loc><lastmod>2025-12-01T10:00:{n % 60:02}+00:00</lastmod></url>"
                for n in numbers
            )
            return "application/xml", f"<urlset>{lines}</urlset>".encode()
        tail = asked.rstrip("/").rpartition("-")[2]
        if tail.isdigit() and asked == path(int(tail)):
            return "text/html; charset=utf-8", page(int(tail), self.root)
        return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Site
    wbufsize = 1 << 16

    def do_GET(self) -> None:
        found = self.server.answer(self.path)
        kind, body = found or ("text/html", b"<title>Not here</title>")
        mark = f'"{self.path}"'
        is_known = found is not None and self.headers.get("If-None-Match") == mark
        self.send_response(304 if is_known else 200 if found else 404)
        self.send_header("Content-Type", kind)
        if self.path.startswith("/2025/"):
            self.send_header("ETag", mark)
        self.send_header("Content-Length", "0" if is_known else str(len(body)))
        self.end_headers()
        if not is_known:
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return


def main() -> None:
    """Serve for ever."""
    with _Site(("127.0.0.1", 0), _Handler) as site:
        site.pages = int(sys.argv[1])
        print(site.server_address[1], flush=True)
        site.serve_forever()


if __name__ == "__main__":
    main()
