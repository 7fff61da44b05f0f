"""Takes pictures in: cleaned, written to the file store, and known by one row per picture and workspace.

Called by uploads and by `posts.composing`. Owns the names in the file store: `<workspace>/<digest>.<suffix>`, never a
name that came from outside. The file is written before its row, so a row never names a file that is not there; a file
without a row is harmless, and the next upload of the same picture finds it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import IO
from unicodedata import category
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from petra.lib import ids
from petra.lib.errors import ProductError
from petra.lib.outbound import Answer
from petra.media import pictures
from petra.media.models import Asset, Rendition
from petra.tenancy import scope

MAX_NAME = 200
MAX_ALT = 500
Fetch = Callable[[str], bytes]


class NotFetched(ProductError):
    """The picture's address gave no picture. May be tried again later."""

    def __init__(self, for_person: str) -> None:
        super().__init__("picture-not-fetched", for_person, http_status=502)


def store_image(
    data: bytes,
    *,
    original_name: str = "",
    source_url: str = "",
    alt_text: str = "",
    workspace_id: UUID | None = None,
) -> Asset:
    """Keep a picture and return its asset; the same bytes give the same asset again.

    Works in the open workspace, or in `workspace_id` where none is open: then no transaction is open while the picture
    is decoded and written. Repeatable. Raises BadPicture.
    """
    owner_id = workspace_id or scope.current_workspace_id()
    picture = pictures.clean(data, max_bytes=settings.MAX_UPLOAD_BYTES)
    name = put_file(f"{owner_id}/{picture.digest}.{picture.suffix}", picture.content)
    with scope.workspace(owner_id):
        asset, is_new = Asset.objects.get_or_create(
            digest=picture.digest,
            defaults={
                "file": name,
                "content_type": picture.content_type,
                "size_bytes": len(picture.content),
                "width_px": picture.width_px,
                "height_px": picture.height_px,
                "alt_text": _plain(alt_text, MAX_ALT),
                "source_url": source_url,
                "original_name": _plain(original_name.replace("\\", "/").rsplit("/", 1)[-1], MAX_NAME),
            },
        )
        if not is_new and alt_text and not asset.alt_text:
            asset.alt_text = _plain(alt_text, MAX_ALT)
            asset.save(update_fields=["alt_text"])
    return asset  # type: ignore[no-any-return]  # the manager's type is open, see TenantModel


def from_address(url: str, *, fetch: Fetch, alt_text: str = "", workspace_id: UUID) -> Asset:
    """Fetch a picture and keep it. Call outside a scope: this asks another system.

    Raises what `fetch` raises, and BadPicture.
    """
    return store_image(fetch(url), source_url=url, alt_text=alt_text, workspace_id=workspace_id)


def picture_in(answer: Answer) -> bytes:
    """Give the bytes of an answer that should be a picture. Raises NotFetched."""
    if answer.status != 200:
        raise NotFetched("The site did not hand out this picture.")
    if answer.is_cut:
        raise NotFetched(f"The picture is bigger than {settings.MAX_UPLOAD_BYTES // (1024 * 1024)} MB, or was cut off.")
    return answer.body


def put_file(name: str, content: bytes) -> str:
    """Write a file whose name says what is in it, and return that name. Repeatable, also at the same time.

    It comes there whole, so nobody meets half of it; a file of another size is what a crash left, and written again.
    """
    if not default_storage.exists(name) or default_storage.size(name) != len(content):
        part = default_storage.save(f"{name}.{ids.new_id()}.part", ContentFile(content))
        Path(default_storage.path(part)).replace(default_storage.path(name))
    return name


def open_file(name: str) -> IO[bytes]:
    """Open a stored file for reading. Raises FileNotFoundError."""
    return default_storage.open(name, "rb")


def read_file(name: str) -> bytes:
    """Read a stored file whole. Raises FileNotFoundError."""
    with open_file(name) as file:
        return file.read()


def path_of(thing: Asset | Rendition) -> Path:
    """Say where the file lies on this machine: for adapters, which read it lazily."""
    return Path(default_storage.path(thing.file))


def _plain(text: str, longest: int) -> str:
    """Give one line without control characters, at most `longest` characters."""
    return " ".join("".join(" " if category(c) in ("Cc", "Cs") else c for c in text).split())[:longest]
