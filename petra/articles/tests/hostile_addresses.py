"""Hostile addresses, names, redirects, answers and sites: what each must come to. Rows of the table in test_hostile."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from protego import Protego

from petra.articles.identity import Site
from petra.articles.pages.extract import Extracted, extract
from petra.articles.site import manners
from petra.articles.site.candidates import Candidate, Discovered
from petra.articles.site.collecting import collect
from petra.articles.site.manners import Visitor
from petra.articles.site.picture_files import fetch_picture
from petra.articles.site.reader import own_address
from petra.articles.tests.blog_server import Page, article_html
from petra.articles.tests.hostile_ground import NOW, URL, Ground, all_of, elsewhere, page, raw_answer
from petra.lib import addresses
from petra.lib.errors import ProductError
from petra.lib.outbound import Answer, DowngradeRefused, Outbound, TooManyRedirects

Check = Callable[[Ground], None]
PUBLIC = "93.184.215.14"
_OUTBOUND = "petra/lib/tests/test_outbound.py"
_DISCOVERY = "petra/articles/tests/test_discovery.py"
_ENGINES = "petra/articles/tests/test_engines.py"
_IMPORTING = "petra/articles/tests/test_importing.py"


def stopped(*tried: str, numbers: list[str] | None = None) -> Check:
    return lambda ground: ground.stopped(*tried, numbers=numbers)


def refused(*tried: str) -> Check:
    return lambda ground: ground.refused(*tried)


def names_with_closed_numbers(ground: Ground) -> None:
    for number in ("127.0.0.1", "::1", "::ffff:10.0.0.1"):
        ground.stopped("http://good.example/", numbers=[number])


def names_with_mixed_numbers(ground: Ground) -> None:
    for numbers in ([PUBLIC, "10.0.0.1"], ["10.0.0.1", PUBLIC], [PUBLIC, "::1"]):
        ground.stopped("http://good.example/", numbers=numbers)


def a_rebound_name_is_looked_up_once_per_connection(ground: Ground) -> None:
    answers = [[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]]
    ground.seal()
    with Outbound(resolve=lambda _name, _port: answers.pop(0)) as client:
        for _ in range(2):
            with pytest.raises(ProductError):
                client.get("http://good.example/", max_bytes=10)
    assert ground.left == [PUBLIC] and len(answers) == 1, "the checked number is the one connected to, once"


def redirects_inwards(ground: Ground) -> None:
    for target in ("http://127.0.0.1/", "//[::1]/", "http://2130706433/", "file:///etc/passwd"):
        ground.blog.pages["/start"] = Page(b"", status=302, headers={"Location": target})
        with Outbound(allow_private=ground.blog.allow) as client, pytest.raises(ProductError):
            client.get(f"{ground.blog.home}/start", max_bytes=10)


def redirects_without_end(ground: Ground) -> None:
    for number in range(8):
        ground.blog.pages[f"/hop{number}"] = Page(b"", status=302, headers={"Location": f"/hop{number + 1}"})
    ground.blog.pages["/loop"] = Page(b"", status=302, headers={"Location": "/loop"})
    with Outbound(allow_private=ground.blog.allow) as client:
        for path in ("/hop0", "/loop"):
            with pytest.raises(TooManyRedirects):
                client.get(ground.blog.home + path, max_bytes=10)
    assert len(ground.blog.paths()) <= 8

    def leads_away(_self: object, _method: str, url: httpx2.URL, *_: object) -> tuple[Answer, str]:
        return Answer(str(url), 302, {}, b""), "http://other.example/"

    ground.patch.setattr(Outbound, "_ask", leads_away)
    with Outbound() as client, pytest.raises(DowngradeRefused):
        client.get("https://good.example/", max_bytes=10)


def an_article_on_another_host_keeps_its_address(_ground: Ground) -> None:
    found = Extracted(url="", canonical="https://cdn.example/a")
    url, trouble = own_address(found, Candidate(URL), "https://cdn.example/a", Site("bread.example"))
    assert url == URL and trouble is not None and trouble.kind == "canonical"


def addresses_a_page_names_are_never_asked(ground: Ground) -> None:
    ground.seal()
    head = (
        '<meta http-equiv="refresh" content="0;url=http://127.0.0.1/"><link rel="canonical" href="http://10.0.0.1/x">'
        '<meta property="og:url" content="http://169.254.169.254/"><base href="http://192.168.1.1/">'
    )
    found = extract(page('<img src="/loaf-on-table.jpg" width="900"><p>Bread.</p>', head), url=URL, now=NOW)
    assert found is not None and ground.left == []
    assert own_address(found, Candidate(URL), URL, Site("bread.example"))[0] == URL
    assert found.pictures[0].url.startswith("http://192.168.1.1/"), "a base resolves; asking is checked by itself"


def lists_that_lead_out(_ground: Ground) -> None:
    found = Discovered(Site("bread.example"), "https://bread.example/")
    for url in ("http://169.254.169.254/latest/", "https://rival.example/a-long-post/", "http://127.0.0.1/a-b-c/"):
        found.add(url, "feed")
    assert not found.candidates and found.skipped == {"other-site": 3}


def pictures_inside(ground: Ground) -> None:
    ground.blog.pages["/robots.txt"] = Page(b"", "text/plain")
    ground.blog.pages["/loaf.jpg"] = Page(b"", status=302, headers={"Location": "http://127.0.0.1/secret.jpg"})
    for url in ("http://127.0.0.1/secret.jpg", f"{ground.blog.home}/loaf.jpg"):
        with pytest.raises(ProductError):
            fetch_picture(url, allow_private=ground.blog.allow)


def headers_without_end(_ground: Ground) -> None:
    lines = b"".join(b"X-%d: y\r\n" % number for number in range(10_000))
    for head in (b"X: " + b"y" * 2_000_000, lines):
        with (
            raw_answer(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n") as port,
            Outbound(allow_private=frozenset({("127.0.0.1", port)}), deadline_s=3) as client,
            suppress(ProductError),
        ):
            assert len(client.get(f"http://127.0.0.1:{port}/", max_bytes=100).body) <= 100


def answers_that_are_none(_ground: Ground) -> None:
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1;" + b"x" * 100_000 + b"\r\na\r\n" * 200
    for answer in (chunks, b"<html>HTTP/0.9</html>", b"HTTP/1.1\r\n\r\n"):
        with (
            raw_answer(answer) as port,
            Outbound(allow_private=frozenset({("127.0.0.1", port)}), deadline_s=3) as client,
        ):
            try:
                assert client.get(f"http://127.0.0.1:{port}/", max_bytes=100).is_cut
            except ProductError as error:
                assert error.for_person


def robots_of_any_kind(ground: Ground) -> None:
    ground.blog.pages["/a"] = Page(b"a")
    late = b"User-agent: *\nDisallow:\n" + b"# nothing\n" * 60_000 + b"User-agent: *\nDisallow: /\n"
    for robots in (late, b"<html>no robots</html>", b"\x00" * 1000):
        ground.blog.pages["/robots.txt"] = Page(robots, "text/plain")
        with Outbound(allow_private=ground.blog.allow) as client:
            visitor = Visitor(client, sleep=lambda _s: None, gap_s=0)
            assert visitor.get(f"{ground.blog.home}/a").body == b"a"


def crawl_delays_of_any_kind(_ground: Ground) -> None:
    for wish, kept in (("86400", 30.0), ("-1", 0.0), ("1e309", 0.0), ("abc", 0.0), ("nan", 0.0), ("2", 2.0)):
        rules = Protego.parse(f"User-agent: *\nCrawl-delay: {wish}\n")
        assert manners._delay(rules) == kept, wish


def waits_of_any_kind(_ground: Ground) -> None:
    assert (manners._retry_after("999999999", NOW) or 0) > manners.MAX_RETRY_AFTER_S
    assert (manners._retry_after("Wed, 01 Jan 2099 00:00:00 GMT", NOW) or 0) > manners.MAX_RETRY_AFTER_S
    assert manners._retry_after("-5", NOW) is None and manners._retry_after("soon", NOW) is None
    assert manners._retry_after("Sat, 01 Jan 2000 00:00:00 GMT", NOW) == 0


class _Endless(dict[str, Page]):
    """A WordPress that answers the same posts for every page there is."""

    def get(self, path: str, default: object = None) -> Page | None:  # type: ignore[override]
        if "/wp/v2/posts" in path:
            return self["posts"]
        return super().get(path)


def a_door_that_never_ends(ground: Ground) -> None:
    home = ground.blog.home
    posts = json.dumps(
        [
            {
                "id": n, "link": f"{home}/2025/03/0{n}/bread/", "title": {"rendered": f"Bread {n}"},
                "date_gmt": f"2025-03-0{n}T08:00:00", "content": {"rendered": f"<p>Loaf {n}.</p>"},
            }
            for n in range(1, 4)
        ]
    )  # fmt: skip
    ground.blog.pages = _Endless(ground.blog.pages)
    ground.blog.pages["/robots.txt"] = Page(b"", "text/plain")
    ground.blog.pages["/"] = Page(f'<html><link rel="https://api.w.org/" href="{home}/wp-json/"></html>'.encode())
    for n in range(1, 4):
        ground.blog.pages[f"/2025/03/0{n}/bread/"] = Page(article_html(f"Bread {n}", text=f"Loaf {n}. " * 200).encode())
    ground.blog.pages["posts"] = Page(posts.encode(), "application/json", headers={"X-WP-TotalPages": "1000000"})
    found = collect(f"{home}/", gap_s=0.0, allow_private=ground.blog.allow)
    assert len(found.articles) == 3
    assert sum("/wp/v2/posts" in path for path in ground.blog.paths()) <= 3


def names_with_three_hundred_numbers(ground: Ground) -> None:
    ground.seal()
    with Outbound(resolve=lambda _name, _port: [PUBLIC] * 300) as client, pytest.raises(ProductError):
        client.get("http://good.example/", max_bytes=10)
    assert len(ground.left) <= 8


def international_names(_ground: Ground) -> None:
    for name in ("bäckerei.example", "xn--bckerei-5wa.example", "BÄCKEREI.example"):
        url = addresses.parse(f"http://{name}/")
        assert (url.raw_host, url.host) == (b"xn--bckerei-5wa.example", "bäckerei.example"), "both forms can be shown"
    for bad in ("http://" + "a" * 64 + ".example/", "http://a..b.example/", "http://xn--a\u0430.example/"):
        with pytest.raises(addresses.BadAddress):
            addresses.parse(bad)


def certificates_nobody_vouches_for(_ground: Ground) -> None:
    with TemporaryDirectory() as place, _tls_server(Path(place)) as port:
        allowed = frozenset({("127.0.0.1", port)})
        with Outbound(allow_private=allowed, deadline_s=5) as client, pytest.raises(ProductError) as caught:
            client.get(f"https://127.0.0.1:{port}/", max_bytes=10)
        assert "certificate" not in caught.value.for_person


@contextmanager
def _tls_server(place: Path) -> Iterator[int]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = (
        builder.serial_number(1).not_valid_before(now - timedelta(days=9)).not_valid_after(now - timedelta(days=1))
    )
    file = place / "expired.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server = _Quiet(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that refuses the certificate is what is wanted."""


