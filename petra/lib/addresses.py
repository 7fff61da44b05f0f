"""Web addresses and the numbers behind them: what Petra may ask for at all. Pure; `lib.outbound` calls it before every
request and at every connection.

An address is refused by its form alone (`parse`), a number by the range it lies in (`is_public`). Ranges are the
special purpose registries of IANA (iana.org/assignments/iana-ipv4-special-registry and its IPv6 twin, 2026-11) plus the
metadata services of cloud providers that lie in public ranges.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata

import httpx2
import idna

from petra.lib.errors import ProductError

MAX_ADDRESS_LENGTH = 4096
USUAL_PORTS = frozenset({80, 443})

_CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]")
_SCHEME_AND_AUTHORITY = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?")
_DOT_LOOKALIKES = frozenset("\u3002\uff0e\uff61\u2024")  # browsers read these as dots, look-ups may not
_LOOKS_NUMERIC = re.compile(r"(?:\d+|0[xX][0-9a-fA-F]*)\Z")
_PUNYCODE = re.compile(r"\bxn--[a-z0-9-]+")
_DOTTED_QUAD = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.|\Z)){4}\Z")

_CLOSED_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",  # Azure's host service, in a public range
    )
)  # fmt: skip
_OPEN_V6 = ipaddress.IPv6Network(
    "2000::/3"
)  # the only global unicast range; NAT64, mapped, local and multicast lie outside
_CLOSED_V6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",
        "2002::/16",  # 6to4: carries an IPv4 number
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})  # RFC 5214: an IPv4 number in the lower half


class BadAddress(ProductError):
    """The address can't be asked for because of its form. Show the sentence; nothing was looked up."""

    def __init__(self, for_person: str) -> None:
        super().__init__("bad-address", for_person)


def parse(text: str, *, base: httpx2.URL | None = None) -> httpx2.URL:
    """Read one absolute http(s) address (relative to `base` where given), without fragment and with its name in ASCII.

    Raises BadAddress for other schemes, user info, backslashes, control characters, numbers in odd forms, bad names.
    """
    text = text.strip(" \t\r\n\f")
    if not text or len(text) > MAX_ADDRESS_LENGTH:
        raise BadAddress("This is not a web address, or it is longer than 4,096 characters.")
    head = text.split("?", 1)[0].split("#", 1)[0]
    if _CONTROL.search(text.replace(" ", "")) or "\\" in head:
        raise BadAddress("The address holds a character that web addresses can't have.")
    scheme, authority = _SCHEME_AND_AUTHORITY.match(text).groups()  # type: ignore[union-attr]  # it matches the empty text
    if scheme is not None and scheme.lower() not in ("http", "https"):
        raise BadAddress("Only addresses that start with http:// or https:// can be read.")
    if base is None and (scheme is None or not authority):
        raise BadAddress("The address must start with http:// or https:// and name a site.")
    if authority is not None:
        _check_authority(authority)
    try:
        url = httpx2.URL(text) if base is None else base.join(text)
        host = _plain_host(url.host)
        if host == url.host and not url.fragment and "#" not in text:
            return url  # most are; a copy is parsed once more
        return url.copy_with(host=host, fragment=None)
    except (httpx2.InvalidURL, ValueError, UnicodeError) as error:
        raise BadAddress("This is not a web address that can be read.") from error


def _check_authority(authority: str) -> None:
    if "@" in authority:
        raise BadAddress("Addresses with a user name or password in them are not read.")
    if "%" in authority or _DOT_LOOKALIKES & set(authority):
        raise BadAddress("The name in this address holds a character that names can't have.")
    composed = unicodedata.normalize("NFC", authority)
    if unicodedata.normalize("NFKC", composed) != composed:
        raise BadAddress("The name in this address is written with look-alike characters.")


def _plain_host(host: str) -> str:
    """Give the host in lower-case ASCII without a final dot. Raises BadAddress for odd numbers and bad labels."""
    host = host.removesuffix(".").lower()
    if ":" in host:
        return str(ipaddress.IPv6Address(host))
    if not host.isascii():
        host = idna.encode(host, uts46=True, transitional=False).decode("ascii")
    labels = host.split(".")
    if any(not label or len(label) > 63 for label in labels) or len(host) > 253:
        raise BadAddress("The name in this address is not a valid one.")
    if _LOOKS_NUMERIC.match(labels[-1]) and not _DOTTED_QUAD.match(host):
        raise BadAddress("The number in this address is written in a form that is not read.")
    if not re.fullmatch(r"[a-z0-9._-]+", host):
        raise BadAddress("The name in this address holds a character that names can't have.")
    return host


def port_of(url: httpx2.URL) -> int:
    """Say the port, the scheme's own where none is written."""
    return url.port if url.port is not None else (443 if url.scheme == "https" else 80)


def check_port(url: httpx2.URL, allowed: frozenset[tuple[str, int]]) -> None:
    """Refuse ports on which no web sites are, but for the exact (host, port) pairs that are `allowed`."""
    port = port_of(url)
    if port not in USUAL_PORTS and (url.host, port) not in allowed:
        raise BadAddress("Only the usual ports of web sites, 80 and 443, are read.")


def is_private_by_name(host: str) -> bool:
    """Say whether a host is a private number, or this machine by name (RFC 6761, 6.3). Nothing is looked up."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return not is_public(host)


def readable(address: str) -> str:
    """Write an address as people read it: without its scheme, its name in its own script. For display only."""
    host, slash, path = address.partition("://")[2].partition("/")
    return _PUNYCODE.sub(_decoded, host) + slash + path


def _decoded(label: re.Match[str]) -> str:
    try:
        return idna.decode(label.group())
    except UnicodeError:
        return label.group()


def is_public(number: str) -> bool:
    """Say whether an IP number belongs to the open internet."""
    try:
        address = ipaddress.ip_address(number)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _CLOSED_V4)
    if address not in _OPEN_V6 or any(address in network for network in _CLOSED_V6):
        return False
    return (int(address) >> 32) & 0xFFFFFFFF not in _ISATAP
