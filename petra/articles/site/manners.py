"""How Petra behaves on other people's sites: robots.txt first, one request at a time, gaps, Retry-After, budgets.

Every request of importing goes through a `Visitor`. It knows no database; waiting and being stopped come in as a
function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime

import httpx2
from protego import Protego

from petra.articles.identity import clean_text
from petra.lib import clock, ids, outbound
from petra.lib.addresses import port_of
from petra.lib.errors import ProductError

PAGE_BYTES = 5 * 1024 * 1024
ROBOTS_BYTES = 500 * 1024
GAP_S = 1.0
MAX_CRAWL_DELAY_S = 30.0
MAX_RETRY_AFTER_S = 600.0
SLOW_S = 0.1  # a mean answer faster than that is no sign of a burden, and a part of it is our own work
MAX_PACE_S = 10.0  # how far slow answers may stretch the gap
MAX_TRIES = 3
_JITTER = 0.1
_BUSY = frozenset({429, 500, 502, 503, 504})

Sleep = Callable[[float], None]


class Disallowed(ProductError):
    """The site's robots.txt asks not to read this address. It is not read."""

    def __init__(self) -> None:
        super().__init__("robots", "The site's robots.txt asks programs not to read this address.")


class RobotsUnknown(ProductError):
    """The site could not say what may be read, so nothing is. Try later."""

    def __init__(self) -> None:
        super().__init__(
            "robots-unknown", "The site's robots.txt could not be read, so Petra reads nothing. Try again later."
        )


class SiteBusy(ProductError):
    """The site asked for a longer pause than one import waits. Go on later."""

    def __init__(self) -> None:
        super().__init__("busy", "The site asked for a longer pause. The import can go on later.", http_status=503)


class BotWall(ProductError):
    """The site shows programs a test for people. Petra does not disguise itself."""

    def __init__(self) -> None:
        super().__init__(
            "bot-wall", "The site lets only browsers in. Ask its owner to let Petra through, or use its feed."
        )


class OverBudget(ProductError):
    """One import may not take more; what is there stays, and it can be continued."""

    def __init__(self) -> None:
        super().__init__("budget", "This import reached its limit for one go. It can be continued.")


@dataclass
class Budget:
    """What one import may take at most."""

    requests: int = 5_000
    total_bytes: int = 500 * 1024 * 1024
    seconds: float = 2 * 3600


@dataclass
class _Host:
    """What is known of one host: its rules and when it may be asked again."""

    rules: Protego | None = None
    is_closed: bool = False
    gap_s: float = 0.0
    next_at: float = 0.0
    asked_at: float = 0.0
    answer_s: list[float] = field(default_factory=list)


