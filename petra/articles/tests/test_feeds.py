"""Feeds of every kind, well and ill formed."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from petra.articles.lists import feeds, wordpress

URL = "https://bread.example/feed/"
RSS2 = b"""<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Oak</title>
 <language>de-DE</language><atom:link rel="next" href="/feed/?paged=2"/><item><title>Rye &amp; wheat</title>
 <link>https://bread.example/rye/</link><guid isPermaLink="false">7</guid>
 <pubDate>Sat, 01 Mar 2025 08:00:00 +0200</pubDate>
 <dc:creator>Maren</dc:creator><category>rye</category><category>Uncategorized</category>
 <description>Short.</description><content:encoded><![CDATA[<p>Long</p>]]></content:encoded></item>
 <item><title>bad</title><link>javascript:alert(1)</link></item></channel></rss>"""
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Oak</title><entry><title>Rye</title>
 <link rel="self" href="/x.atom"/><link rel="alternate" href="/rye/"/><id>tag:1</id>
 <published>2025-03-01T08:00:00+02:00</published>
 <updated>2025-04-01T08:00:00Z</updated><author><name>Maren</name></author>
 <content type="html">&lt;p&gt;Long&lt;/p&gt;</content></entry></feed>"""
RSS1 = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
 <channel rdf:about="x">
 <title>Oak</title></channel><item rdf:about="https://bread.example/rye/">
 <title>Rye</title><link>https://bread.example/rye/</link></item></rdf:RDF>"""
RSS091 = b'<rss version="0.91"><channel><title>Oak</title><item><title>Rye</title><link>https://bread.example/rye/</link></item></channel></rss>'
JSON_FEED = json.dumps(
    {"version": "https://jsonfeed.org/version/1.1", "title": "Oak", "language": "en", "next_url": "/2.json", "items": [
        {"id": 7, "url": "/rye/", "title": "Rye", "content_html": "<p>Long</p>",
         "date_published": "2025-03-01T08:00:00+02:00",
         "authors": [{"name": "Maren"}], "tags": ["rye", 3, None]}, {"id": "x"}, 5]}
).encode()  # fmt: skip


@pytest.mark.parametrize("body", [RSS2, ATOM, RSS1, RSS091, JSON_FEED], ids=["rss2", "atom", "rss1", "rss091", "json"])
def test_every_kind_of_feed_gives_its_article(body: bytes) -> None:
    feed = feeds.parse(body, url=URL)
    assert feed.is_feed and feed.title == "Oak"
    assert [item.url for item in feed.items] == ["https://bread.example/rye/"]
    assert feed.items[0].title.startswith("Rye")


def test_rss_tells_author_date_tags_content_and_the_next_page() -> None:
    feed = feeds.parse(RSS2, url=URL)
    item = feed.items[0]
    assert (item.authors, item.tags, item.published) == (["Maren"], ["rye"], "Sat, 01 Mar 2025 08:00:00 +0200")
    assert (item.html, item.summary, item.modified) == ("<p>Long</p>", "Short.", "")
    assert (feed.language, feed.next_url) == ("de-DE", "https://bread.example/feed/?paged=2")


def test_what_a_broken_feed_says_up_to_the_break_is_read() -> None:
    assert len(feeds.parse(RSS2[: RSS2.index(b"<item><title>bad")], url=URL).items) == 1
    assert len(feeds.parse(b"\n\n " + RSS2, url=URL).items) == 1
    assert len(feeds.parse(RSS2.replace(b"wheat", b"wh\xe9at"), url=URL).items) == 1
    assert len(feeds.parse(RSS2.replace(b"?>", b' encoding="utf-16"?>', 1), url=URL).items) == 1


def test_pages_and_nonsense_are_no_feeds() -> None:
    for body in (
        b"",
        b"  ",
        b"<html><body>x</body></html>",
        b"{",
        b"[]",
        b'{"items": 5}',
        b"plain",
        b"\x00\xff",
        b"{" * 5000,
    ):
        assert not feeds.parse(body, url=URL).items


def test_very_long_feeds_are_cut() -> None:
    many = {"version": "https://jsonfeed.org/version/1", "items": [{"url": f"/{n}"} for n in range(100_000)]}
    feed = feeds.parse(json.dumps(many).encode(), url=URL)
    assert len(feed.items) == feeds.MAX_ITEMS and feed.is_cut


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from([RSS2, ATOM, RSS1, JSON_FEED]), st.data())
def test_damaged_feeds_never_crash_the_reader(body: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(body) - 1))
    end = data.draw(st.integers(at, min(len(body), at + 60)))
    damaged = body[:at] + data.draw(st.binary(max_size=12)) + body[end:]
    for item in feeds.parse(damaged, url=URL).items:
        assert item.url.startswith("http")
        "".join((item.title, item.html, *item.tags)).encode()


def test_wordpress_posts_are_read_with_their_terms_and_author() -> None:
    row = {"id": 7, "link": "https://bread.example/rye/", "title": {"rendered": "Rye &#8211; wheat"},
           "date_gmt": "2025-03-01T06:00:00",
           "modified_gmt": "2025-04-01T06:00:00", "content": {"rendered": "<p>Long</p>", "protected": False},
           "excerpt": {"rendered": "S"},
           "_embedded": {"author": [{"name": "Maren"}],
                         "wp:term": [[{"name": "rye"}], [{"name": "Uncategorized"}]]}}  # fmt: skip
    ((name, item),) = wordpress.read_posts(json.dumps([row, {"id": "x"}, 5]).encode(), base=URL) or []
    assert (name, item.title, item.published, item.tags) == (7, "Rye – wheat", "2025-03-01T06:00:00Z", ["rye"])
    assert wordpress.read_posts(b'{"code":"rest_post_invalid_page_number"}', base=URL) is None
    locked = dict(row, content={"rendered": "<p>Long</p>", "protected": True})
    assert (wordpress.read_posts(json.dumps([locked]).encode(), base=URL) or [])[0][1].html == ""
    assert wordpress.posts_url("https://a.example/?rest_route=/", 2).startswith(
        "https://a.example/?rest_route=/wp/v2/posts&per_page"
    )


def test_an_odd_space_within_a_namespace_is_read_over() -> None:
    body = '<rss version="2.0" xmlns:a="h\u00a0ttp://a.example/"><channel><item><title>Rye</title>'
    body += "<link>https://bread.example/rye/</link></item></channel></rss>"
    assert [item.title for item in feeds.parse(body.encode(), url="https://bread.example/feed").items] == ["Rye"]
