"""How a site is looked at: robots.txt first, lists merged, manners kept, nothing out of scope."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from petra.articles.lists import wordpress
from petra.articles.site.collecting import Collected, collect
from petra.articles.site.discovery import NotABlog
from petra.articles.site.manners import BotWall, Budget, Disallowed, RobotsUnknown, SiteBusy, Visitor
from petra.articles.site.picture_files import NoPicture, fetch_picture
from petra.articles.tests.blog_server import BlogServer, Page, article_html, serving
from petra.lib import clock
from petra.lib.addresses import BadAddress
from petra.lib.outbound import Outbound, Unreachable

ARTICLES = tuple(f"/2025/03/0{number}/bread-number-{number}/" for number in range(1, 6))


@pytest.fixture
def blog() -> Iterator[BlogServer]:
    with serving() as server:
        for number, path in enumerate(ARTICLES, 1):
            server.add_article(path, f"Bread number {number}")
        server.list_articles(*ARTICLES)
        yield server


def collected(blog: BlogServer, path: str = "/", **options: Any) -> Collected:
    options = {"gap_s": 0.0, "allow_private": blog.allow, **options}
    return collect(blog.home + path, **options)


def titles(found: Collected) -> list[str]:
    return sorted(article.title for article in found.articles)


def test_robots_comes_first_and_nothing_is_asked_twice(blog: BlogServer) -> None:
    found = collected(blog)
    assert len(found.articles) == 5 and found.sources == ["sitemap"]
    assert blog.paths()[0] == "/robots.txt" and len(blog.paths()) == len(set(blog.paths()))


def test_what_robots_forbids_is_not_asked_for(blog: BlogServer) -> None:
    robots = b"User-agent: *\nAllow: /\nUser-agent: petra\nDisallow: /2025/03/01/\nSitemap: /sitemap.xml"
    blog.pages["/robots.txt"] = Page(robots.replace(b"/sitemap", blog.home.encode() + b"/sitemap"))
    found = collected(blog)
    assert len(found.articles) == 4 and ARTICLES[0] not in blog.paths()
    assert [trouble.kind for trouble in found.troubles] == ["robots"]
    with Outbound(allow_private=blog.allow) as client, pytest.raises(Disallowed):
        Visitor(client, sleep=clock.sleep, gap_s=0).get(blog.home + ARTICLES[0])


def test_a_site_that_forbids_everything_is_left_alone(blog: BlogServer) -> None:
    blog.pages["/robots.txt"] = Page(b"User-agent: *\nDisallow: /")
    with pytest.raises(Disallowed):
        collected(blog)
    assert blog.paths() == ["/robots.txt"]


def test_robots_that_can_not_be_read_means_nothing_may_be(blog: BlogServer) -> None:
    blog.pages["/robots.txt"] = Page(b"", status=500)
    with pytest.raises(RobotsUnknown):
        collected(blog, sleep=lambda _seconds: None)
    assert set(blog.paths()) == {"/robots.txt"}


@pytest.mark.parametrize("robots", [b"<html>Not robots</html>", b"\xff\xfe\x00", b"Crawl-delay: abc",
                                    b"User-agent: *\nCrawl-delay: -1",
                                    b"User-agent: *\nCrawl-delay: 1e309", b""])  # fmt: skip
def test_robots_of_nonsense_sets_no_rules(blog: BlogServer, robots: bytes) -> None:
    blog.pages["/robots.txt"] = Page(robots)
    assert len(collected(blog).articles) == 5


def test_the_crawl_delay_and_the_own_gap_are_kept(blog: BlogServer) -> None:
    robots = blog.pages["/robots.txt"].body + b"Crawl-delay: 0.2\n"
    blog.pages["/robots.txt"] = Page(robots, "text/plain")
    collected(blog)
    gaps = [later.at - earlier.at for earlier, later in pairwise(blog.asked)]
    assert len(gaps) >= 6 and min(gaps) >= 0.19


def test_an_absurd_crawl_delay_is_capped_and_a_wish_for_days_pauses(blog: BlogServer) -> None:
    waits: list[float] = []
    blog.pages["/robots.txt"] = Page(blog.pages["/robots.txt"].body + b"Crawl-delay: 86400\n", "text/plain")
    collected(blog, sleep=waits.append)
    assert waits and max(waits) <= 30 * 1.21
    blog.pages[ARTICLES[2]] = Page(b"", status=429, headers={"Retry-After": "999999999"})
    found = collected(blog, sleep=waits.append)
    assert found.troubles[-1].kind == SiteBusy().code and 0 < len(found.articles) < 5


def test_an_import_stops_at_its_budget_and_keeps_what_it_has(blog: BlogServer) -> None:
    found = collected(blog, budget=Budget(requests=11))
    assert found.troubles[-1].kind == "budget" and len(found.articles) == 2 and len(blog.paths()) == 11


def test_sitemap_indexes_are_followed_packed_ones_unpacked_and_rings_left(blog: BlogServer) -> None:
    index = f"<sitemapindex><sitemap><loc>{blog.home}/sitemap.xml</loc></sitemap>"
    index += f"<sitemap><loc>{blog.home}/post-sitemap.xml.gz</loc></sitemap>"
    index += f"<sitemap><loc>{blog.home}/category-sitemap.xml</loc></sitemap></sitemapindex>"
    entries = "".join(f"<url><loc>{blog.home}{path}</loc></url>" for path in ARTICLES)
    blog.pages["/sitemap.xml"] = Page(index.encode(), "application/xml")
    blog.pages["/post-sitemap.xml.gz"] = Page(gzip.compress(f"<urlset>{entries}</urlset>".encode()), "application/gzip")
    found = collected(blog)
    assert len(found.articles) == 5 and blog.paths().count("/sitemap.xml") == 1
    assert "/category-sitemap.xml" not in blog.paths()


def test_pages_that_wordpress_lists_beside_its_posts_are_none(blog: BlogServer) -> None:
    kinds = ("posts-post", "posts-recipe", "posts-page", "taxonomies-category", "users")
    files = [f"/wp-sitemap-{kind}-1.xml" for kind in kinds]
    index = "".join(f"<sitemap><loc>{blog.home}{file}</loc></sitemap>" for file in files)
    blog.pages["/sitemap.xml"] = Page(f"<sitemapindex>{index}</sitemapindex>".encode(), "application/xml")
    for file, path in zip(files, ARTICLES, strict=True):
        body = f"<urlset><url><loc>{blog.home}{path}</loc></url></urlset>"
        blog.pages[file] = Page(body.encode(), "application/xml")
    assert titles(collected(blog)) == ["Bread number 1", "Bread number 2"]
    assert not {*files[2:]} & {*blog.paths()}


def test_lists_may_not_lead_out_of_the_blog(blog: BlogServer) -> None:
    blog.list_articles(*ARTICLES)
    body = blog.pages["/sitemap.xml"].body
    for url in (
        "http://169.254.169.254/latest/meta-data/2025/a-b-c/",
        "https://other.example/2025/03/01/a-b-c/",
        "file:///etc/passwd",
    ):
        body = body.replace(b"</urlset>", f"<url><loc>{url}</loc></url></urlset>".encode())
    blog.pages["/sitemap.xml"] = Page(body, "application/xml")
    found = collected(blog)
    assert len(found.articles) == 5 and found.troubles == []


def test_a_moved_sitemap_is_explained(blog: BlogServer) -> None:
    body = blog.pages["/sitemap.xml"].body.replace(blog.home.encode(), b"https://example.com")
    blog.pages["/sitemap.xml"] = Page(body, "application/xml")
    found = collected(blog)
    assert found.articles == []
    assert found.troubles[0].for_person == "The sitemap points to example.com, which is not this site."


def test_feed_and_sitemap_are_merged_and_the_feed_proves_articles(blog: BlogServer) -> None:
    blog.pages["/tag/rye.html"] = Page(
        b"<html><title>Rye</title><article><h1>Rye</h1><p>Everything about rye.</p></article></html>"
    )
    feed = f"""<rss version="2.0"><channel><title>Oak</title><item><title>Rye</title>
    <link>{blog.home}/tag/rye.html?utm_source=rss</link>
    <pubDate>Sat, 01 Mar 2025 08:00:00 +0200</pubDate></item>
    <item><title>x</title><link>{blog.home}{ARTICLES[0]}</link></item></channel></rss>"""
    blog.pages["/feed.xml"] = Page(feed.encode(), "application/rss+xml")
    blog.pages["/tag/rye.html?utm_source=rss"] = blog.pages["/tag/rye.html"]
    blog.pages["/"] = Page(b'<html><link rel="alternate" type="application/rss+xml" href="/feed.xml"></html>')
    found = collected(blog)
    assert len(found.articles) == 6 and "Rye" in titles(found) and found.sources == ["sitemap", "feed"]


def test_paged_feeds_are_followed_to_their_end(blog: BlogServer) -> None:
    def page_of(number: int) -> bytes:
        following = f"{blog.home}/feed.json?{number + 1}" if number < 5 else f"{blog.home}/feed.json?1"
        items = [{"url": f"{blog.home}{ARTICLES[number - 1]}", "title": "x", "date_published": "2025-03-01"}]
        return json.dumps({"version": "https://jsonfeed.org/version/1", "items": items, "next_url": following}).encode()

    for number in range(1, 6):
        blog.pages[f"/feed.json?{number}"] = Page(page_of(number), "application/feed+json")
    blog.pages["/"] = Page(b'<html><link rel="alternate" type="application/feed+json" href="/feed.json?1"></html>')
    del blog.pages["/sitemap.xml"]
    blog.pages["/robots.txt"] = Page(b"")
    assert len(collected(blog).articles) == 5


def test_wordpress_lists_what_nothing_else_does(blog: BlogServer) -> None:
    rows = [{"id": number, "link": blog.home + path, "title": {"rendered": f"Bread number {number}"},
             "date_gmt": "2025-03-01T06:00:00", "content": {"rendered": "<p>x</p>"}}
            for number, path in enumerate(ARTICLES, 1)]  # fmt: skip
    for number in (1, 2):  # a site that answers the same page for ever
        door = wordpress.posts_url("/wp-json/", number)
        blog.pages[door] = Page(json.dumps(rows).encode(), "application/json")
    blog.pages["/"] = Page(f'<html><link rel="https://api.w.org/" href="{blog.home}/wp-json/"></html>'.encode())
    blog.pages["/robots.txt"] = Page(b"")
    del blog.pages["/sitemap.xml"]
    found = collected(blog)
    assert len(found.articles) == 5 and found.sources == ["rest"]
    assert sum("page=" in path for path in blog.paths()) == 2


def test_without_lists_the_links_are_walked(blog: BlogServer) -> None:
    links = "".join(f'<a href="{path}">Bread</a>' for path in ARTICLES[:3])
    older = "".join(f'<a href="{path}">Bread</a>' for path in ARTICLES[3:])
    blog.pages["/"] = Page(
        f'<html><body>{links}<a href="/page/2/">older</a><a href="https://other.example/">x</a></body></html>'.encode()
    )
    blog.pages["/page/2/"] = Page(
        f'<html><body>{older}<a href="/">home</a><a href="/page/2/">2</a></body></html>'.encode()
    )
    blog.pages["/robots.txt"] = Page(b"")
    del blog.pages["/sitemap.xml"]
    found = collected(blog)
    assert len(found.articles) == 5 and found.sources == ["links"]


def test_an_article_whose_page_is_gone_is_taken_from_its_feed(blog: BlogServer) -> None:
    feed = f"""<rss version="2.0"><channel><title>Oak</title><item><title>Rye</title><link>{blog.home}/rye/</link>
    <description>All of the text about rye bread.</description></item></channel></rss>"""
    blog.pages["/feed.xml"] = Page(feed.encode(), "application/rss+xml")
    blog.pages["/"] = Page(b'<html><link rel="alternate" type="application/rss+xml" href="/feed.xml"></html>')
    found = collected(blog)
    assert "Rye" in titles(found) and [trouble.kind for trouble in found.troubles] == ["http-404"]


def test_canonicals_are_believed_inside_the_blog_only(blog: BlogServer) -> None:
    def canonical(path: str, to: str) -> None:
        blog.pages[path] = Page(
            article_html(f"Bread at {path}").replace("</head>", f'<link rel="canonical" href="{to}"></head>').encode()
        )

    canonical(ARTICLES[0], "/")
    canonical(ARTICLES[1], "https://rival.example/stolen/")
    canonical(ARTICLES[2], ARTICLES[3])
    found = collected(blog)
    urls = {article.url.removeprefix(blog.home) for article in found.articles}
    assert urls == {ARTICLES[0], ARTICLES[1], ARTICLES[3], ARTICLES[4]}, "the third is the fourth under another address"
    assert [trouble.kind for trouble in found.troubles] == ["canonical"]


def test_a_blog_in_a_folder_keeps_to_it(blog: BlogServer) -> None:
    blog.add_article("/blog/2025/rye-in-the-blog/", "Rye in the blog")
    blog.list_articles(*ARTICLES, "/blog/2025/rye-in-the-blog/")
    blog.pages["/blog/"] = Page(b"<html><title>Blog</title></html>")
    assert titles(collected(blog, "/blog/")) == ["Rye in the blog"]


def test_what_is_no_blog_is_named(blog: BlogServer) -> None:
    blog.pages["/file.pdf"] = Page(b"%PDF-1.7", "application/pdf")
    blog.pages["/wall"] = Page(b"<html><title>Just a moment...</title></html>")
    with pytest.raises(NotABlog, match="application/pdf"):
        collected(blog, "/file.pdf")
    with pytest.raises(NotABlog, match="404"):
        collected(blog, "/nothing")
    with pytest.raises(BotWall, match="browsers"):
        collected(blog, "/wall")
    with pytest.raises(Unreachable):
        collect("http://127.0.0.1/")
    for address in ("", "ftp://x", "https://"):
        with pytest.raises(BadAddress):
            collect(address)


def test_pictures_are_fetched_by_content_and_within_limits(blog: BlogServer, monkeypatch: pytest.MonkeyPatch) -> None:
    blog.pages["/a.jpg"] = Page(b"\xff\xd8\xff" + b"x" * 100, "text/html")
    blog.pages["/b.jpg"] = Page(b"<svg xmlns='x'/>", "image/jpeg")
    blog.pages["/private/c.jpg"] = blog.pages["/a.jpg"]
    blog.pages["/robots.txt"] = Page(b"User-agent: *\nDisallow: /private")
    blog.pages["/away.jpg"] = Page(b"", status=302, headers={"Location": "http://169.254.169.254/x.jpg"})
    assert len(fetch_picture(blog.home + "/a.jpg", allow_private=blog.allow)) == 103
    for path, error in (
        ("/b.jpg", NoPicture),
        ("/none.jpg", NoPicture),
        ("/private/c.jpg", Disallowed),
        ("/away.jpg", Unreachable),
    ):
        with pytest.raises(error):
            fetch_picture(blog.home + path, allow_private=blog.allow)
    monkeypatch.setattr("petra.articles.site.picture_files.MAX_BYTES", 50)
    with pytest.raises(NoPicture):
        fetch_picture(blog.home + "/a.jpg", allow_private=blog.allow)


def test_a_blog_is_looked_at_without_models_and_a_database() -> None:
    words = "import sys, petra.articles.site.collecting; sys.exit('petra.articles.models' in sys.modules)"
    without = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run([sys.executable, "-c", words], check=True, env=without)