class Visitor:
    """Visits sites politely. One per import; not for several threads at a time."""

    def __init__(
        self, client: outbound.Outbound, *, sleep: Sleep, gap_s: float = GAP_S, budget: Budget | None = None
    ) -> None:
        self._client = client
        self._sleep = sleep
        self._gap_s = gap_s
        self._budget = budget or Budget()
        self._hosts: dict[str, _Host] = {}
        self._asked: _Host | None = None
        self._started_at = clock.monotonic()
        self.requests = 0
        self.total_bytes = 0

    def get(
        self,
        url: str,
        *,
        max_bytes: int = PAGE_BYTES,
        validators: Mapping[str, str] | None = None,
        accept: str = "*/*",
        first_bytes: int = 0,
    ) -> outbound.Answer:
        """Ask for one address, robots.txt of its host first; waits as long as manners ask.

        Answers 429 and 5xx are asked again, at most three times in all, as late as the site says. `validators` are
        the ETag and Last-Modified of the stored body. Raises Disallowed, RobotsUnknown, SiteBusy, BotWall, OverBudget
        and what `outbound` raises.
        """
        headers = {"Accept": accept, **_conditional(validators or {})}
        if first_bytes:
            headers["Range"] = f"bytes=0-{first_bytes - 1}"
        for attempt in range(1, MAX_TRIES + 1):
            answer = self._client.get(url, max_bytes=max_bytes, headers=headers, before_hop=self._before)
            self._note(answer)
            if answer.status in (403, 503) and "cf-mitigated" in answer.headers:
                raise BotWall
            if answer.status not in _BUSY or attempt == MAX_TRIES:
                return answer
            self._back_off(answer, attempt)
        raise AssertionError("unreachable")

    def sitemaps(self, url: str) -> list[str]:
        """Give the sitemaps that the robots.txt of this address's host names."""
        rules = self._host(self._client.check(url)).rules
        return list(dict.fromkeys(map(clean_text, rules.sitemaps)))[:50] if rules is not None else []

    # ---- one hop ----

    def _before(self, url: httpx2.URL) -> None:
        host = self._host(url)
        if not self._is_allowed(host, url):
            raise Disallowed
        self._take_turn(host)

    def _is_allowed(self, host: _Host, url: httpx2.URL) -> bool:
        if host.is_closed:
            raise RobotsUnknown
        return host.rules is None or bool(host.rules.can_fetch(str(url), outbound.AGENT_NAME))

    def _take_turn(self, host: _Host) -> None:
        now = clock.monotonic()
        if now - self._started_at > self._budget.seconds or self.requests >= self._budget.requests:
            raise OverBudget
        if self.total_bytes > self._budget.total_bytes:
            raise OverBudget
        if host.next_at > now:
            self._sleep(host.next_at - now)
        self.requests += 1
        self._asked = host
        host.asked_at = clock.monotonic()
        self._rest(host)

    def _rest(self, host: _Host) -> None:
        """Leave the host alone from now on for its gap, a little more at random, never less."""
        answer_s = sum(host.answer_s) / len(host.answer_s) if host.answer_s else 0.0
        gap = max(host.gap_s, min(2 * answer_s, MAX_PACE_S) if answer_s >= SLOW_S else 0.0)
        host.next_at = clock.monotonic() + gap * (1 + _JITTER) * ids.jitter(_JITTER / (1 + _JITTER))

    def _note(self, answer: outbound.Answer) -> None:
        self.total_bytes += len(answer.body)
        host = self._asked  # the last hop's
        if host is not None:
            host.answer_s = [*host.answer_s[-9:], clock.monotonic() - host.asked_at]
            self._rest(host)

    def _back_off(self, answer: outbound.Answer, attempt: int) -> None:
        host = self._asked or _Host()
        wait_s = _retry_after(answer.headers.get("retry-after", ""), clock.now())
        if wait_s is None:
            wait_s = 2.0**attempt
        if wait_s > MAX_RETRY_AFTER_S:
            raise SiteBusy
        host.gap_s = (
            min(host.gap_s * 2, MAX_CRAWL_DELAY_S) if answer.status in (429, 503) and attempt > 1 else host.gap_s
        )
        host.next_at = max(host.next_at, clock.monotonic() + wait_s)

    # ---- robots ----

    def _host(self, url: httpx2.URL) -> _Host:
        origin = _origin(url)
        host = self._hosts.get(origin)
        if host is None:
            host = self._hosts[origin] = _Host(gap_s=self._gap_s)
            self._read_robots(host, origin)
        return host

    def _read_robots(self, host: _Host, origin: str) -> None:
        """Read the host's rules: 4xx means none, 5xx or silence means nothing may be read (RFC 9309, 2026-11)."""
        for attempt in range(1, MAX_TRIES + 1):
            try:
                answer = self._client.get(
                    f"{origin}/robots.txt", max_bytes=ROBOTS_BYTES, before_hop=lambda _url: self._take_turn(host)
                )
            except (outbound.TooSlow, outbound.BadAnswer, outbound.TooManyRedirects, outbound.DowngradeRefused):
                host.is_closed = True
                return
            except ProductError:
                del self._hosts[origin]
                raise
            self._note(answer)
            if answer.status not in _BUSY:
                break
            wait_s = _retry_after(answer.headers.get("retry-after", ""), clock.now())
            host.next_at = clock.monotonic() + min(2.0**attempt if wait_s is None else wait_s, MAX_CRAWL_DELAY_S)
        host.is_closed = answer.status >= 500 or answer.status == 429
        text = answer.body.decode("utf-8", "replace")
        if answer.status == 200 and not text.lstrip("\ufeff \t\r\n").startswith("<"):
            host.rules = Protego.parse(text)
            host.gap_s = max(self._gap_s, _delay(host.rules))
            self._rest(host)  # the wish counts from the first request on


def _origin(url: httpx2.URL) -> str:
    host = f"[{url.host}]" if ":" in url.host else url.host
    usual = {"http": 80, "https": 443}[url.scheme] == port_of(url)
    return f"{url.scheme}://{host}" if usual else f"{url.scheme}://{host}:{port_of(url)}"


def _delay(rules: Protego) -> float:
    """Give the gap robots.txt asks for, at most 30 s; nonsense (negative, infinite, text) counts as none."""
    delay = rules.crawl_delay(outbound.AGENT_NAME) or 0.0
    rate = rules.request_rate(outbound.AGENT_NAME)
    if rate is not None and rate.requests > 0:
        delay = max(delay, min(rate.seconds, 86_400) / rate.requests)  # numbers without end are no floats
    return min(delay, MAX_CRAWL_DELAY_S) if 0 < delay < float("inf") else 0.0


def _retry_after(text: str, now: datetime) -> float | None:
    """Read a Retry-After as seconds from now; None when it says nothing usable."""
    text = text.strip()
    if text.isdecimal():
        return float(text[:12])
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _conditional(validators: Mapping[str, str]) -> dict[str, str]:
    headers = {}
    if validators.get("etag"):
        headers["If-None-Match"] = validators["etag"]
    if validators.get("last_modified"):
        headers["If-Modified-Since"] = validators["last_modified"]
    return headers
