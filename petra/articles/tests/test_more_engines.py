"""Engines whose addresses say little: a query names the page, a path stands behind a question mark, and whatever
else default installations of systems with a database do (their own themes and routes, 2026-11).
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from petra.articles.pages.scoring import is_bare, looks_like_listing, score_address
from petra.articles.site.collecting import collect
from petra.articles.tests.blog_server import BlogServer, Page, serving
from petra.articles.tests.test_extract import TEXT, read

SHORT = "<p>Two sentences are enough today. The oven is cold.</p>"


def page(title: str, *, text: str = TEXT, date: str = "") -> Page:
    shown = f'<p class="date">{date}</p>' if date else ""
    return Page(
        f"<html><head><title>{title} | Oak</title></head><body><nav><a href='/about'>About</a></nav>"
        f"<div><h1>{title}</h1>{shown}<div>{text}</div></div></body></html>".encode()
    )


def a_list(*paths: str, head: str = "", after: str = "") -> Page:
    teasers = "".join(f'<div><h2><a href="{path}">About {path}</a></h2>{SHORT}</div>' for path in paths)
    return Page(
        f"<html><head><title>Oak</title>{head}</head><body><nav><a href='/about'>About</a></nav>"
        f"<main>{teasers}</main>{after}</body></html>".encode()
    )


def feed_of(blog: BlogServer, *paths: str) -> Page:
    items = "".join(f"<item><title>Rye {path}</title><link>{blog.home}{path}</link></item>" for path in paths)
    return Page(f'<rss version="2.0"><channel>{items}</channel></rss>'.encode(), "application/rss+xml")


@pytest.fixture
def blog() -> Iterator[BlogServer]:
    with serving() as server:
        server.pages["/robots.txt"] = Page(b"")
        yield server


def found_on(blog: BlogServer) -> list[str]:
    found = collect(blog.home + "/", gap_s=0.0, allow_private=blog.allow)
    return sorted(article.url.removeprefix(blog.home) for article in found.articles)


NAMES_FEED = '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'


@pytest.mark.parametrize("form", ["/index.php?id={}", "/?x=entry:e{}", "/?do=view&post={}", "/index.php?/texts/{}-rye"])
def test_what_a_query_names_is_an_article_where_the_feed_names_its_like(blog: BlogServer, form: str) -> None:
    paths = [form.format(number) for number in range(1, 7)]
    others = ["/index.php?c=bread", "/?x=cat:2", "/?do=page&post=imprint"]
    blog.pages |= {path: page(f"Rye {path}", text=SHORT) for path in [*paths, *others]}
    blog.pages["/"] = a_list(*paths, head=NAMES_FEED, after="".join(f"<a href='{path}'>Other</a>" for path in others))
    blog.pages["/feed.xml"] = feed_of(blog, *paths[:3])
    assert found_on(blog) == sorted(paths)


@pytest.mark.parametrize(
    "address",
    [
        "/index.php?/archives/2024/05.html", "/index.php?/archives/P2.html", "/index.php?category/Bread",
        "/?post/archive/2024/05", "/?author=3", "/?tag=rye&page=2", "/archives/2024/10/12.html", "/archives/P2.html",
    ],
)  # fmt: skip
def test_a_list_is_one_behind_a_question_mark_too(address: str) -> None:
    assert looks_like_listing(f"https://oak.example{address}")


def test_an_article_behind_a_question_mark_has_its_date_there() -> None:
    for address in ("/index.php?post/2024/02/21/Rye", "/?/2024/02/rye", "/2024/02/rye"):
        assert not looks_like_listing(f"https://oak.example{address}")
        assert score_address(f"https://oak.example{address}", ()) == 2


@pytest.mark.parametrize(
    "address",
    [
        "/page:2", "/blog/page:2", "/news/page-2", "/page2/", "/blog?8ad0fb05_page=2", "/news.html?page_n12=2",
        "/blog?list_paging_p_b205=2", "/tag:rye",
    ],
)  # fmt: skip
def test_lists_are_numbered_in_many_ways(address: str) -> None:
    assert looks_like_listing(f"https://oak.example{address}")


@pytest.mark.parametrize(
    "address", ["/?id=7&cat=2", "/?page_id=2", "/homepage=2", "/page-turners", "/2024/02/page-21-of-a-diary"]
)
def test_what_only_holds_a_word_of_lists_is_none(address: str) -> None:
    assert not looks_like_listing(f"https://oak.example{address}")


SLUGS = ["/rye-bread", "/oats", "/salt", "/soup-for-cold-days", "/why-garlic", "/lanterns"]


def with_pages(blog: BlogServer, form: str, first: int = 2) -> None:
    """Show six posts on three pages of a list."""
    blog.pages |= {path: page(f"About {path}", text=SHORT) for path in SLUGS}
    blog.pages["/about"] = page("About this bakery and its people")
    for place in range(3):
        after = f"<a href='{form.format(place + first)}'>Older</a>" if place < 2 else ""
        blog.pages[form.format(place + first - 1) if place else "/"] = a_list(
            *SLUGS[place * 2 : place * 2 + 3], after=after
        )


@pytest.mark.parametrize(
    ("form", "first"),
    [
        ("/?page={}", 2),
        ("/page:{}", 2),
        ("/?1f_page={}", 2),
        ("/page/{}/", 2),
        ("/index.php?/P{}.html", 2),
        ("/?pg={}", 1),
    ],
)
def test_what_the_blogs_own_list_shows_is_an_article_though_nothing_says_so(
    blog: BlogServer, form: str, first: int
) -> None:
    with_pages(blog, form, first)
    assert found_on(blog) == sorted(SLUGS)


def test_a_sitemap_with_everything_needs_the_list_to_tell_articles_from_pages(blog: BlogServer) -> None:
    with_pages(blog, "/?page={}")
    blog.pages["/feed.xml"] = feed_of(blog, *SLUGS[:2])
    rows = "".join(f"<url><loc>{blog.home}{path}</loc></url>" for path in [*SLUGS, "/about"])
    blog.pages["/sitemap.xml"] = Page(f"<urlset>{rows}</urlset>".encode(), "application/xml")
    assert found_on(blog) == sorted(SLUGS)


def test_a_list_that_breaks_off_takes_nothing_away_that_the_sitemap_names(blog: BlogServer) -> None:
    with_pages(blog, "/?page={}")
    typed = b'<head><meta property="og:type" content="article">'
    for path in SLUGS:
        blog.pages[path].body = blog.pages[path].body.replace(b"<head>", typed)
    blog.pages["/?page=3"] = Page(b"broken", status=500)
    blog.pages["/feed.xml"] = feed_of(blog, *SLUGS[:1])
    rows = "".join(f"<url><loc>{blog.home}{path}</loc></url>" for path in SLUGS)
    blog.pages["/sitemap.xml"] = Page(f"<urlset>{rows}</urlset>".encode(), "application/xml")
    assert found_on(blog) == sorted(SLUGS)


def test_no_page_of_a_list_is_asked_for_where_addresses_tell_articles(blog: BlogServer) -> None:
    dated = {f"/2024/02/2{place}{slug}": slug for place, slug in enumerate(SLUGS)}
    blog.pages |= {path: page(f"About {slug}") for path, slug in dated.items()}
    rows = "".join(f"<url><loc>{blog.home}{path}</loc></url>" for path in dated)
    blog.pages["/sitemap.xml"] = Page(f"<urlset>{rows}</urlset>".encode(), "application/xml")
    blog.pages["/"] = a_list(*dated, after="<a href='/?page=2'>Older</a>")
    assert found_on(blog) == sorted(dated)
    assert not [path for path in blog.paths() if "page=" in path]


def test_goods_in_a_paged_list_are_no_articles_where_the_feed_names_others(blog: BlogServer) -> None:
    with_pages(blog, "/?page={}")
    told = [f"/texts/{name}" for name in ("barley", "spelt", "emmer", "millet", "teff")]
    blog.pages |= {path: page(f"About {path}", text=SHORT) for path in told}
    blog.pages["/feed.xml"] = feed_of(blog, *told)
    assert found_on(blog) == sorted(told)


def test_a_page_no_list_shows_is_none_though_its_theme_marks_every_page_as_an_article(blog: BlogServer) -> None:
    with_pages(blog, "/page/{}/")
    marked = f'<article itemscope itemtype="http://schema.org/BlogPosting"><h1>Start</h1>{TEXT}</article>'
    blog.pages["/start-page.html"] = Page(f"<html><title>Start</title>{marked}".encode())
    blog.pages["/"].body += b"<a href='/start-page.html'>Start</a>"
    blog.pages["/feed.xml"] = feed_of(blog, *SLUGS[:2])
    assert found_on(blog) == sorted(SLUGS)


def test_the_list_of_a_blog_may_begin_at_its_folder(blog: BlogServer) -> None:
    paths = [f"/texts/{name}" for name in ("rye", "oats", "salt", "soup", "garlic", "leeks")]
    blog.pages |= {path: page(f"About {path}", text=SHORT) for path in paths}
    blog.pages["/"] = Page(b"<html><title>Oak</title><a href='/blog'>Blog</a>")
    blog.pages["/blog"] = a_list(*paths[:3], after="<a href='/blog/1'>1</a><a href='/blog/2'>2</a>")
    blog.pages["/blog/2"] = a_list(*paths[3:], after="<a href='/blog/1'>1</a>")
    assert found_on(blog) == sorted(paths)


def test_a_list_in_a_file_is_one_too() -> None:
    assert is_bare("https://oak.example/news.html") and is_bare("https://oak.example/en/blog")
    assert not is_bare("https://oak.example/newsletter.html") and not is_bare("https://oak.example/blog/rye.html")


@pytest.mark.parametrize(
    ("title", "top", "heading"),
    [
        ("Rye | Oak and Ember", '<a href="/">Oak and Ember</a>', "<h2>Rye</h2>"),
        ("Oak and Ember » Rye", '<h1><a href="/">Oak and Ember</a></h1>', "<h3>Rye</h3>"),
        ("Rye - Oak and Ember", '<a href="/"><h1>Oak and Ember</h1><p>Bread</p></a>', "<h2>Rye</h2>"),
        ("Rye bread : Oak and Ember", "<h1>Oak and Ember</h1>", "<p>Rye bread</p>"),
        ("Oak and Ember - Post", "<b>Oak</b>", '<h2 class="post-title">Rye</h2>'),
    ],
)
def test_the_sites_name_is_no_title_though_no_meta_tells_it(title: str, top: str, heading: str) -> None:
    found = read(
        f"{top}<div>{heading}{TEXT}</div>", head=f"<title>{title}</title>", url="https://oak.example/entry/rye_bread"
    )
    assert found.title.removesuffix(" bread") == "Rye"


def test_a_title_beside_the_name_of_its_host_is_no_sites_name() -> None:
    head = "<title>Rye in the oven | oak.example</title>"
    found = read(f"<a href='/'>Start</a><h1>Rye in the oven</h1>{TEXT}", head=head, url="https://oak.example/7/")
    assert (found.title, found.sources["title"]) == ("Rye in the oven", "heading")


def test_what_stands_around_a_short_post_is_none_of_its_words() -> None:
    trackbacks = (
        '<section id="trackbacks"><h3>Trackbacks</h3><p>An address of its own for whoever answers it</p></section>'
    )
    author = '<div class="author-info"><h2>Author: Maren Oak</h2><p>Bakes and writes of it.</p></div>'
    header = "<header><h2>Rye</h2><span>Posted by <a href='/a'>Maren Oak</a> on <time>1 March</time></span></header>"
    found = read(f'<article>{header}<div class="some_entry_body content">{SHORT}{author}</div>{trackbacks}</article>')
    assert found.text == "Two sentences are enough today. The oven is cold."


def test_a_link_among_authors_names_who_wrote_it() -> None:
    box = '<div><a href="/authors/maren"><img src="/face.png" alt=""></a><a href="/authors/maren">Maren Oak</a></div>'
    assert read(f"<main>{box}<h1>Rye</h1>{TEXT}</main>").authors == ["Maren Oak"]


def test_cards_of_other_articles_below_a_short_one_are_none_of_its_words() -> None:
    cards = "".join(
        f'<article class="card"><h2><a href="/{name}">All about {name} and how to keep it</a></h2>'
        f"<img src='/{name}.jpg' width='600' height='400'><p>Some words of another article, a dozen.</p></article>"
        for name in ("oats", "salt")
    )
    found = read(f'<article class="own"><h1>Rye bread</h1><div>{SHORT * 2}</div></article><section>{cards}</section>')
    assert "another" not in found.text and "Two sentences" in found.text and not found.pictures
    alone = read(f'<h1>Rye bread</h1><article><h2><a href="/oats">After the oats</a></h2>{TEXT}</article>')
    assert "Bread needs flour" in alone.text
