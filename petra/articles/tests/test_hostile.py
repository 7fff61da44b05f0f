"""Pages, feeds and sitemaps that mean harm: each ends in a result or in one clear error, and the next page is read."""

from __future__ import annotations

import gzip
import json
import sys
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from petra.articles import feeds, sitemaps, srcset
from petra.articles.extract import Extracted, extract
from petra.articles.identity import absolute, address_key
from petra.articles.sandbox import PageTooHeavy, Sandbox
from petra.articles.words import sanitise

NOW = datetime(2026, 11, 22, tzinfo=UTC)
URL = "https://bread.example/2025/rye-bread/"
GOOD = (
    b"<html><head><title>Rye</title></head><body><article><p>"
    + b"Bread needs time. " * 60
    + b"</p></article></body></html>"
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(cpu_s=2) as child:
        child.extract(GOOD, url=URL, content_type="text/html", item=None, now=NOW)  # warm
        yield child


def read(sandbox: Sandbox, body: bytes, content_type: str = "text/html; charset=utf-8") -> Extracted | None:
    """Read a page, or None where it was given up; afterwards a good page must still be read."""
    try:
        found = sandbox.extract(body, url=URL, content_type=content_type, item=None, now=NOW)
    except PageTooHeavy:
        found = None
    good = sandbox.extract(GOOD, url=URL, content_type="text/html", item=None, now=NOW)
    assert good is not None and good.title == "Rye"
    return found


def page(inside: str, head: str = "") -> bytes:
    body = f"<body><article><h1>Rye</h1>{inside}</article></body>"
    return f"<html><head><title>Rye</title>{head}</head>{body}</html>".encode()


HEAVY = {
    "nested": page("<div>" * 100_000 + "text"),
    "formatting": page("<b><i><a>" * 70_000 + "text"),
    "spaces": page("<p>" + " " * 1_000_000 + "</p>"),
    "attribute": page(f'<p class="{"a" * 3_000_000}" title="{"b " * 1_000_000}">text</p>'),
    "title": page("<p>text</p>", head=f"<meta property='og:title' content='{'Rye ' * 500_000}'>"),
    "paragraphs": page("<p>Bread needs flour, water, salt and time.</p>" * 120_000),
    "links": page("".join(f'<a href="/{n}">link {n}</a> ' for n in range(100_000))),
    "pictures": page("".join(f'<img src="/{n}.jpg" width=900 height=900>' for n in range(50_000))),
    "table": page('<table><tr><td colspan="9007199254740991" rowspan="9007199254740991">x</td></tr></table>'),
    "dates": page("<p>" + "2020-01-" * 300_000 + "</p>"),
    "dashes": page("<p>" + "-" * 1_000_000 + "</p>", head="<meta name=author content='" + "a@" * 5_000 + "'>"),
    "srcset": page(f'<img srcset="{"," * 100_000}" src="a.jpg">'),
    "json brackets": page("<p>x</p>", head=f'<script type="application/ld+json">{"[" * 100_000}</script>'),
    "json large": page("<p>x</p>", head=f'<script type="application/ld+json">{["x" * 99] * 100_000}</script>'),
    "json cycle": page("<p>x</p>", head='<script type="application/ld+json">{"@graph":[{"@id":"a","@type":"Article",'
                       '"author":{"@id":"a"},"image":{"@id":"a"},"mainEntityOfPage":{"@id":"a"}}]}</script>'),
    "entities": b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><html><body>&b;</body></html>',
    "five megabytes": page("<p>" + "word " * 1_500_000),
}  # fmt: skip


@pytest.mark.parametrize("name", HEAVY)
def test_a_heavy_page_ends_and_harms_no_other(sandbox: Sandbox, name: str) -> None:
    started = time.monotonic()
    found = read(sandbox, HEAVY[name])
    assert time.monotonic() - started < 30
    if found is not None:
        assert len(found.pictures) <= 200 and len(found.title) <= 500 and len(found.html) <= 600_000


def status_kb(name: str) -> int:
    """Read one line of what the kernel knows of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1])


@pytest.mark.skipif(sys.platform != "linux", reason="reads the kernel's own count of a process's memory")
def test_memory_stays_low_while_heavy_pages_are_read(sandbox: Sandbox) -> None:
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew: other tests had theirs
    before_kb = status_kb("VmRSS")
    for name in ("nested", "attribute"):
        read(sandbox, HEAVY[name])
    assert status_kb("VmHWM") - before_kb < 100 * 1024


ENCODINGS = [
    (GOOD.decode().encode("utf-16"), "text/html"),
    (GOOD.decode().encode("utf-16-le"), "text/html; charset=utf-16"),
    (GOOD.decode().encode("utf-32"), "text/html"),
    ("<title>Brötchen</title><p>Grüße aus der Bäckerei".encode("latin-1"), "text/html"),
    ("<title>Brötchen</title><p>Grüße".encode(), "text/html; charset=x-user-defined"),
    ("<title>Brötchen</title><p>Grüße".encode(), "text/html; charset=no-such-thing"),
    (b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-", "text/html; charset=utf-7"),
    (b"<title>a\x00b\x01\x02</title><p>\xed\xa0\x80 lone surrogate \xff\xfe", "text/html; charset=utf-8"),
    (b"\x00" * 1000, "text/html"),
    (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "text/html"),
    (b"", "text/html"),
    (b"<?xml version='1.0' encoding='utf-16'?><html><body>x</body></html>", "text/html"),
]


@pytest.mark.parametrize("number", range(len(ENCODINGS)))
def test_odd_encodings_give_text_a_database_can_hold(number: int) -> None:
    body, content_type = ENCODINGS[number]
    found = extract(body, url=URL, content_type=content_type, now=NOW)
    if found is not None:
        whole = json.dumps(found.as_data(), ensure_ascii=False)
        whole.encode("utf-8")
        assert "\\u0000" not in whole and "\x00" not in found.title + found.text + found.html


def test_guessed_encodings_are_right() -> None:
    found = extract(ENCODINGS[3][0], url=URL, content_type="text/html", now=NOW)
    assert found is not None and found.title == "Brötchen"


def test_scripts_are_text_or_gone_and_never_markup() -> None:
    body = page(
        "<p onclick=x()>Bread</p><script>alert(1)</script><a href='javascript:alert(1)'>a</a><svg onload=x()></svg>"
        "<img src=x onerror=alert(1)><iframe src=//evil></iframe><a href='data:text/html,x'>b</a><style>p{}</style>"
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        head='<meta property="og:description" content="<script>alert(1)</script> of bread and salt and time">',
    )
    found = extract(body, url=URL, now=NOW)
    assert found is not None
    for bad in ("<script", "onerror", "onclick", "javascript:", "<iframe", "<svg", "<style", "data:"):
        assert bad not in found.html.lower()
    assert "script>" in found.excerpt, "an excerpt is text: it is escaped where it is shown"
    assert "<script" not in sanitise("<div><script>x</script><p style='x'>a</p>")


def test_addresses_of_pages_lead_nowhere_but_to_sites() -> None:
    for bad in (
        "javascript:alert(1)",
        "data:text/html,x",
        "http://a@b/",
        "http://[",
        "mailto:a@b",
        "http://a:b/",
        "\x00",
        "a\nb",
    ):
        assert absolute(bad, URL) is None, bad
    assert absolute("//other.example/a b?q=ü#c", URL) == "https://other.example/a%20b?q=%C3%BC"
    assert address_key("https://www.Bread.example/a%C3%A9/index.html?utm_x=1&b=2&a=1") == "bread.example/aé?a=1&b=2"


def test_xml_bombs_in_sitemaps_expand_nothing() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE x [<!ENTITY l0 "lol">{laughs}]><urlset><url><loc>https://a.example/&l9;</loc></url></urlset>'
    file = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><urlset><url><loc>https://a.example/&f;</loc></url></urlset>'
    dtd = '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><urlset><url><loc>https://a.example/b</loc></url></urlset>'
    started = time.process_time()
    for text in (bomb, file, dtd):
        for entry in sitemaps.parse(text.encode()).pages:
            assert "root:" not in entry.url and len(entry.url) < 100
        for item in feeds.parse(text.encode(), url=URL).items:
            assert len(item.url) < 100
    assert time.process_time() - started < 3


def test_a_packed_sitemap_is_cut_by_its_unpacked_size() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = (
        packer.compress(b"<urlset>") + b"".join(packer.compress(b" " * (1 << 20)) for _ in range(120)) + packer.flush()
    )
    found = sitemaps.parse(bomb)
    assert found.is_cut and not found.pages


def test_sitemaps_of_every_kind_are_read() -> None:
    plain = sitemaps.parse(b"\xef\xbb\xbfhttps://a.example/1\nhttps://a.example/2\nnonsense\n")
    assert [entry.url for entry in plain.pages] == ["https://a.example/1", "https://a.example/2"]
    packed = sitemaps.parse(
        gzip.compress(b"<urlset><url><loc> https://a.example/1 </loc><lastmod>2025</lastmod></url></urlset>")
    )
    assert packed.pages == [sitemaps.Entry("https://a.example/1", "2025")]
    index = sitemaps.parse(b"<sitemapindex><sitemap><loc>https://a.example/s.xml</loc></sitemap></sitemapindex>")
    assert index.children == [sitemaps.Entry("https://a.example/s.xml")] and not index.pages
    broken = sitemaps.parse(b"<urlset><url><loc>https://a.example/1</loc></url><url><loc>https://a.exam")
    assert broken.pages[0].url == "https://a.example/1"
    assert sitemaps.parse(b"<!doctype html><title>Not found</title>").pages == []
    many = sitemaps.parse(b"<urlset>" + b"<url><loc>https://a.example/1</loc></url>" * 60_000 + b"</urlset>")
    assert len(many.pages) == 50_000 and many.is_cut


def test_srcset_is_read_as_browsers_do_in_linear_time() -> None:
    found = srcset.parse_srcset("a,b.jpg 300w, https://c.example/w_400,h_3/d.jpg 800w,e.jpg 2x, f.jpg,")
    assert [(one.url, one.width_px) for one in found] == [
        ("a,b.jpg", 300), ("https://c.example/w_400,h_3/d.jpg", 800), ("e.jpg", 0), ("f.jpg", 0),
    ]  # fmt: skip
    started = time.process_time()
    srcset.parse_srcset("," * 1_000_000 + " a" * 500_000)
    assert time.process_time() - started < 1


def test_a_child_that_dies_is_replaced_and_knows_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PETRA_KEYS", "canary-secret")
    with Sandbox() as child:
        assert child.extract(GOOD, url=URL, content_type="text/html", item=None, now=NOW) is not None
        process = child._child
        assert process is not None
        assert b"canary-secret" not in Path(f"/proc/{process.pid}/environ").read_bytes()
        process.kill()
        process.wait()
        assert child.extract(GOOD, url=URL, content_type="text/html", item=None, now=NOW) is not None


def test_a_page_over_its_limits_is_given_up_and_the_next_one_read() -> None:
    with Sandbox(cpu_s=0, wall_s=0.001) as child, pytest.raises(PageTooHeavy):
        child.extract(HEAVY["paragraphs"], url=URL, content_type="text/html", item=None, now=NOW)
