"""The lists of engines that are not like others, sites without any list, and articles under two addresses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from petra.articles.lists import feeds, wordpress
from petra.articles.site.collecting import Collected, collect
from petra.articles.tests.blog_server import BlogServer, Page, article_html, serving

RICH = "Flour, water, salt and time make the best bread there is, said the baker to the miller at noon. " * 12


@pytest.fixture
def blog() -> Iterator[BlogServer]:
    with serving() as server:
        yield server


def collected(blog: BlogServer, address: str = "", **options: Any) -> Collected:
    return collect(address or blog.home, **{"gap_s": 0.0, "allow_private": blog.allow, **options})


def titles(found: Collected) -> list[str]:
    return sorted(article.title for article in found.articles)


def json_page(data: Any) -> Page:
    return Page(json.dumps(data).encode(), "application/json")


def rss(*links: str, generator: str = "", more: str = "") -> Page:
    items = "".join(f"<item><title>From {link}</title><link>{link}</link></item>" for link in links)
    head = f"<title>Bread</title><generator>{generator}</generator>{more}"
    return Page(f'<rss version="2.0"><channel>{head}{items}</channel></rss>'.encode(), "application/rss+xml")


def add(blog: BlogServer, *paths: str) -> None:
    for path in paths:
        blog.add_article(path, f"Title of {path.strip('/')}", text=f"About {path}. {RICH}")


def test_squarespace_lists_page_by_page_in_json(blog: BlogServer) -> None:
    add(blog, "/blog/rye", "/blog/spelt", "/blog/oats")
    blog.pages["/"] = Page(
        b'<html><title>Bread</title><script src="//static1.squarespace.com/x.js"></script><a href="/blog">Blog</a>'
    )
    blog.pages["/?format=json"] = json_page({"website": {}})
    first = [{"id": name, "title": name, "fullUrl": f"/blog/{name}", "publishOn": 1.7e12} for name in ("rye", "spelt")]
    first[0]["publishOn"] = 1_700_000_000_000
    blog.pages["/blog?format=json"] = json_page(
        {"items": [*first, "nonsense", {"fullUrl": 5}], "pagination": {"nextPage": True, "nextPageOffset": 17}}
    )
    blog.pages["/blog?format=json&offset=17"] = json_page({"items": [{"fullUrl": "/blog/oats", "tags": ["Oats", 3]}]})
    found = collected(blog)
    assert titles(found) == ["Title of blog/oats", "Title of blog/rye", "Title of blog/spelt"]
    assert "rest" in found.sources


def test_an_archive_in_json_ends_when_a_page_brings_nothing_new(blog: BlogServer) -> None:
    add(blog, "/p/rye")
    blog.pages["/"] = Page(b'<html><title>Bread</title><img src="https://substackcdn.com/image/x">')
    post = {"id": 5, "title": "Rye", "canonical_url": f"{blog.home}/p/rye", "post_date": "2025-01-01T08:00:00Z"}
    for offset in (0, 12, 24):
        blog.pages[f"/api/v1/archive?sort=new&offset={offset}&limit=12"] = json_page([post])
    assert titles(collected(blog)) == ["Title of p/rye"]
    assert "/api/v1/archive?sort=new&offset=24&limit=12" not in blog.paths()


def test_a_wordpress_feed_is_paged_where_rest_is_closed(blog: BlogServer) -> None:
    paths = [f"/bread-{number}/" for number in range(1, 5)]
    add(blog, *paths)
    blog.pages["/"] = Page(
        b'<html><title>Bread</title><link rel="alternate" type="application/rss+xml" href="/feed/">'
        b'<link rel="https://api.w.org/" href="/wp-json/"></html>'
    )
    blog.pages["/wp-json/wp/v2/posts"] = Page(b"{}", status=401)
    generator = "https://wordpress.org/?v=6.8"
    links = [blog.home + path for path in paths]
    blog.pages["/feed/"] = rss(*links[:2], generator=generator)
    blog.pages["/feed/?paged=2"] = rss(*links[2:], generator=generator)
    assert len(collected(blog).articles) == 4
    assert "/feed/?paged=3" in blog.paths() and "/feed/?paged=4" not in blog.paths()


def test_a_blogger_feed_is_asked_for_large_pages(blog: BlogServer) -> None:
    add(blog, "/2025/03/rye.html", "/2025/03/spelt.html")
    blog.pages["/"] = Page(
        b'<html><title>Bread</title><link rel="alternate" type="application/atom+xml" href="/feeds/posts/default">'
    )
    entry = '<entry><title>{0}</title><id>tag:{0}</id><link rel="alternate" href="{1}/2025/03/{0}.html"/></entry>'
    head = '<feed xmlns="http://www.w3.org/2005/Atom"><title>Bread</title>'
    more = f'<link rel="next" href="{blog.home}/feeds/posts/default?start-index=151&amp;max-results=150"/>'
    blog.pages["/feeds/posts/default?max-results=150"] = Page(
        f"{head}{more}{entry.format('rye', blog.home)}</feed>".encode(), "application/atom+xml"
    )
    blog.pages["/feeds/posts/default?start-index=151&max-results=150"] = Page(
        f"{head}{entry.format('spelt', blog.home)}</feed>".encode(), "application/atom+xml"
    )
    assert len(collected(blog).articles) == 2


def test_numbers_that_are_none_break_no_import(blog: BlogServer) -> None:
    add(blog, "/2025/old-post/", "/2025/new-post/")
    feed, squared = f"{blog.home}/feed/?paged=%C2%B2", {"X-WP-TotalPages": "²".encode().decode("latin-1")}
    blog.pages["/"] = Page(
        f'<title>Bread</title><link rel="https://api.w.org/" href="/wp-json/">'
        f'<link rel="alternate" type="application/rss+xml" href="{feed}">'.encode()
    )
    blog.pages["/robots.txt"] = Page(f"User-agent: *\nRequest-rate: 9/{'9' * 400}\n".encode(), "text/plain")
    first = "/wp-json/" + wordpress.posts_url("", 1).removeprefix("/")
    rows = [{"id": 1, "link": f"{blog.home}/2025/old-post/"}]
    blog.pages[first] = Page(json.dumps(rows).encode(), "application/json", headers=squared)
    blog.pages["/feed/?paged=%C2%B2"] = rss(f"{blog.home}/2025/new-post/", generator="WordPress")
    found = collected(blog, sleep=lambda _seconds: None)
    assert titles(found) == ["Title of 2025/new-post", "Title of 2025/old-post"]


@pytest.mark.parametrize(
    "wish", ["²", "Fri, 01 Jan 2100 00:00:00 +99999999999999999999", "Fri, 01 Jan 99999999999999999999 00:00:00 GMT"]
)
def test_a_wish_to_wait_that_is_none_is_passed_over(blog: BlogServer, wish: str) -> None:
    add(blog, "/2025/old-post/")
    blog.list_articles("/2025/old-post/")
    busy = blog.pages["/2025/old-post/"]
    busy.fails_first, busy.wish = 1, wish.encode().decode("latin-1")
    assert titles(collected(blog, sleep=lambda _seconds: None)) == ["Title of 2025/old-post"]


def test_a_sitemap_of_addresses_that_are_none_is_told(blog: BlogServer) -> None:
    blog.list_articles()
    blog.pages["/sitemap.xml"] = Page(b"<urlset><url><loc>http://[::1</loc></url></urlset>", "application/xml")
    assert collected(blog).troubles[0].for_person == "The sitemap lists no web addresses."


def test_twins_in_other_languages_come_out_of_the_sitemap(blog: BlogServer) -> None:
    add(blog, "/en/rye-bread-at-home/", "/de/roggenbrot-zu-hause-backen/")
    blog.list_articles("/en/rye-bread-at-home/")
    twin = f'<xhtml:link rel="alternate" hreflang="de" href="{blog.home}/de/roggenbrot-zu-hause-backen/"/>'
    body = blog.pages["/sitemap.xml"].body.decode().replace("</url>", twin + "</url>")
    names = 'xmlns:xhtml="http://www.w3.org/1999/xhtml" xmlns:image="i"'
    body = body.replace("<urlset", f"<urlset {names}").replace(
        "</loc>", "</loc><image:image><image:loc>/no.jpg</image:loc></image:image>"
    )
    blog.pages["/sitemap.xml"] = Page(body.encode(), "application/xml")
    assert len(collected(blog).articles) == 2


def test_a_feed_that_robots_names_as_a_sitemap_is_read(blog: BlogServer) -> None:
    add(blog, "/rye/")
    blog.list_articles()
    blog.pages["/sitemap.xml"] = rss(f"{blog.home}/rye/")
    assert titles(collected(blog)) == ["Title of rye"]


def test_guesses_are_made_where_the_sitemap_that_robots_names_is_gone(blog: BlogServer) -> None:
    add(blog, "/2025/01/01/rye-bread/")
    blog.list_articles("/2025/01/01/rye-bread/")
    blog.pages["/robots.txt"] = Page(f"Sitemap: {blog.home}/old.xml".encode(), "text/plain")
    found = collected(blog)
    assert titles(found) == ["Title of 2025/01/01/rye-bread"]
    assert [trouble.kind for trouble in found.troubles] == ["list"]


def test_an_address_without_https_falls_back_where_nobody_speaks_it(blog: BlogServer) -> None:
    add(blog, "/2025/01/01/rye-bread/")
    blog.list_articles("/2025/01/01/rye-bread/")
    found = collected(blog, blog.home.removeprefix("http://"))
    assert len(found.articles) == 1 and found.home.rstrip("/") == blog.home


def test_a_site_without_any_list_is_walked_lists_first(blog: BlogServer) -> None:
    def links(*paths: str) -> Page:
        anchors = "".join(f'<a href="{path}">x</a>' for path in paths)
        return Page(f"<html><title>Bread</title><body>{anchors}</body></html>".encode())

    add(blog, "/rye-bread-for-you", "/spelt-bread-for-you", "/oat-bread-for-you")
    blog.pages["/"] = links("/loaves.html", "/about", "/tag/new/", "https://elsewhere.example/", "/x?a=1&b=2&c=3&d=4")
    blog.pages["/loaves.html"] = links("/rye-bread-for-you", "/", "/loaves.html?page=2")
    blog.pages["/loaves.html?page=2"] = links("/spelt-bread-for-you")
    blog.pages["/tag/new/"] = links("/oat-bread-for-you")
    blog.pages["/about"] = Page(b"<html><title>About</title><p>Us.</p></html>")
    found = collected(blog)
    assert len(found.articles) == 3 and found.sources == ["links"]
    pages = [path for path in blog.paths() if "xml" not in path and "feed" not in path]
    assert len(pages) == len(set(pages)), "what was walked over is not asked for again"


def test_an_endless_calendar_ends_the_walk(blog: BlogServer) -> None:
    class Endless(dict[str, Page]):
        def get(self, path: str, default: Any = None) -> Page | None:  # type: ignore[override]
            if path.startswith("/calendar/"):
                number = int(path.rpartition("/")[2])
                return Page(f'<a href="/calendar/{number + 1}">next</a><a href="/">home</a>'.encode())
            found: Page | None = super().get(path, default)
            return found

    blog.pages = Endless(blog.pages)
    blog.pages["/"] = Page(b'<html><title>Bread</title><a href="/calendar/1">calendar</a></html>')
    found = collected(blog)
    assert found.articles == [] and len(blog.paths()) < 40


def test_the_same_article_under_two_addresses_is_one(blog: BlogServer) -> None:
    paths = ["/2025/01/01/rye-bread/", "/2025/01/01/rye-bread-2/", "/print/2025/01/01/rye/", "/2025/01/02/other/"]
    for path in paths[:2]:
        blog.add_article(path, "Rye bread", text=f"{RICH} Once more with feeling.")
    blog.add_article(paths[2], "Print: Rye bread", text=f"{RICH} Once more with feeling.")
    blog.add_article(paths[3], "Rye bread", text="Quite another text of the same name, " * 30, day="2025-03-02")
    blog.list_articles(*paths)
    assert [article.url.removeprefix(blog.home) for article in collected(blog).articles] == [paths[0], paths[3]]


def test_equal_guids_alone_make_nothing_the_same(blog: BlogServer) -> None:
    paths = ["/a-first-thing/", "/a-second-thing/"]
    for number, path in enumerate(paths):
        blog.pages[path] = Page(
            article_html(f"Thing {number}", text=f"{'abc' if number else 'xyz'} {number} " * 200).encode()
        )
    items = "".join(f"<item><guid>same</guid><link>{blog.home}{path}</link></item>" for path in paths)
    blog.list_articles(*paths)
    blog.pages["/feed/"] = Page(f'<rss version="2.0"><channel>{items}</channel></rss>'.encode(), "application/rss+xml")
    assert len(collected(blog).articles) == 2


def test_the_lists_of_a_site_are_walked_where_its_feed_tells_only_the_newest(blog: BlogServer) -> None:
    """As Drupal and Joomla do it: a feed of ten, no sitemap, further pages by ?page= and ?start= (2026-11)."""
    paths = [f"/index.php/journal/{number}-bread" for number in range(1, 25)]
    for number, path in enumerate(paths, 1):
        blog.add_article(path, f"Bread number {number}")
    blog.pages["/index.php/about"] = Page(
        b"<html><title>About</title><body class='page-node-type-page'>Us.</body></html>"
    )
    items = "".join(f"<item><title>Bread</title><link>{blog.home}{path}</link></item>" for path in paths[-10:])
    feed = f"<rss version='2.0'><channel><title>Oak</title>{items}</channel></rss>"
    blog.pages["/rss.xml"] = Page(feed.encode(), "application/rss+xml")
    head = '<link rel="alternate" type="application/rss+xml" href="/rss.xml"><title>Oak</title>'
    for start in range(0, 24, 6):
        links = "".join(f'<a href="{path}">Bread</a>' for path in [*paths[start : start + 6], "/index.php/about"])
        further = f'<a href="?start={start + 6}">Next</a>' if start < 18 else '<a href="/?start=900">Last</a>'
        page = Page(f"<html><head>{head}</head><body>{links}{further}</body></html>".encode())
        blog.pages[f"/?start={start}" if start else "/"] = page

    found = collected(blog)
    assert {article.url.removeprefix(blog.home) for article in found.articles} == set(paths)
    assert found.sources == ["feed", "links"] and found.maybe == []


def test_an_author_behind_a_mail_address_of_any_ending_is_read() -> None:
    item = "<item><link>https://x.example/a</link><author>m@bread.photography (Maren Oak)</author></item>"
    feed = feeds.parse(f"<rss version='2.0'><channel>{item}</channel></rss>".encode(), url="https://x.example/rss")
    assert [item.authors for item in feed.items] == [["Maren Oak"]]
