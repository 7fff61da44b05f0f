"""Makes the files that pages show and networks get from an asset: sizes and cuts are pure sums, Pillow does the rest.

A shape is named by what it is for. `2x3` is what pin networks show best; `thumb` and `preview` are for Petra's pages.
Each is made once, when first asked for.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast
from uuid import UUID

from PIL import Image, ImageChops, ImageFilter

from petra.media import storing
from petra.media.models import Asset, Rendition
from petra.media.pictures import BadPicture
from petra.tenancy import scope

Shape = Literal["2x3", "thumb", "preview"]
Box = tuple[int, int, int, int]

PIN_WIDTH_PX, PIN_HEIGHT_PX = 1000, 1500
MAX_ENLARGEMENT = 2.5  # beyond it a pin looks washed out on a phone; a 1200 by 630 share picture still passes
_LOOK_PX = 64  # side of the small copy on which the subject is looked for
_CENTRE_PULL = 0.35  # how much less a cut at the very edge counts than one in the middle


@dataclass(frozen=True)
class Page:
    """A shape for Petra's pages: made smaller to fit, never cut, never enlarged."""

    width_px: int
    height_px: int


PAGES: dict[str, Page] = {"thumb": Page(160, 320), "preview": Page(600, 1200)}
SHAPES: tuple[Shape, ...] = ("2x3", "thumb", "preview")


class TooSmall(BadPicture):
    """Cut to the shape, the picture would have to be enlarged too much. Another picture is needed."""


def rendition(asset: Asset, shape: Shape) -> Rendition:
    """Give the asset's file of a shape, made now where it is not there yet. Repeatable, also at the same time.

    Works inside the asset's workspace or outside any; outside, no transaction is open while the picture is made.
    Raises TooSmall, BadPicture.
    """
    owner_id = cast("UUID", asset.workspace_id)
    with scope.workspace(owner_id):
        known = Rendition.objects.filter(asset=asset, shape=shape).first()
    if known is not None:
        return known  # type: ignore[no-any-return]  # the manager's type is open, see TenantModel
    with Image.open(io.BytesIO(storing.read_file(asset.file))) as image:
        made = make_pin(image) if shape == "2x3" else make_page(image, PAGES[shape])
    suffix = "jpg" if shape == "2x3" else "webp"
    content_type = "image/jpeg" if shape == "2x3" else "image/webp"
    name = storing.put_file(f"{owner_id}/{asset.digest}-{shape}.{suffix}", made.content)
    with scope.workspace(owner_id):
        row, _ = Rendition.objects.get_or_create(
            asset=asset,
            shape=shape,
            defaults={
                "file": name,
                "content_type": content_type,
                "size_bytes": len(made.content),
                "width_px": made.width_px,
                "height_px": made.height_px,
            },
        )
    return row  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Made:
    content: bytes
    width_px: int
    height_px: int


