"""Input that means harm: each ends as it should, in a result or in one clear error, and the next page is read.

The numbers are those of the security checklist this product was built by; no row of it may be missing.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from petra.articles.identity import absolute, address_key
from petra.articles.lists import sitemaps
from petra.articles.pages import srcset
from petra.articles.sandbox.sandbox import PageTooHeavy, Sandbox
from petra.articles.tests import hostile_addresses, hostile_documents
from petra.articles.tests.blog_server import serving
from petra.articles.tests.hostile_ground import GOOD, HEAVY, MOST_MB, NOW, URL, Ground, watch

ROWS = {**hostile_addresses.PROBLEMS, **hostile_documents.PROBLEMS}
ALL_ROWS = range(1, 58)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as child:
        child.extract(GOOD, url=URL, content_type="text/html", item=None, now=NOW)  # warm
        yield child


@pytest.fixture
def ground(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    with serving() as blog:
        yield Ground(sandbox, blog, monkeypatch)


def test_no_row_of_the_checklist_is_missing() -> None:
    assert sorted(ROWS) == list(ALL_ROWS)
    assert len(ROWS) == len(hostile_addresses.PROBLEMS) + len(hostile_documents.PROBLEMS)


@pytest.mark.parametrize("number", ALL_ROWS, ids=lambda number: f"{number} {ROWS[number][0]}: {ROWS[number][1]}")
def test_hostile_input_comes_to_what_it_should(ground: Ground, number: int) -> None:
    _what, _expected, check = ROWS[number]
    with watch() as seen:
        check(ground)
    if sys.platform == "linux":
        assert seen.peak_mb < MOST_MB, f"a reader held {seen.peak_mb:.0f} MB"


def status_kb(name: str) -> int:
    """Read one line of what the kernel knows of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1])


@pytest.mark.skipif(sys.platform != "linux", reason="reads the kernel's own count of a process's memory")
def test_the_reader_not_the_importer_bears_a_heavy_page(sandbox: Sandbox) -> None:
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew: other tests had theirs
    before_kb = status_kb("VmRSS")
    for name in ("nested", "attribute", "paragraphs"):
        sandbox.extract(HEAVY[name], url=URL, content_type="text/html", item=None, now=NOW)
    assert status_kb("VmHWM") - before_kb < 100 * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")
def test_a_child_that_a_page_wore_out_is_replaced_so_that_the_next_heavy_one_is_read_too() -> None:
    with Sandbox() as child:
        for _ in range(3):
            found = child.extract(HEAVY["attributes"], url=URL, content_type="text/html", item=None, now=NOW)
            assert found is not None and child._child is None


@pytest.mark.skipif(sys.platform != "linux", reason="other systems know no limit on a process's address space")
def test_what_needs_more_memory_all_the_same_is_given_up() -> None:
    with Sandbox(memory_bytes=4 << 20) as child:
        with pytest.raises(PageTooHeavy):
            child.extract(HEAVY["links"], url=URL, content_type="text/html", item=None, now=NOW)
        assert child.extract(GOOD, url=URL, content_type="text/html", item=None, now=NOW) is not None


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


def test_srcset_is_read_as_browsers_do() -> None:
    found = srcset.parse_srcset("a,b.jpg 300w, https://c.example/w_400,h_3/d.jpg 800w,e.jpg 2x, f.jpg,")
    assert [(one.url, one.width_px) for one in found] == [
        ("a,b.jpg", 300), ("https://c.example/w_400,h_3/d.jpg", 800), ("e.jpg", 0), ("f.jpg", 0),
    ]  # fmt: skip


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
