"""What a network adapter is: the data it declares, the calls it answers, the failures it may raise.

STOP 4 of the road. Called by `publishing.publish`, `accounts.connecting` and `accounts.tokens`; read as data by the
composer, the settings and the docs. Knows no Django, no database, no clock and no retries: an adapter gets values and a
`Client`, and returns values. Who calls decides when and whether again.

    NetworkError
     ├ Rejected         the network said no to this content: a person must change it
     ├ NeedsReconnect   the account's permission is gone or too small: hold all its deliveries
     ├ TryLater         nothing was written: may be sent again after `after_s`
     └ OutcomeUnknown   it may be live: look with `find()`, never send again blindly

An exception of any other kind that leaves an adapter is a bug of ours: the delivery fails, the log keeps the stack.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, NewType, Protocol

if TYPE_CHECKING:
    from petra.networks.client import Client

RemoteId = NewType("RemoteId", str)


class Cause(StrEnum):
    """Why a call failed, the same words for every network. Stored on the Attempt, grouped on pages."""

    AUTH_EXPIRED = "auth_expired"  # the access token is dead, refreshing may help
    AUTH_REVOKED = "auth_revoked"  # refreshing was refused, or the app was removed
    PERMISSION = "permission"  # a scope, role or product access is missing
    RATE_LIMITED = "rate_limited"
    SPAM_BLOCK = "spam_block"  # never retried by itself; the account cools down
    DUPLICATE = "duplicate"
    MEDIA_NOT_READY = "media_not_ready"
    MEDIA_INVALID = "media_invalid"
    CONTENT_INVALID = "content_invalid"
    TARGET_MISSING = "target_missing"
    TRANSIENT = "transient"  # provably not written
    AMBIGUOUS = "ambiguous"  # may be written


class NetworkError(Exception):
    """Base of the four failures.

    `for_person` is a whole sentence that is safe on a page: no vendor text, no ids, no addresses.
    `detail` is what the network said, already redacted and capped at 2,000 characters: for the Attempt and the log.
    """

    def __init__(self, for_person: str, *, cause: Cause, detail: str = "", status: int | None = None) -> None:
        super().__init__(f"{cause}: {for_person}")
        self.for_person = for_person
        self.cause = cause
        self.detail = detail[:2000]
        self.status = status


class Rejected(NetworkError):
    """The network refused this content or target. Sending the same again is refused again.

    Cause SPAM_BLOCK asks the caller to let the account cool down as well (`cool_down_s`, seconds).
    """

    def __init__(
        self, for_person: str, *, cause: Cause, detail: str = "", status: int | None = None, cool_down_s: int = 0
    ) -> None:
        super().__init__(for_person, cause=cause, detail=detail, status=status)
        self.cool_down_s = cool_down_s


class NeedsReconnect(NetworkError):
    """The account's permission is gone (AUTH_EXPIRED, AUTH_REVOKED) or too small (PERMISSION).

    Only AUTH_EXPIRED may be helped by one forced refresh; the others need a person.
    """


class TryLater(NetworkError):
    """Nothing was written. `after_s`: the wait in seconds the network asked for, None for the caller's own backoff."""

    def __init__(
        self,
        for_person: str,
        *,
        cause: Cause,
        after_s: float | None = None,
        detail: str = "",
        status: int | None = None,
    ) -> None:
        super().__init__(for_person, cause=cause, detail=detail, status=status)
        self.after_s = after_s


class OutcomeUnknown(NetworkError):
    """A creating request left and its answer was lost or says nothing: the post may be live."""

    def __init__(self, for_person: str, *, detail: str = "", status: int | None = None) -> None:
        super().__init__(for_person, cause=Cause.AMBIGUOUS, detail=detail, status=status)


class MediaKind(StrEnum):
    IMAGE = "image"
    VIDEO = "video"


@dataclass(frozen=True)
class Media:
    """One prepared picture or video. `content` is read lazily by `read()` so that nothing big sits in memory."""

    kind: MediaKind
    content_type: str  # image/jpeg, image/png, video/mp4
    width_px: int
    height_px: int
    size_bytes: int
    path: str  # a readable local file
    public_url: str | None = None  # https address the network can fetch, None where there is none

    def read(self) -> bytes:
        return Path(self.path).read_bytes()


@dataclass(frozen=True)
class Target:
    """Where on the account: a board (and section), a page, an organisation. `account_id` is the profile's remote id."""

    account_id: str
    remote_id: str
    section_id: str | None = None


@dataclass(frozen=True)
class Draft:
    """What is to be published, in the words meant for this network. Texts are already trimmed of outer white space."""

    title: str
    description: str
    alt_text: str
    link: str  # with its marker already in it; empty where there is none
    media: tuple[Media, ...]
    target: Target | None
    ai_disclosures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Problem:
    """One reason why a draft cannot go out as it is. `field` names the Draft field to mend."""

    field: str
    for_person: str
    is_blocking: bool = True


def encode_body(body: Mapping[str, object]) -> bytes:
    """Write `body` as JSON, the one way it is written: for the digest, and on the wire."""
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode("ascii")


@dataclass(frozen=True)
class Payload:
    """The exact request body `send` will post: what a preview shows is what is sent.

    `digest` is the sha256 (hex) of `encode_body(body)`, so it names the very bytes that leave.
    """

    body: dict[str, object] = field(repr=False)  # may hold a whole picture

    @property
    def digest(self) -> str:
        return hashlib.sha256(encode_body(self.body)).hexdigest()


@dataclass(frozen=True)
class Sent:
    """The post is on the network. `url` is the public page of the post, never its destination link."""

    remote_id: RemoteId
    url: str
    created_at: datetime | None = None


