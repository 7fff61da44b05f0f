"""Every form of feed in every form of damage: nothing crashes the reader, and what can be read is read."""

from __future__ import annotations

import json
import time
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from petra.articles.lists import feeds

URL = "https://bread.example/feed/"
LINK = "https://bread.example/{0}/"
KINDS = ("rss0.90", "rss0.91", "rss0.92", "rss1.0", "rss2.0", "atom0.3", "atom1.0", "json1.0", "json1.1")


def xml_feed(kind: str, titles: list[str], *, head: str = "") -> str:
    """Write a feed of one kind, one item a title."""
    rss = "".join(f"<item><title>{escape(t)}</title><link>{LINK.format(n)}</link></item>" for n, t in enumerate(titles))
    about = "".join(
        f'<item rdf:about="{LINK.format(n)}"><title>{escape(t)}</title><link>{LINK.format(n)}</link></item>'
        for n, t in enumerate(titles)
    )
    entries = "".join(
        f'<entry><title>{escape(t)}</title><id>tag:{n}</id><link rel="alternate" href="{LINK.format(n)}"/></entry>'
        for n, t in enumerate(titles)
    )
    rdf = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="{0}">'
    rdf += "<channel><title>Oak</title></channel>"
    body = {
        "rss0.90": rdf.format("http://my.netscape.com/rdf/simple/0.9/") + rss + "</rdf:RDF>",
        "rss0.91": f'<rss version="0.91"><channel><title>Oak</title>{rss}</channel></rss>',
        "rss0.92": f'<rss version="0.92"><channel><title>Oak</title>{rss}</channel></rss>',
        "rss1.0": rdf.format("http://purl.org/rss/1.0/") + about + "</rdf:RDF>",
        "rss2.0": f'<rss version="2.0"><channel><title>Oak</title>{rss}</channel></rss>',
        "atom0.3": f'<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>Oak</title>{entries}</feed>',
        "atom1.0": f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Oak</title>{entries}</feed>',
    }[kind]
    return head + body


def feed_of(kind: str, titles: list[str]) -> bytes:
    """Write a feed of any kind in UTF-8."""
    if not kind.startswith("json"):
        return xml_feed(kind, titles).encode()
    items = [{"id": str(n), "url": LINK.format(n), "title": title} for n, title in enumerate(titles)]
    version = f"https://jsonfeed.org/version/{kind.removeprefix('json').removesuffix('.0')}"
    return json.dumps({"version": version, "title": "Oak", "items": items}).encode()


def read(body: bytes, content_type: str = "") -> list[str]:
    found = feeds.parse(body, url=URL, content_type=content_type)
    for item in found.items:
        assert item.url.startswith(("http://", "https://"))
        "".join((item.title, item.html, item.summary, *item.authors, *item.tags, item.guid)).encode()  # fit for a row
    return [item.title for item in found.items]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_read(kind: str) -> None:
    assert read(feed_of(kind, ["Rye & wheat", "Spelt", "Grünkern"])) == ["Rye & wheat", "Spelt", "Grünkern"]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.startswith("json")])
@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"), ("utf-8-sig", ""), ("utf-16", "utf-16"), ("utf-16-le", ""), ("iso-8859-1", "iso-8859-1"),
        ("windows-1252", "utf-8"), ("utf-8", "windows-1252"), ("iso-8859-1", ""), ("utf-8", "x-user-defined"),
        ("utf-8", "no-such-encoding"), ("utf-8", "utf-7"), ("utf-32", "utf-8"), ("utf-16-be", "utf-8"),
    ],
)  # fmt: skip
def test_wrong_encodings_lose_no_article(kind: str, encoding: str, told: str) -> None:
    head = f'<?xml version="1.0" encoding="{told}"?>' if told else '<?xml version="1.0"?>'
    titles = read(xml_feed(kind, ["Grünkern", "Rye"], head=head).encode(encoding, "replace"))
    assert len(titles) == 2 and titles[1] == "Rye"
    assert read(xml_feed(kind, ["Grünkern", "Rye"], head=head).encode(encoding, "replace"), "text/xml; charset=koi8-r")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<item>", "<item><title>Rye & wheat</title>"),
        ("</channel></rss>", ""),
        ("</title>", "</title></p>"),
        ("<title>Oak", "<title>O&nbsp;a&undefined;k"),
        ("<item>", "<item><description><p>un<b>closed</description>"),
        ("<item>", "\x00\x0b<item>"),
        ("<item>", "<item><pubDate>31 Feb 99999 25:61</pubDate><guid/><category/>"),
        ("<item>", "<item><enclosure/><author/><dc:creator>x</dc:creator>"),
        ("<item>", '<item xml:base="http://[bad"><link>::::</link>'),
        ("<rss", "<?xml-stylesheet href='file:///etc/passwd'?><rss"),
        ("<rss", "\n\n \t<rss"),
        ("<rss", "<!-- a -- b --><rss"),
        ("<rss", "Warning: mysql_connect() on line 3<br><rss"),
        ("<rss", '<!DOCTYPE rss [<!ENTITY a "&#x1F35E;"><!ENTITY b "&a;&a;&a;&a;">]><rss'),
        ("<rss", '<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/x.dtd"><rss'),
        ('version="2.0"', ""),
        ('version="2.0"', 'version="9.9" version="2"'),
    ],
)
def test_ill_formed_feeds_give_what_is_readable(old: str, new: str) -> None:
    good = xml_feed("rss2.0", ["First", "Second"])
    assert old in good
    titles = read(good.replace(old, new, 1).encode())
    assert "Second" in titles


