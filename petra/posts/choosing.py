"""Which of an article's pictures become pins: a ranking that is pure, and the fetching of the best ones.

The owner's wish comes first (pictures marked "nopin" are never taken), then pictures no pin has shown yet, then shape:
tall ones need no cut.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from django.conf import settings

from petra.articles.importing import operator_allows
from petra.articles.models import ArticleImage
from petra.articles.site.manners import Visitor
from petra.lib.errors import ProductError
from petra.lib.outbound import Outbound
from petra.media import renditions, storing
from petra.media.models import Asset
from petra.tenancy import scope

Fetch = Callable[[str], bytes]
SPARE_TRIES = 4  # pictures asked for beyond those wanted, when some are gone or too small


class NoPicture(ProductError):
    """No picture of the article can become a pin. A person adds one."""

    def __init__(self, why: str) -> None:
        super().__init__("no-picture", why)


def ranked(images: Sequence[ArticleImage], *, shown: Collection[str] = ()) -> list[ArticleImage]:
    """Order the pictures that may be pinned, best first. `shown` holds addresses that pins show already. Pure."""

    def value(image: ArticleImage) -> tuple[bool, int, int]:
        return image.url in shown, -(_shape_points(image) + 2 * image.is_lead), image.position

    return sorted((image for image in images if not image.is_nopin and not _is_too_small(image)), key=value)


def _shape_points(image: ArticleImage) -> int:
    if not image.width_px or not image.height_px:
        return 1
    return 3 if image.height_px >= 1.2 * image.width_px else 0


def _is_too_small(image: ArticleImage) -> bool:
    return bool(image.width_px and image.height_px and renditions.problem_of(image.width_px, image.height_px))


def fetch_best(
    images: Sequence[ArticleImage], *, wanted: int, workspace_id: UUID, shown: Collection[str] = (), fetch: Fetch
) -> list[Asset]:
    """Fetch the best pictures until `wanted` different ones are there and prepared for networks. Call outside a scope.

    Raises NoPicture when not one is.
    """
    candidates = ranked(images, shown=shown)
    if not candidates:
        raise NoPicture("This article has no picture that may be pinned. Add one yourself.")
    assets: dict[UUID, Asset] = {}
    why = ""
    for image in candidates[: wanted + SPARE_TRIES]:
        try:
            asset = _kept(image, workspace_id) or storing.from_address(
                image.url, fetch=fetch, alt_text=image.alt, workspace_id=workspace_id
            )
            prepare(asset)
        except ProductError as error:
            why = error.for_person
            continue
        assets[asset.pk] = asset
        if len(assets) == wanted:
            break
    if not assets:
        raise NoPicture(f"No picture of this article can be pinned. {why}")
    return list(assets.values())


def prepare(asset: Asset) -> None:
    """Make what networks and tables need of a picture. Repeatable. Raises TooSmall."""
    renditions.rendition(asset, "2x3")
    renditions.rendition(asset, "thumb")


def _kept(image: ArticleImage, workspace_id: UUID) -> Asset | None:
    with scope.workspace(workspace_id):
        return Asset.objects.filter(source_url=image.url).first()


@contextmanager
def polite_fetch() -> Iterator[Fetch]:
    """Give a function that asks a blog for pictures with the manners of an import: robots.txt, gaps, the guard."""
    with Outbound(allow_private=operator_allows(), contact=settings.CONTACT) as client:
        visitor = Visitor(client, sleep=time.sleep, gap_s=settings.IMPORT_GAP_S)

        def fetch(url: str) -> bytes:
            return storing.picture_in(visitor.get(url, max_bytes=settings.MAX_UPLOAD_BYTES, accept="image/*"))

        yield fetch