def no_second_protocol(_ground: Ground) -> None:
    with Outbound() as client:
        assert client._pool._http1 and not client._pool._http2


PROBLEMS: dict[int, tuple[str, str, Check]] = {
    1: ("loopback by number and by name", "block",
        stopped("http://127.0.0.1/", "http://localhost/", "http://localhost./")),
    2: ("loopback written otherwise", "refuse",
        stopped("http://127.1/", "http://0177.0.0.1/", "http://0x7f000001/", "http://2130706433/")),
    3: ("the unspecified number", "block", stopped("http://0.0.0.0/", "http://[::]/", "http://[::1]/")),
    4: ("IPv4 in IPv6", "block", stopped("http://[::ffff:127.0.0.1]/", "http://[::ffff:a9fe:a9fe]/")),
    5: ("NAT64, 6to4, Teredo", "block",
        stopped("http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://[2001:0:7f00:1::1]/")),
    6: ("private, shared, link-local, metadata, reserved numbers", "block",
        stopped("http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.1.1/", "http://100.64.0.1/",
                "http://169.254.169.254/", "http://100.100.100.200/", "http://[fd00::1]/", "http://[fe80::1%25eth0]/",
                "http://198.18.0.1/", "http://240.0.0.1/", "http://255.255.255.255/", "http://224.0.0.1/")),
    7: ("numbers in other letters", "refuse",
        refused("http://①②⑦.⓪.⓪.①/", "http://１２７.0.0.1/", "http://127。0。0。1/")),  # noqa: RUF001 - that is the input
    8: ("user names and backslashes", "refuse", all_of(
        refused("http://good.example@127.0.0.1/", "http://127.0.0.1\\@good.example/"),
        elsewhere(_OUTBOUND, "test_a_fragment_that_looks_like_a_host_goes_to_the_real_one"))),
    9: ("other ports", "refuse",
        refused(*(f"http://good.example:{port}/" for port in (22, 25, 6379, 0, 65536)))),
    10: ("other schemes", "refuse",
         refused("file:///etc/passwd", "gopher://good.example/", "ftp://good.example/", "dict://good.example/",
                 "jar:http://a/!/b", "data:text/html,x", "javascript:alert(1)")),
    11: ("very long addresses, control characters", "refuse",
         refused("http://good.example/" + "a" * 5_000, "http://good.example/a\r\nHost: x", "http://good.example/\tx",
                 "http://good.example/\x00")),
    12: ("names that resolve inwards", "block", names_with_closed_numbers),
    13: ("names that resolve both ways", "block", names_with_mixed_numbers),
    14: ("rebinding between check and use", "block", a_rebound_name_is_looked_up_once_per_connection),
    15: ("rebinding between requests", "block",
         elsewhere(_OUTBOUND, "test_a_rebound_name_is_checked_at_every_connection")),
    16: ("redirects inwards", "block", redirects_inwards),
    17: ("loops, many hops, https to http", "cut", redirects_without_end),
    18: ("an article that moves to another host", "follow", an_article_on_another_host_keeps_its_address),
    19: ("refresh, canonical, og:url and base that point inwards", "skip", addresses_a_page_names_are_never_asked),
    20: ("lists that lead elsewhere", "skip", all_of(
        lists_that_lead_out, elsewhere(_DISCOVERY, "test_lists_may_not_lead_out_of_the_blog"))),
    21: ("pictures that lie inside", "block", pictures_inside),
    22: ("proxies, .netrc, cookies of the machine", "ignore",
         elsewhere(_OUTBOUND, "test_proxies_and_credentials_of_the_machine_are_not_used")),
    23: ("endless answers", "cut", elsewhere(_OUTBOUND, "test_an_answer_is_cut_at_its_limit")),
    24: ("bombs in gzip, Brotli and many layers", "cut", elsewhere(
        _OUTBOUND, "test_a_gzip_bomb_is_cut_by_its_unpacked_size",
        "test_packings_that_were_not_asked_for_are_refused")),
    26: ("slow drips, endless headers", "cut", all_of(
        headers_without_end, elsewhere(_OUTBOUND, "test_a_slow_drip_ends_at_the_deadline"))),
    27: ("what is no HTTP", "skip", all_of(
        answers_that_are_none, elsewhere(_OUTBOUND, "test_what_is_no_http_is_an_expected_failure"))),
    39: ("robots.txt of any size and kind", "cut", all_of(robots_of_any_kind, elsewhere(
        _DISCOVERY, "test_robots_that_can_not_be_read_means_nothing_may_be", "test_robots_of_nonsense_sets_no_rules"))),
    40: ("absurd crawl delays", "cap", crawl_delays_of_any_kind),
    41: ("robots.txt that forbids everything", "stop",
         elsewhere(_DISCOVERY, "test_a_site_that_forbids_everything_is_left_alone")),
    42: ("absurd Retry-After", "cap", all_of(waits_of_any_kind, elsewhere(
        _DISCOVERY, "test_an_absurd_crawl_delay_is_capped_and_a_wish_for_days_pauses"))),
    43: ("sitemaps in rings", "cut",
         elsewhere(_DISCOVERY, "test_sitemap_indexes_are_followed_packed_ones_unpacked_and_rings_left")),
    44: ("endless calendars, page numbers, facets", "cut", all_of(
        elsewhere(_ENGINES, "test_an_endless_calendar_ends_the_walk"),
        elsewhere(_DISCOVERY, "test_an_import_stops_at_its_budget_and_keeps_what_it_has"))),
    45: ("REST that never ends", "cut", a_door_that_never_ends),
    47: ("canonicals to the first page, to a rival, in a circle", "ignore", all_of(
        an_article_on_another_host_keeps_its_address,
        elsewhere(_DISCOVERY, "test_canonicals_are_believed_inside_the_blog_only"))),
    50: ("two imports at once, a killed worker", "survive", elsewhere(
        _IMPORTING, "test_two_imports_of_one_blog_do_not_run_at_once", "test_a_killed_import_goes_on_where_it_stood")),
    51: ("another workspace that guesses an id", "404",
         elsewhere(_IMPORTING, "test_strangers_see_nothing_of_an_import")),
    52: ("errors that tell what lies inside", "one wording",
         elsewhere(_OUTBOUND, "test_blocked_refused_and_unknown_read_the_same")),
    53: ("hundreds of numbers, look-ups that hang", "cut", all_of(
        names_with_three_hundred_numbers, elsewhere(_OUTBOUND, "test_a_look_up_that_hangs_is_given_up"))),
    54: ("international names", "refuse", international_names),
    55: ("certificates that are expired, self-signed, of another name", "refuse", certificates_nobody_vouches_for),
    56: ("HTTP/2 with its own attacks", "off", no_second_protocol),
    57: ("a file, a video channel, a log-in page given as a blog", "refuse", elsewhere(
        _DISCOVERY, "test_what_is_no_blog_is_named")),
}  # fmt: skip