@pytest.mark.parametrize(
    "item",
    [
        {}, {"url": None}, {"url": 5}, {"url": ["a"]}, {"url": "javascript:alert(1)"}, {"url": "http://[bad"},
        {"url": "/x", "authors": "Maren", "tags": "no list", "content_html": 7, "title": {"a": 1}},
        {"url": "/x", "authors": [None, 3, {"name": None}], "tags": [[], {}], "date_published": [1]},
        {"url": "/x", "title": "\ud800 lone", "id": 1e400}, {"external_url": "https://bread.example/y"},
        None, 3, "x", [],
    ],
)  # fmt: skip
def test_odd_json_items_harm_no_other(item: object) -> None:
    good = {"url": "/rye/", "title": "Rye"}
    data = {"version": "https://jsonfeed.org/version/1.1", "title": "Oak", "items": [item, good]}
    assert read(json.dumps(data).encode())[-1] == "Rye"


@pytest.mark.parametrize("kind", ["rss2.0", "rss1.0", "atom1.0", "json1.1"])
def test_a_hundred_thousand_items_are_read_from_the_start_in_time(kind: str) -> None:
    began = time.process_time()
    found = feeds.parse(feed_of(kind, [f"Loaf {number}" for number in range(100_000)]), url=URL)
    assert len(found.items) == feeds.MAX_ITEMS and found.is_cut and found.title == "Oak"
    assert [item.title for item in found.items[:2]] == ["Loaf 0", "Loaf 1"]
    assert len({item.url for item in found.items}) == feeds.MAX_ITEMS
    assert time.process_time() - began < 10


def test_a_long_feed_ends_where_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "READ_FOR_S", 0.0)
    found = feeds.parse(feed_of("rss2.0", [f"Loaf {number}" for number in range(1_000)]), url=URL)
    assert len(found.items) == feeds.PART_ITEMS and found.is_cut


def test_a_fault_in_a_long_feed_costs_no_more_than_its_part() -> None:
    titles = [f"Loaf {number}" for number in range(1_000)]
    broken = xml_feed("rss2.0", titles).replace("<title>Loaf 500</title>", "<title>Loaf 500 <<&&& ]]></titel>")
    assert len(set(read(broken.encode()))) >= 990


def test_deep_and_wide_feeds_end() -> None:
    deep = "<rss version='2.0'><channel>" + "<a>" * 50_000 + "</a>" * 50_000 + "</channel></rss>"
    read(deep.encode())
    wide = "<rss " + " ".join(f'a{number}="x"' for number in range(10_000)) + "><channel><item/></channel></rss>"
    read(wide.encode())
    read(b"[" * 100_000)
    read(b'{"items":' + b"[" * 100_000)


words = st.text(max_size=40)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(KINDS), st.lists(words, max_size=4), st.data())
def test_damage_never_crashes_the_reader(kind: str, titles: list[str], data: st.DataObject) -> None:
    body = bytearray(feed_of(kind, [title.encode("utf-8", "replace").decode() for title in titles]))
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, max(0, len(body) - 1)))
        end = min(len(body), at + data.draw(st.integers(0, 40)))
        body[at:end] = data.draw(
            st.binary(max_size=12) | st.sampled_from([b"<", b"&", b"]]>", b"<![CDATA[", b"\x00", b"<!--"])
        )
    read(
        bytes(body),
        data.draw(st.sampled_from(["", "text/xml", "application/json", "text/html; charset=utf-16", "\x00"])),
    )


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400))
def test_any_bytes_are_survived(body: bytes) -> None:
    read(body)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | words,
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["items", "url", "title", "authors", "tags", "version"]), inner, max_size=4
            )
        ),
        max_leaves=20,
    )
)
def test_any_json_is_survived(data: object) -> None:
    read(json.dumps({"version": "https://jsonfeed.org/version/1", "items": data}).encode())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from([kind for kind in KINDS if not kind.startswith("json")]), st.integers(0, 450))
def test_however_many_items_there_are_each_is_read_once(kind: str, count: int) -> None:
    titles = [f"Loaf {number}" for number in range(count)]
    assert read(feed_of(kind, titles)) == titles