@dataclass(frozen=True)
class Ticket:
    """Where a slow publish stands (an upload, a media job): stored in the ledger, handed back to `check`."""

    step: str
    value: str


@dataclass(frozen=True)
class Processing:
    """The network is still working. Ask again with `check(ticket)` after `after_s` seconds."""

    ticket: Ticket
    after_s: float
    note: str = ""  # for the page: "Uploading image, 2 of 3"


@dataclass(frozen=True)
class Found:
    """The post whose marker was looked for is on the network."""

    sent: Sent


@dataclass(frozen=True)
class Absent:
    """One complete, successful look that did not find the marker. Says nothing about a later look."""


Look = Found | Absent


@dataclass(frozen=True)
class Limits:
    """The network's numbers. Characters are Unicode code points unless the adapter's README says otherwise."""

    max_title: int
    max_description: int
    max_alt_text: int
    max_link: int
    max_images: int
    max_image_bytes: int
    image_types: tuple[str, ...]
    min_short_side_px: int
    best_width_px: int
    best_height_px: int
    calls_per_hour: int  # per account, all kinds of calls; configurable
    write_gap_s: float  # least seconds between two writes of one account
    looks_s: tuple[float, ...]  # seconds after sending at which `find` is asked; absent in all of them = not written
    cool_down_s: int  # after a spam block


@dataclass(frozen=True)
class Powers:
    """What this network can do, so that pages and core need not ask which network it is."""

    can_find: bool
    needs_target: bool
    needs_media: bool
    target_label: str = ""  # "Board"
    section_label: str = ""  # "Section"
    post_label: str = "Post"  # "Pin"
    opt_out_meta: str = ""  # name of the <meta> in which a page forbids this network ("nopin"), where there is one
    disclosures: tuple[tuple[str, str], ...] = ()  # what a Draft may say of AI: (its value, its label)


@dataclass(frozen=True)
class App:
    """The developer app that connects accounts, and the addresses of the network. All from settings."""

    client_id: str
    client_secret: str = field(repr=False)
    api_base: str
    consent_base: str
    page_base: str  # public pages of posts


@dataclass(frozen=True)
class Tokens:
    """What a token endpoint gave. Instants are absolute, computed from `now` handed in by the caller."""

    access: str = field(repr=False)
    refresh: str | None = field(repr=False)  # None: the answer had none, keep the stored one
    access_expires_at: datetime | None
    refresh_expires_at: datetime | None
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class Profile:
    """Who was connected."""

    remote_id: str
    username: str
    display_name: str
    page_url: str = ""


@dataclass(frozen=True)
class RemoteTarget:
    """One board, page or organisation as the network lists it. A section names its board in `parent_id`."""

    remote_id: str
    kind: str  # "board", "section"
    name: str
    parent_id: str | None = None
    is_secret: bool = False


@dataclass(frozen=True)
class SignIn:
    """How accounts are connected. `scopes` are asked for; `needed_scopes` must be granted to publish.

    The addresses are the real network's; settings may name others (a sandbox), the simulator replaces their host.
    """

    scopes: tuple[str, ...]
    needed_scopes: tuple[str, ...]
    setting_prefix: str  # "PINTEREST" reads PINTEREST_CLIENT_ID and so on
    api_base: str
    consent_base: str
    page_base: str


class Network(Protocol):
    """What an adapter offers. Every method may raise the four failures and nothing else."""

    key: str
    label: str
    limits: Limits
    powers: Powers
    sign_in: SignIn

    def problems(self, draft: Draft) -> list[Problem]:
        """Say what keeps `draft` from going out. Pure; same answer in web, API and worker."""
        ...

    def payload(self, draft: Draft) -> Payload:
        """Build the request body. Pure but for reading the media files. Call only without blocking problems."""
        ...

    def send(self, client: Client, target: Target, payload: Payload) -> Sent | Processing:
        """Create the post: the one write. Never repeats anything by itself. NOT repeatable by the caller."""
        ...

    def check(self, client: Client, target: Target, ticket: Ticket) -> Sent | Processing:
        """Ask how far a slow publish is. Reads only, repeatable."""
        ...

    def find(self, client: Client, target: Target, marker: str, since: datetime) -> Look:
        """Look once for the post that carries `marker`, sent at or after `since`. Reads only, repeatable.

        Raises TryLater or NeedsReconnect when the look itself could not be made: that is not absence.
        Ask only for posts whose link is not empty: without a link there is no marker, and absence means nothing.
        """
        ...

    def targets(self, client: Client) -> Iterator[RemoteTarget]:
        """List all targets of the account, page by page. Reads only, repeatable."""
        ...

    def profile(self, client: Client) -> Profile:
        """Say whose token this is. Reads only, repeatable."""
        ...

    def consent_url(self, app: App, *, redirect_uri: str, state: str, code_challenge: str) -> str:
        """Build the address of the consent page (PKCE S256 challenge included). Pure."""
        ...

    def exchange(
        self, client: Client, app: App, *, code: str, redirect_uri: str, verifier: str, now: datetime
    ) -> Tokens:
        """Turn a one-time code into tokens. Not repeatable: a code works once. Refused: NeedsReconnect."""
        ...

    def refresh(self, client: Client, app: App, *, refresh_token: str, now: datetime) -> Tokens:
        """Renew the tokens. One at a time per account: the caller holds the lock.

        Refused: NeedsReconnect AUTH_REVOKED. No whole answer: TryLater, which is not a refusal.
        """
        ...

    def mark_link(self, link: str, marker: str) -> str:
        """Put `marker` into `link` so that `find` can recognise the post. Pure; the same in all tries.

        An empty link stays empty. `marker` is made of letters, digits, `-` and `_`.
        """
        ...
