"""The pages people see: sound HTML, everything escaped, and every link leads somewhere."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from petra.simulator.testing import SimulatedAccount, Simulator
from petra.simulator.tests.calling import Reply, api, call, pin
from petra.simulator.tests.test_pinterest_api import picture

EVIL = "<script>alert('x')</script> & \"quotes\""
_VOID = {"meta", "link", "img", "input", "br", "hr"}


class Page(HTMLParser):
    """Checks that tags are closed in order and collects what the tests ask for."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def get(simulator: Simulator, path: str) -> Reply:
    return call("GET", simulator.base + path)


def read(reply: Reply) -> Page:
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    page = Page(reply.text)
    assert page.all("html")[0]["lang"] == "en"
    assert len(page.all("h1")) == len(page.all("main")) == len(page.all("title")) == 1
    assert all("alt" in image for image in page.all("img"))
    assert page.all("script") == page.all("style") == []
    assert not any("style" in attrs or any(name.startswith("on") for name in attrs) for _, attrs in page.tags)
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    return page


@pytest.fixture
def account(simulator: Simulator) -> SimulatedAccount:
    return simulator.account("petra.kitchen")


def make(simulator: Simulator, account: SimulatedAccount, **change: object) -> str:
    reply = api(simulator, account, "POST", "/pins", pin(account, **change))
    assert reply.status == 201
    return str(reply.json["id"])


def test_every_link_leads_somewhere(simulator: Simulator, account: SimulatedAccount) -> None:
    make(simulator, account, media_source=picture(), board_section_id=account.boards[0].section_ids[0])
    todo, seen = ["/"], set()
    while todo:
        path = todo.pop()
        seen.add(path)
        reply = get(simulator, path)
        assert reply.status == 200, path
        if not reply.headers["content-type"].startswith("text/html"):
            continue
        page = read(reply)
        links = [link["href"] for link in page.all("a") + page.all("link")]
        links += [image["src"].removeprefix(simulator.base) for image in page.all("img") if image["src"]]
        todo += [link for link in links if link and link.startswith("/") and link not in seen]
    assert any(path.startswith("/pin/") for path in seen)
    assert any(path.startswith("/_pictures/") for path in seen)


def test_pin_page_shows_the_whole_pin(simulator: Simulator, account: SimulatedAccount) -> None:
    words = {"title": "Ten salads", "description": "Line one.\nLine two.", "alt_text": "A green bowl"}
    pin_id = make(simulator, account, media_source=picture(), **words)
    text = get(simulator, f"/pin/{pin_id}/").text
    for word in (*words.values(), "https://blog.example/a?utm_content=m-1", "Weeknight dinners", "@petra.kitchen"):
        assert word in text
    assert 'alt="A green bowl"' in text


def test_words_from_outside_are_escaped(simulator: Simulator, account: SimulatedAccount) -> None:
    link = "https://blog.example/?a=%22&b='><script>"
    pin_id = make(simulator, account, title=EVIL[:100], description=EVIL, alt_text=EVIL, link=link)
    for path in ("/", f"/pin/{pin_id}/", "/petra.kitchen/"):
        reply = get(simulator, path)
        read(reply)
        assert "<script" not in reply.text
        assert "default-src 'none'" in reply.headers["content-security-policy"]


def test_secret_board_has_no_page(simulator: Simulator) -> None:
    hidden = simulator.account("hidden", boards=[{"name": "Hidden board", "privacy": "SECRET"}])
    assert "Hidden board" not in get(simulator, "/hidden/").text
    assert get(simulator, f"/hidden/{hidden.boards[0].id}/").status == 404


@pytest.mark.parametrize("path", ["/pin/1/", "/nobody/", "/pin/", "/favicon.ico", "/_pictures/../../etc", "/%00/"])
def test_unknown_page_is_a_kind_404(simulator: Simulator, path: str) -> None:
    reply = get(simulator, path)
    assert reply.status == 404
    read(reply)


def test_addresses_are_those_the_caller_knows(simulator: Simulator, account: SimulatedAccount) -> None:
    make(simulator, account, media_source=picture())
    known = call("GET", f"{simulator.base}/", headers={"Host": "pins.example:8100"})
    assert "http://pins.example:8100/_pictures/" in known.text
    evil = call("GET", f"{simulator.base}/", headers={"Host": '"><script>'})
    assert "<script" not in evil.text
    assert f"{simulator.base}/_pictures/" in evil.text


def test_pages_are_only_read(simulator: Simulator) -> None:
    assert call("POST", f"{simulator.base}/", content=b"x").status == 405
    assert get(simulator, "/healthz").content == b"ok"


def test_home_stays_small_with_many_pins(simulator: Simulator, account: SimulatedAccount) -> None:
    simulator.make_pins(account.boards[0].id, count=2000)
    assert len(get(simulator, "/").content) < 60_000
    assert len(get(simulator, "/petra.kitchen/").content) < 60_000
