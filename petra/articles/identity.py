"""Which addresses mean the same article, and which belong to the blog at all. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urljoin, urlsplit

# An index row of PostgreSQL holds about 2,700 bytes.
MAX_KEY_CHARS = 500
MAX_INDEXED_CHARS = 2_000  # of a whole address; no honest blog or list has a longer one

# Parameters that say where a visitor came from, never which page is meant (2026-11).
_TRACKING = re.compile(
    r"(?:utm_.*|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_.*|ref|ref_src|_ga|_gl|amp|replytocom|share|nb)\Z"
)
_CONTROL = re.compile(r"[\x00-\x1f]")
_INDEX = re.compile(r"/index\.(?:html?|php|aspx?)\Z", re.IGNORECASE)
_AMP = re.compile(r"/amp/?\Z")


@dataclass(frozen=True)
class Site:
    """What belongs to one blog: a host (with or without www.) and a folder, "/" for the whole host."""

    host: str
    folder: str = "/"

    @property
    def address(self) -> str:
        """Write it as an address, from which `site_of` gives it back."""
        return f"http://{self.host}{self.folder}"

    def holds(self, url: str) -> bool:
        """Say whether an absolute address lies in the blog."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        if parts.scheme not in ("http", "https") or _bare_host(parts.netloc) != self.host:
            return False
        return self.folder == "/" or (parts.path + "/").startswith(self.folder)

    def is_home(self, url: str) -> bool:
        """Say whether an address is the blog's own first page or its host's."""
        parts = urlsplit(url)
        path = _INDEX.sub("/", parts.path).rstrip("/") or "/"
        return not _kept_query(parts.query) and path in ("/", self.folder.rstrip("/") or "/")


def site_of(url: str) -> Site:
    """Say which site an address names: its host, and the folder it points into ("/blog/", but not "/post.html")."""
    parts = urlsplit(url)
    path = _INDEX.sub("/", parts.path)
    folder = path if path.endswith("/") else path + "/"
    if re.search(r"\.\w{2,5}/\Z", folder):
        folder = folder.rsplit("/", 2)[0] + "/"
    return Site(_bare_host(parts.netloc), folder)


@lru_cache(maxsize=4096)
def address_key(url: str) -> str:
    """Give the key under which an address is one article: equal keys are the same page.

    Without scheme, `www.`, tracking, `index.html` and `/amp`; path decoded and NFC; query sorted.
    """
    parts = urlsplit(url.strip())
    path = unicodedata.normalize("NFC", unquote(parts.path))
    path = _AMP.sub("/", _INDEX.sub("/", path)).rstrip("/") or "/"
    query = _kept_query(parts.query)
    key = clean_text(_bare_host(parts.netloc) + path + ("?" + query if query else ""))
    if len(key) <= MAX_KEY_CHARS:
        return key
    return key[:MAX_KEY_CHARS] + "#" + hashlib.sha256(key.encode()).hexdigest()


def absolute(url: str, base: str) -> str | None:
    """Resolve an address found on a page and write it in ASCII; None when it is no http(s) address."""
    url = clean_text(url).strip()
    if not url or len(url) > 4096 or _CONTROL.search(url):
        return None
    try:
        parts = urlsplit(urljoin(base, url))
        _ = parts.port  # raises where it is no number
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.netloc or "@" in parts.netloc:
        return None
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?[]")
    return f"{parts.scheme}://{parts.netloc.lower()}{path or '/'}{'?' + query if query else ''}"


def split_address(url: str) -> SplitResult:
    """Take an address apart as pages write it; one that can't be is taken for an empty one."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def clean_text(text: str) -> str:
    """Drop what a database can't hold: NUL and lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _bare_host(netloc: str) -> str:
    host = netloc.lower().removeprefix("www.")
    return host.removesuffix(":80").removesuffix(":443")


def _kept_query(query: str) -> str:
    if not query:
        return ""
    pairs = parse_qsl(query[:2000], keep_blank_values=True, max_num_fields=None)
    return urlencode(sorted(pair for pair in pairs if not _TRACKING.match(pair[0].lower())))
