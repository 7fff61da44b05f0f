"""What is read from a page, rule by rule."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from petra.articles.identity import Site, address_key, site_of
from petra.articles.lists.feeds import FeedItem
from petra.articles.pages.extract import Extracted, extract, extract_item, from_data
from petra.articles.pages.links import read_links
from petra.articles.pages.moments import instant, read_moment
from petra.articles.pages.scoring import ARTICLE_AT, looks_like_listing, score_address
from petra.articles.pages.srcset import picture_key
from petra.articles.site.picture_files import picture_type, size_of

NOW = datetime(2026, 11, 22, tzinfo=UTC)
URL = "https://bread.example/2025/03/01/rye-bread/"
TEXT = "<p>" + "Bread needs flour, water, salt and time, and somebody who waits for it. " * 12 + "</p>"


def read(body: str, *, head: str = "", url: str = URL, item: FeedItem | None = None, lang: str = "en") -> Extracted:
    found = extract(
        f'<html lang="{lang}"><head>{head}</head><body>{body}</body></html>'.encode(), url=url, item=item, now=NOW
    )
    assert found is not None
    return found


def article(inside: str, **options: Any) -> Extracted:
    return read(f'<article><h1>Rye bread</h1><div class="entry-content">{TEXT}{inside}</div></article>', **options)


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Rye bread | Oak &amp; Ember</title>", "<h1>Rye bread</h1>", "Rye bread"),
        ("<title>Rye bread - how - Oak</title><meta property=og:site_name content=Oak>", "", "Rye bread - how"),
        ("<meta property=og:title content='Rye &amp;amp; wheat'>", "", "Rye & wheat"),
        ("<meta property=og:title content='Rye <b>bread</b> now'>", "<h1>Oak</h1><h1>Ember</h1>", "Rye bread now"),
        ("<title>Start</title>", "<h1>A heading that stands alone</h1>", "A heading that stands alone"),
        ("<title>Oak</title><meta property=og:site_name content=Oak>", "<h1><a href=/>Oak</a></h1><h1>Rye</h1>", "Rye"),
        ("", "", ""),
    ],
)  # fmt: skip
def test_the_title_comes_without_the_sites_name(head: str, body: str, title: str) -> None:
    assert read(f"{body}{TEXT}", head=head).title == title


def test_structured_data_that_names_the_page_is_believed_first() -> None:
    found = read(
        f"<article><h1>Rye, other words</h1>{TEXT}</article>",
        head='<script type="application/ld+json">{"@context":"https://schema.org","@graph":[{"@type":"WebPage","@id":"x"},'
        '{"@type":"BlogPosting","url":"'
        + URL
        + '","headline":"Rye &amp; wheat","datePublished":"2025-03-01T08:00:00+02:00",'
        '"author":{"@id":"#maren"},"keywords":["rye","Uncategorized","bread"],"image":{"@id":"#pic"},'
        '"dateModified":"2025-04-01T08:00:00Z"},{"@type":"Person","@id":"#maren","name":"Maren Oak"},'
        '{"@type":"ImageObject","@id":"#pic","url":"/big.jpg","width":1200}]};</script>',
    )
    assert (found.title, found.authors, found.tags) == ("Rye & wheat", ["Maren Oak"], ["rye", "bread"])
    assert (found.published, found.modified) == ("2025-03-01T08:00:00+02:00", "2025-04-01T08:00:00+00:00")
    assert found.lead is not None and found.lead.url == "https://bread.example/big.jpg"
    assert found.sources["title"] == found.sources["lead"] == "json-ld"


def test_authors_come_from_the_byline_and_never_from_comments() -> None:
    found = article(
        '<p class="byline">By <a rel="author" href="/maren/">Maren Oak</a></p>',
        head='<meta property="article:author" content="https://facebook.com/maren">',
    )
    assert found.authors == ["Maren Oak"]
    commented = article('<div class="comments"><span class="author"><a rel="author">A Commenter</a></span></div>')
    assert commented.authors == []


def test_the_feed_fills_what_the_page_leaves_open() -> None:
    item = FeedItem(URL, "Rye bread", published="Sat, 01 Mar 2025 08:00:00 +0200", authors=["Maren"], tags=["rye"],
                    html="<p>" + "The whole story of rye. " * 200 + "</p>")  # fmt: skip
    found = read("<h1>Rye bread</h1><p>Read more in the newsletter.</p>", item=item)
    assert (found.published, found.authors, found.tags) == ("2025-03-01T08:00:00+02:00", ["Maren"], ["rye"])
    assert found.text.startswith("The whole story") and found.sources["text"] == "feed"


def test_an_article_can_be_read_from_its_feed_alone() -> None:
    item = FeedItem(URL, "Rye", html="<p>Bread <script>x</script><b>now</b></p><p>and then</p>", published="2025-03-01")
    found = extract_item(item, now=NOW)
    assert (found.title, found.text, found.published) == ("Rye", "Bread now\nand then", "2025-03-01")
    assert "script" not in found.html


def test_a_post_without_title_in_its_feed_has_none() -> None:
    found = read(TEXT, head="<title>Oak</title>", item=FeedItem(URL, "", published="2025-03-01"))
    assert found.title == ""


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2025-03-01", "2025-03-01"), ("2025-03-01T08:00:00.123Z", "2025-03-01T08:00:00+00:00"),
        ("2025-03-01 08:00:00 -0530", "2025-03-01T08:00:00-05:30"), ("20250301T080000Z", "2025-03-01T08:00:00+00:00"),
        ("Sat, 01 Mar 2025 08:00:00 GMT", "2025-03-01T08:00:00+00:00"), ("2027-01-01", None), ("1970-01-01", None),
        ("yesterday", None), ("2025-13-45", None), ("", None), (None, None), (5, None), ("2" * 5000, None),
        ("9999-12-31T23:59:59+99:99", None),
    ],
)  # fmt: skip
def test_dates_keep_their_offset_and_absurd_ones_are_refused(written: object, moment: str | None) -> None:
    assert read_moment(written, now=NOW) == moment


def test_a_moment_without_offset_is_read_as_utc() -> None:
    assert instant("2025-03-01") == datetime(2025, 3, 1, tzinfo=UTC)
    assert instant("2025-03-01T08:00:00+02:00") == datetime(2025, 3, 1, 6, tzinfo=UTC)
    assert instant("") is None


def test_lazy_pictures_are_taken_largest_first_and_once() -> None:
    found = article(
        '<img src="data:image/gif;base64,xx" data-src="/a-300x200.jpg" alt="A loaf"'
        ' data-srcset="/a-300x200.jpg 300w, /a-1024x683.jpg 1024w" width="300" height="200">'
        '<noscript><img src="/a.jpg" alt="A loaf"></noscript>'
        '<picture><source type="image/avif" srcset="/b.avif 2000w"><img src="/b.jpg" width="800"></picture>'
        '<a href="/c-full.jpg"><img src="/c-full-300x300.jpg"></a>'
        "<figure><img src='/d-image.jpg' width=700 height=700><figcaption>The crust</figcaption></figure>"
    )
    assert [one.url.rpartition("/")[2] for one in found.pictures] == [
        "a-1024x683.jpg",
        "b.jpg",
        "c-full.jpg",
        "d-image.jpg",
    ]
    assert (found.pictures[0].width_px, found.pictures[0].height_px, found.pictures[0].alt) == (1024, 683, "A loaf")
    assert (found.pictures[3].caption, found.pictures[3].alt) == ("The crust", "The crust")


def test_of_a_gallerys_squares_the_uploads_are_taken() -> None:
    found = article('<img width="150" height="150" src="/wp-content/uploads/2026/11/crumb-no-1-150x150.jpg" alt="One">')
    assert [(one.url, one.width_px) for one in found.pictures] == [
        ("https://bread.example/wp-content/uploads/2026/11/crumb-no-1.jpg", 0)
    ]


def test_badges_trackers_avatars_and_other_articles_pictures_are_left_out() -> None:
    found = article(
        '<img src="/tiny.jpg" width="90" height="90"><img src="/icon.svg"><img src="https://secure.gravatar.com/x.jpg">'
        '<img src="/pixel/1.gif"><img src="/logo.png"><div class="author"><img src="/me-and-me.jpg"></div>'
        '<div class="related-posts"><img src="/other-post.jpg"></div><aside><img src="/sidebar-one.jpg"></aside>'
        '<a href="/another-post/"><img src="/another-post.jpg"><span>Another post you may like</span></a>'
        '<img src="/real-picture.jpg" width="800" height="600">'
    )
    assert [one.url for one in found.pictures] == ["https://bread.example/real-picture.jpg"]


def test_pinterest_marks_are_kept() -> None:
    found = article(
        '<img src="/no-pin.jpg" data-pin-nopin="true" width="800" height="800">'
        '<div style="display:none"><img src="/s-pin.jpg" data-pin-media="/tall-pin.jpg"'
        ' data-pin-description="Rye for all"></div>',
        head='<meta name="pinterest" content="nopin" description="no">',
    )
    assert found.is_do_not_pin
    assert [(one.is_nopin, one.is_hidden) for one in found.pictures] == [(True, False), (False, True)]
    assert found.pictures[1].alt == found.pictures[1].pin_description == "Rye for all"


def test_the_first_of_several_open_graph_pictures_leads() -> None:
    og = '<meta property="og:image" content="/one.jpg"><meta property="og:image" content="/two.jpg">'
    found = article('<img src="/two.jpg" width="900" height="900">', head=og)
    assert found.lead is not None and found.lead.url == "https://bread.example/one.jpg"
    plain = article('<img src="/small.jpg" width="300" height="300"><img src="/large.jpg" width="900" height="900">')
    assert plain.lead is not None and plain.lead.url.endswith("/large.jpg")


@pytest.mark.parametrize(
    "wall",
    [
        '<aside class="gh-post-upgrade-cta">This post is for subscribers</aside>',
        '<form class="post-password-form"><input type="password"></form>',
        '<script type="application/ld+json">{"@type":"Article","isAccessibleForFree":"False"}</script><p>Teaser.</p>',
    ],
)
def test_text_behind_a_wall_stays_out(wall: str) -> None:
    found = read(f"<h1>Rye bread</h1>{wall}<div><p>Card of another article.</p></div>")
    assert found.is_walled and found.text == ""


def test_the_language_is_the_texts_where_the_declared_one_is_wrong() -> None:
    german = (
        "<p>" + "Das Brot braucht Mehl, Wasser, Salz und vor allem viel Zeit, damit es gut aufgehen kann. " * 6 + "</p>"
    )
    assert read(f"<article>{german}</article>", lang="en").language == "de"
    assert article("", lang="en-GB").language == "en-GB"
    assert read("<p>Kurz.</p>", lang="de").language == "de"
    japanese = "<p>今日は寒いので、ライ麦パンを焼きました。台所は暖かくて、とてもいい香りがします。</p>"
    assert read(f"<article>{japanese}</article>", lang="en").language == "ja"


BLOCK_THEME = (
    "<header><p>Oak &amp; Ember</p></header><main><h1>An aside</h1><div class='entry-content'>{}</div>"
    "<div><p>Posted</p><time>February 3, 2025</time><p>in</p><a rel=tag>Uncategorized</a><p>by</p><p>mara</p></div>"
    "<section><div class='wp-block-comments'><h2>Comments</h2><h3 id=comments>2 responses</h3>"
    "<ol><li><p>I tried this bread and it was lovely, with a comment that goes on about the crust.</p></li>"
    "<li><p>So did I, and so did everybody in our street, for whom I baked it again last week.</p></li></ol></div>"
    "</section></main>"
)


def test_a_short_article_is_what_the_page_marks_and_nothing_around_it() -> None:
    assert read(BLOCK_THEME.format("<p>Short words about rye.</p>")).text == "Short words about rye."


def test_a_short_mark_beside_a_long_article_is_no_more_than_its_teaser() -> None:
    teaser = "<div class='entry-content'><p>Bread in short, for you.</p></div>"
    assert "somebody who waits for it." in read(f"<article>{teaser}{TEXT}</article>").text


def test_what_the_engine_itself_tells_is_the_article_with_all_its_pages() -> None:
    parts = "<p>First page begins here.</p><p>Third page ends with butter.</p><div class='sharedaddy'>Share this</div>"
    told = FeedItem(url=URL, guid="wp:7", title="Rye bread", html=parts)
    found = read(BLOCK_THEME.format("<p>First page begins here.</p>"), item=told)
    assert found.text == "First page begins here.\nThird page ends with butter." and found.sources["text"] == "feed"
    long = read(f"<article><div class='entry-content'>{TEXT * 5}</div></article>", item=told)
    assert long.text.startswith(read(f"<article>{TEXT}</article>").text[:40]) and long.sources["text"] == "page"


@pytest.mark.parametrize("told", ["The cook 👩\u200d🍳 rests.", "می\u200cخواهم نان بپزم", "क्\u200dष"])
def test_joiners_stay_in_the_words(told: str) -> None:
    found = article(f"<p>{told} Whoever bakes it knows that it is done when it sounds hollow.</p>")
    assert told in found.text
    assert told in found.html
    assert (
        "⸎ is a mark"
        in article(f"<p>⸎ is a mark, and {told} loses its joiner beside it, in a page of scholars.</p>").text
    )


def test_data_comes_back_from_the_sandbox_whole() -> None:
    found = article('<img src="/a.jpg" width="800" height="800">')
    assert from_data(found.as_data()) == found
    assert found.digest == from_data(found.as_data()).digest


def test_addresses_of_one_article_have_one_key() -> None:
    same = ["http://www.bread.example/a/", "https://bread.example/a", "https://bread.example/a/index.html", "https://bread.example/a/amp/",
            "https://bread.example:443/a?utm_source=x&fbclid=1#c", "https://BREAD.example/%61/"]  # fmt: skip
    assert {address_key(url) for url in same} == {"bread.example/a"}
    assert address_key("https://bread.example/a?p=1") != address_key("https://bread.example/a?p=2")
    assert picture_key("https://i0.wp.com/bread.example/w/loaf-on-table-1024x768.jpg?w=600") == picture_key(
        "https://bread.example/w/loaf-on-table.jpg"
    )


def test_a_site_is_its_host_and_folder() -> None:
    site = site_of("https://www.bread.example/blog/")
    assert site == Site("bread.example", "/blog/")
    assert site.holds("http://bread.example/blog/a") and not site.holds("http://bread.example/shop/a")
    assert not site.holds("http://evil.example/blog/a") and not site.holds("file:///blog/")
    assert site.is_home("https://bread.example/blog/index.html") and not site.is_home("https://bread.example/blog/a")


@pytest.mark.parametrize(
    "path", ["/tag/rye/", "/category/x.html", "/author/maren/", "/page/2/", "/2025/03/", "/index3.html", "/search/"]
)
def test_lists_of_articles_are_told_from_their_address(path: str) -> None:
    url = f"https://bread.example{path}"
    assert looks_like_listing(url) and score_address(url, {"sitemap"}) < 0
    assert score_address(url, {"feed"}) >= ARTICLE_AT, "what a feed lists is an article, whatever its address"


@pytest.mark.parametrize("path", ["/2013/12/24/tags/", "/rye-bread/", "/blog/my-page-1-of-bread/", "/p/rye"])
def test_articles_that_look_a_little_like_lists_are_not_lists(path: str) -> None:
    assert not looks_like_listing(f"https://bread.example{path}")


def test_links_tell_feeds_and_the_wordpress_door() -> None:
    found = read_links(
        b'<html><head><title>Oak</title><link rel="alternate" type="application/rss+xml" href="/feed/">'
        b'<link rel="https://api.w.org/" href="https://bread.example/wp-json/"><link rel="next" href="/page/2/">'
        b'</head><body><a href="/a">a</a><a href="javascript:x">b</a></body></html>',
        url="https://bread.example/",
    )
    assert found.feeds == [("https://bread.example/feed/", "application/rss+xml", "")]
    assert (found.rest_url, found.next_url, found.pages) == (
        "https://bread.example/wp-json/", "https://bread.example/page/2/", ["https://bread.example/a"],
    )  # fmt: skip


def test_pictures_are_told_by_their_first_bytes() -> None:
    png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x03\xe8\x00\x00\x05\xdc" + bytes(10)
    jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08\x05\xdc\x03\xe8\x03" + bytes(20)
    assert size_of(png) == size_of(jpeg) == (1000, 1500)
    assert size_of(b"GIF89a\xe8\x03\xdc\x05") == (1000, 1500)
    for nonsense in (
        b"",
        b"<svg onload=x>",
        b"<html>",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff" + b"\xff" * 100,
        b"RIFF1234WEBPVP8X",
    ):
        assert size_of(nonsense) is None
    assert picture_type(b"<svg xmlns='x'>") is None and picture_type(jpeg) == "image/jpeg"