def make_pin(image: Image.Image) -> Made:
    """Cut a picture to 2:3 around its subject and write it as JPEG of 1000 by 1500. Raises TooSmall."""
    problem = problem_of(image.width, image.height)
    if problem:
        raise TooSmall(problem)
    flat = flattened(image)
    cut = flat.crop(cut_around_subject(flat))
    sized = cut.resize((PIN_WIDTH_PX, PIN_HEIGHT_PX), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    sized.save(out, "JPEG", quality=85, progressive=True, optimize=True)
    return Made(out.getvalue(), PIN_WIDTH_PX, PIN_HEIGHT_PX)


def make_page(image: Image.Image, page: Page) -> Made:
    """Write a small WebP for Petra's own pages."""
    small = image.convert("RGBA" if image.has_transparency_data else "RGB")
    small.thumbnail((page.width_px, page.height_px), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=80, method=4)
    return Made(out.getvalue(), small.width, small.height)


def problem_of(width_px: int, height_px: int) -> str:
    """Say in a sentence why a picture of this size can't become a pin; empty where it can. Pure."""
    wide, high = cut_size(width_px, height_px)
    if high * MAX_ENLARGEMENT >= PIN_HEIGHT_PX and wide * MAX_ENLARGEMENT >= PIN_WIDTH_PX:
        return ""
    least_w, least_h = round(PIN_WIDTH_PX / MAX_ENLARGEMENT), round(PIN_HEIGHT_PX / MAX_ENLARGEMENT)
    return (
        f"This picture is too small for a pin: {width_px} by {height_px} pixels."
        f" Cut to 2:3 it must have at least {least_w} by {least_h}."
    )


def cut_size(width_px: int, height_px: int) -> tuple[int, int]:
    """Give the largest 2:3 cut of a picture. Pure."""
    if width_px * PIN_HEIGHT_PX > height_px * PIN_WIDTH_PX:
        return max(1, round(height_px * PIN_WIDTH_PX / PIN_HEIGHT_PX)), height_px
    return width_px, max(1, round(width_px * PIN_HEIGHT_PX / PIN_WIDTH_PX))


def cut_around_subject(image: Image.Image) -> Box:
    """Choose the 2:3 cut that holds most of what stands out."""
    wide, high = cut_size(image.width, image.height)
    across, down = _standing_out(image)
    left = best_offset(across, image.width, wide)
    top = best_offset(down, image.height, high)
    return left, top, left + wide, top + high


def best_offset(weights: Sequence[float], length_px: int, window_px: int) -> int:
    """Slide a window along one side and return where it begins (pixels) when it holds most weight. Pure.

    `weights` are shares of the side, in order. An even picture is cut in the middle.
    """
    room = length_px - window_px
    if room <= 0:
        return 0
    sums = [0.0]
    for weight in weights:
        sums.append(sums[-1] + weight)
    total = sums[-1] or 1.0

    def value(start_px: int) -> float:
        inside = _at(sums, (start_px + window_px) / length_px) - _at(sums, start_px / length_px)
        off_centre = abs(start_px / room - 0.5) * 2
        return (inside / total) * (1 - _CENTRE_PULL * off_centre**2)

    steps = min(room, _LOOK_PX)
    starts = [round(room * step / steps) for step in range(steps + 1)]
    return max(starts, key=lambda start: (round(value(start), 6), -abs(start - room / 2)))


def _at(sums: Sequence[float], share: float) -> float:
    place = share * (len(sums) - 1)
    whole = min(int(place), len(sums) - 2)
    return sums[whole] + (sums[whole + 1] - sums[whole]) * (place - whole)


def _standing_out(image: Image.Image) -> tuple[list[float], list[float]]:
    """Weigh columns and rows by what stands out: edges, and colours unlike the mean colour of the picture's rim."""
    small = image.resize((_LOOK_PX, _LOOK_PX), Image.Resampling.BOX).convert("RGB")
    edges = small.convert("L").filter(ImageFilter.FIND_EDGES)
    rim = Image.new("RGB", small.size, _rim_colour(small))
    unlike = ImageChops.difference(small, rim).convert("L")
    weight = ImageChops.add(edges, unlike, scale=2).filter(ImageFilter.BoxBlur(1))
    inner = weight.crop((2, 2, _LOOK_PX - 2, _LOOK_PX - 2))  # the filters know no pixels beyond the rim
    across = inner.resize((inner.width, 1), Image.Resampling.BOX).tobytes()
    down = inner.resize((1, inner.height), Image.Resampling.BOX).tobytes()
    return [w + 1.0 for w in across], [w + 1.0 for w in down]


def _rim_colour(small: Image.Image) -> tuple[int, ...]:
    last = small.width - 1
    strips = [(0, 0, last, 1), (0, last - 1, last, last), (0, 0, 1, last), (last - 1, 0, last, last)]
    means = [small.crop(strip).resize((1, 1), Image.Resampling.BOX).tobytes() for strip in strips]
    return tuple(sum(mean[channel] for mean in means) // len(means) for channel in range(3))


def flattened(image: Image.Image) -> Image.Image:
    """Put a picture with transparent parts on white; JPEG has no transparency."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    white = Image.new("RGB", layer.size, (255, 255, 255))
    white.paste(layer, mask=layer.getchannel("A"))
    return white
