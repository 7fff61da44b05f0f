"""Engines that say little of their pages: no structured data, "website" as every page's type, dates in words only.

What they list, where a page stands and what stands on it tell articles from the rest (shapes of small systems with a
database, 2026-11).
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from petra.articles.identity import Site
from petra.articles.pages.scoring import ARTICLE_AT, is_readable_page, looks_like_listing, score
from petra.articles.site.candidates import Discovered
from petra.articles.site.collecting import Collected, collect
from petra.articles.tests.blog_server import BlogServer, Page, serving
from petra.articles.tests.test_extract import TEXT, article, read

SAYS_WEBSITE = '<meta property="og:type" content="website">'
SHORT = "<p>Two sentences are enough today. The oven is cold.</p>"


def page(title: str, *, date: str = "Feb. 21, 2024", text: str = TEXT, beside: str = "") -> Page:
    shown = f'<span class="article-date">{date}</span>' if date else ""
    return Page(
        f"<html><head><title>{title} — Oak</title>{SAYS_WEBSITE}</head><body><article><h1>{title}</h1><p>{shown}</p>"
        f"<div>{text}</div>{beside}</article></body></html>".encode()
    )


def cards(*paths: str) -> str:
    return "".join(
        f'<div class="card"><h3><a href="{path}">About {path}</a></h3><p><i class="date">Oct. 3, 2024</i></p>'
        f"<p>{'Some words of another article, to make people curious of it. ' * 4}</p></div>"
        for path in paths
    )


@pytest.fixture
def blog() -> Iterator[BlogServer]:
    with serving() as server:
        server.pages["/robots.txt"] = Page(b"")
        server.pages["/"] = Page(b"<html><title>Oak</title><a href='/journal/'>Journal</a></html>")
        yield server


def look(blog: BlogServer, path: str = "/") -> Collected:
    return collect(blog.home + path, gap_s=0.0, allow_private=blog.allow)


def listed(blog: BlogServer, *paths: str, at: str = "/sitemap.xml") -> None:
    rows = "".join(f"<url><loc>{blog.home}{path}</loc></url>" for path in paths)
    blog.pages[at] = Page(f"<urlset>{rows}</urlset>".encode(), "application/xml")


def paths_of(blog: BlogServer, found: Collected) -> list[str]:
    return sorted(article.url.removeprefix(blog.home) for article in found.articles)


def test_a_folder_called_like_a_blog_holds_articles_and_its_drawers_are_none(blog: BlogServer) -> None:
    posts = {"/journal/rye/": page("Rye"), "/journal/why/": page("Why?", text=SHORT, beside=cards("/journal/rye/"))}
    drawer = Page(f"<html><head>{SAYS_WEBSITE}</head><main><h1>Bread</h1>{cards(*posts)}</main></html>".encode())
    others = {"/journal/bread/": drawer, "/about-us-all/": page("About us", date=""), "/journal/": drawer}
    blog.pages |= posts | others
    listed(blog, *posts, *others)
    assert paths_of(blog, look(blog)) == sorted(posts)


def test_what_stands_beside_the_feeds_articles_is_one_too(blog: BlogServer) -> None:
    paths = [f"/texts/{name}/" for name in ("rye", "oats", "salt", "soup")]
    blog.pages |= {path: page(path, date="", text=SHORT) for path in paths} | {"/shop/": page("Shop", date="")}
    listed(blog, *paths, "/shop/")
    items = "".join(f"<item><title>{path}</title><link>{blog.home}{path}</link></item>" for path in paths[:3])
    blog.pages["/feed/"] = Page(f'<rss version="2.0"><channel>{items}</channel></rss>'.encode(), "application/rss+xml")
    assert paths_of(blog, look(blog)) == sorted(paths)


def test_the_top_folder_tells_nothing_nor_does_that_of_a_language_and_what_holds_pages_is_no_page_of_them() -> None:
    site = Discovered(Site("oak.example", "/site/"), "https://oak.example/site/")
    for folder in ("/site", "/site/de", "/site/texts"):
        for number in range(3):
            site.add(f"https://oak.example{folder}/told-{number}", "feed")
        site.add(f"https://oak.example{folder}/other", "sitemap")
    site.add("https://oak.example/site/texts", "sitemap")
    site.weigh_places()
    evidence = {key.partition("/")[2]: one.evidence for key, one in site.candidates.items()}
    assert evidence["site/other"] == evidence["site/de/other"] == {"sitemap"}
    assert evidence["site/texts/other"] == {"sitemap", "sibling"}
    assert evidence["site/texts"] == {"sitemap", "section"}


def test_a_list_of_posts_adds_nothing_to_what_its_folder_is_called() -> None:
    told = {"long": True, "website-type": True}
    assert score("https://oak.example/blogs/news", {"post-sitemap"}, told) < ARTICLE_AT
    assert score("https://oak.example/blogs/news/a-word-on-rye", {"post-sitemap"}, {"long": True}) >= ARTICLE_AT


def test_a_blog_in_a_folder_may_have_its_sitemap_there(blog: BlogServer) -> None:
    blog.pages["/oak/"] = Page(b"<html><title>Oak</title></html>")
    blog.pages["/oak/blog/rye-bread"] = page("Rye bread")
    listed(blog, "/oak/blog/rye-bread", at="/oak/sitemap.xml")
    assert paths_of(blog, look(blog, "/oak/")) == ["/oak/blog/rye-bread"]


def test_where_the_feeds_articles_read_like_lists_the_older_ones_may_too(blog: BlogServer) -> None:
    paths = [f"/archives/{number}" for number in range(101, 106)]
    blog.pages |= {path: page(f"Rye {path}") for path in paths}
    links = "".join(f'<a href="{path}">{path}</a>' for path in paths)
    items = "".join(f"<item><title>Rye {path}</title><link>{blog.home}{path}</link></item>" for path in paths[:3])
    blog.pages["/"] = Page(f'<link rel="alternate" type="application/rss+xml" href="/rss"><p>{links}</p>'.encode())
    blog.pages["/rss"] = Page(f'<rss version="2.0"><channel>{items}</channel></rss>'.encode(), "application/rss+xml")
    assert paths_of(blog, look(blog)) == paths


@pytest.mark.parametrize("path", ["/blog/page/3/rye-bread/", "/archives/2024/02/rye-bread.html"])
def test_a_post_below_a_word_for_lists_is_none(path: str) -> None:
    assert not looks_like_listing(f"https://oak.example{path}")
    assert looks_like_listing("https://oak.example/page/3/") and looks_like_listing(
        "https://oak.example/archives/2024/02/"
    )


@pytest.mark.parametrize("path", ["/2024/week/5/", "/blog/2024/w05/", "/2024/kw/12/", "/2024/05/"])
def test_archives_of_weeks_are_lists(path: str) -> None:
    assert looks_like_listing(f"https://oak.example{path}")


@pytest.mark.parametrize("path", ["/pics/rye.jpg/view", "/pics/rye.jpg/@@images/large", "/pics/rye.JPG"])
def test_pages_of_a_picture_are_no_articles(path: str) -> None:
    assert not is_readable_page(f"https://oak.example{path}")


def test_an_archive_with_one_post_shows_another_page_though_it_marks_it_as_an_article() -> None:
    post = (
        '<article itemscope itemtype="http://schema.org/Article"><h2 itemprop="name"><a href="{}">Rye bread</a></h2>'
        f'<time itemprop="datePublished" datetime="2025-03-01T08:00:00Z">1 March</time>{TEXT}</article>'
    )
    archive = read(
        "<main><h1>Week 9</h1>" + post.format("/2025/03/01/rye/") + "</main>", url="https://oak.example/w/9/"
    )
    assert archive.signs["listing-type"] and not archive.signs["article-type"] and not archive.signs["dated"]
    own = read("<main>" + post.format("/2025/03/01/rye/") + "</main>", url="https://oak.example/2025/03/01/rye/")
    assert own.signs["article-type"] and own.signs["dated"] and not own.signs["listing-type"]


def test_a_heading_that_leads_to_the_page_above_is_the_blogs_name() -> None:
    head = '<title>Beans – a stew | Oak</title><meta property="og:title" content="Beans – a stew">'
    body = (
        f'<h1><a href="/blog/">Oak</a></h1><article><h2><a href="/blog/beans/">Beans – a stew</a></h2>{TEXT}</article>'
    )
    found = read(body, head=head, url="https://oak.example/blog/beans/")
    assert (found.title, found.sources["title"]) == ("Beans – a stew", "opengraph")


def test_of_a_list_of_authors_only_who_stands_at_the_article_wrote_it() -> None:
    names = "".join(f'<li><a href="/author/{name}/">{name} Oak</a></li>' for name in ("Ines", "Lee"))
    text = f'<div><h6>Posted by <a href="/author/maren/">Maren Oak</a></h6>{TEXT}</div>'
    found = read(f"<h1>Rye</h1><section><div>{text}</div></section><div><div><div><ul>{names}</ul></div></div></div>")
    assert found.authors == ["Maren Oak"]


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ('<footer>© 2000-2026 by Oak</footer><a href="/archive/2024/10/">October 2024</a>', ""),
        ("<p>Posted on October 1, 2024</p>", "2024-10-01"),
        ("<p>Vom 1. Oktober 2024</p>", "2024-10-01"),
        ("<p>01.10.2024</p>", "2024-10-01"),
    ],
)
def test_a_month_or_a_year_alone_is_no_date(written: str, day: str) -> None:
    assert read(f"<h1>Rye</h1>{TEXT}{written}", url="https://oak.example/rye/").published == day


@pytest.mark.parametrize(
    "box",
    [
        '<ul class="list-inline tags"><li>Tags:</li><li><a href="/blog/tag/rye/">Rye</a>, <a href="/blog/tag/oven/">'
        "Oven</a></li></ul>",
        '<div class="viewlet keywords-viewlet"><a href="/@@search?Subject=Rye">Rye</a><a href="/@@search?Subject=Oven">'
        "Oven</a></div>",
    ],
)
def test_tags_stand_in_a_box_that_is_called_so(box: str) -> None:
    cloud = '<ul class="tag-cloud"><li><a href="/blog/tag/soup/">Soup</a></li></ul>'
    found = read(f'<div class="middle"><h1>Rye</h1>{TEXT}{box}</div><div class="right">{cloud}</div>')
    assert found.keywords == ["Rye", "Oven"]


def test_what_a_page_shows_as_a_date_dates_it() -> None:
    assert article('<p class="post-date">Saturday, 1 March 2025</p>').signs["dated"]
    assert not article("<p>Written in the spring of 2025.</p>", url="https://oak.example/rye/").signs["dated"]


OPENING = "Bread that is slow tastes of more, and needs less of you than any other bread does."


def test_an_opening_in_a_box_of_its_own_belongs_to_the_text() -> None:
    box = f'<div class="introduction"><p>{OPENING}</p></div>'
    found = read(
        f'<main><h1>Rye</h1>{box}<div class="content">{TEXT * 2}</div></main>',
        url="https://oak.example/2025/03/01/rye/",
    )
    assert found.text.startswith(OPENING) and found.text.count(OPENING) == 1 and found.html.count(OPENING) == 1


@pytest.mark.parametrize(
    "box",
    [
        f'<figure class="lead"><img src="/rye.jpg"><span>{OPENING}</span></figure>',
        f'<div class="teaser"><a href="/oats/">{OPENING}</a></div>',
        f'<aside><p class="summary">{OPENING}</p></aside>',
    ],
)
def test_captions_and_teasers_are_no_opening(box: str) -> None:
    assert OPENING not in read(f'<main><h1>Rye</h1>{box}<div class="content">{TEXT}</div></main>').text


def test_the_word_above_the_names_in_a_box_is_no_name() -> None:
    names = '<ul><li><a href="/a/1/">Maren Oak</a></li></ul>'
    box = f'<div class="authors card"><div><strong>Authors</strong></div>{names}</div>'
    assert read(f"<h1>Rye</h1>{TEXT}{box}").authors == ["Maren Oak"]


@pytest.mark.parametrize(
    "line",
    [
        "<span>By <span class='field'><span>Maren Oak</span></span>, <time>1 March</time></span>",
        "<div>Submitted by <a href='/user/7'>Maren Oak</a> on 1 March</div>",
        "<p>Submitted by Maren Oak</p>",
    ],
)
def test_the_name_behind_a_by_may_have_an_element_of_its_own(line: str) -> None:
    assert read(f"<article><h1>Rye</h1>{line}{TEXT}</article>").authors == ["Maren Oak"]


def test_the_title_is_no_line_of_the_text() -> None:
    found = read(f"<article><h1>A rye “bread”</h1>{TEXT * 2}</article>", head="<title>A rye “bread”</title>")
    assert found.title == "A rye “bread”" and found.text.startswith("Bread needs flour")
