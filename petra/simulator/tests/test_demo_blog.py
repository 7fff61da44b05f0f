"""The demo blog holds together: every link and picture is there, said right, and small enough to ship."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path

import lxml.html
import pytest
from PIL import Image

FOLDER = Path(__file__).parent.parent / "blog"
PAGES = sorted(FOLDER.rglob("*.html"))
ARTICLES = [page for page in PAGES if '"BlogPosting"' in page.read_text(encoding="utf-8")]
BASE = "{{base}}/"


def file_for(address: str) -> Path:
    path = address.removeprefix(BASE).rstrip("/")
    return FOLDER / path if "." in path else FOLDER / f"{path or 'index'}.html"


def test_there_are_fourteen_articles_two_of_them_german() -> None:
    languages = [lxml.html.parse(page).getroot().get("lang") for page in ARTICLES]
    assert (languages.count("en"), languages.count("de")) == (12, 2)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_address_on_a_page_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    addresses = re.findall(r"\{\{base\}\}[^\"<\s]*", text)
    assert addresses
    assert not re.findall(r"(?:href|src)=\"(?!\{\{base\}\})", text)
    for address in addresses:
        assert file_for(address).is_file(), address


@pytest.mark.parametrize("page", ARTICLES, ids=lambda page: page.stem)
def test_an_article_says_what_it_is_and_shows_described_pictures(page: Path) -> None:
    tree = lxml.html.parse(page).getroot()
    [block] = tree.xpath("//script[@type='application/ld+json']/text()")
    data = json.loads(block)
    words = len(tree.xpath("string(//article)").split())
    assert 350 <= words <= 900
    assert datetime.fromisoformat(data["datePublished"]).tzinfo is not None
    assert data["headline"] == tree.xpath("string(//h1)")
    pictures = tree.xpath("//article//img")
    assert len(pictures) >= 2
    for picture in pictures:
        file = file_for(picture.get("src"))
        with Image.open(file) as image:
            assert image.size == (int(picture.get("width")), int(picture.get("height")))
        assert len(picture.get("alt")) > 20
    assert pictures[0].get("height") == "1500"


@pytest.mark.parametrize("name", ["sitemap.xml", "feed.xml"])
def test_sitemap_and_feed_name_every_article(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    for page in ARTICLES:
        assert f"{BASE}{page.stem}/<" in text


def test_the_pictures_are_small() -> None:
    sizes = [file.stat().st_size for file in (FOLDER / "pictures").glob("*.jpg")]
    assert len(sizes) == 28
    assert max(sizes) <= 120_000
    assert sum(sizes) <= 3_500_000
