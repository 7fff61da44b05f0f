"""The only way a door gets at a picture's file: rows come from the open workspace only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO
from uuid import UUID

from petra.lib.errors import ProductError
from petra.media import storing
from petra.media.models import Asset, Rendition


class NoSuchPicture(ProductError):
    """Absent and forbidden look the same."""

    def __init__(self) -> None:
        super().__init__("no-such-picture", "This picture does not exist.", http_status=404)


@dataclass(frozen=True)
class StoredFile:
    """A file to hand out. Its name holds a digest, so it never changes and may be cached for ever."""

    name: str
    content_type: str
    size_bytes: int

    def open(self) -> IO[bytes]:
        """Open it for reading. Raises FileNotFoundError."""
        return storing.open_file(self.name)


def file_of(thing: Asset | Rendition) -> StoredFile:
    """Say which file belongs to an asset or rendition."""
    return StoredFile(thing.file, thing.content_type, thing.size_bytes)


def get_asset(asset_id: UUID) -> Asset:
    """Fetch an asset of the open workspace. Raises NoSuchPicture."""
    asset = Asset.objects.filter(pk=asset_id).first()
    if asset is None:
        raise NoSuchPicture
    return asset  # type: ignore[no-any-return]  # the manager's type is open, see TenantModel
