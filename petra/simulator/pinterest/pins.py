"""Making a Pin: every check the real one makes on the body, in its order, and the Pin as it is answered."""

from __future__ import annotations

import binascii
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from petra.simulator.pictures import NotAPicture
from petra.simulator.pinterest import refusals
from petra.simulator.pinterest.state import Account, Board, Image, Pin, State

_TEXTS: Final = {"title": 100, "description": 800, "alt_text": 500, "link": 2048}
_IDS: Final = ("board_id", "board_section_id", "parent_pin_id")
_MIN_SIDE_PX: Final = 100  # the real least size is not published; far below what anybody would pin
_IMAGE_TYPES: Final = ("image/jpeg", "image/png")
_SIZES: Final = (("150x150", 150, 150), ("400x300", 400, 300), ("600x", 600, None), ("1200x", 1200, None))


def make_pin(state: State, account: Account, body: dict[str, object]) -> Pin:
    """Check the body and build the Pin; nothing is stored yet. Raises Refusal."""
    texts = {name: _text(body, name, most) for name, most in _TEXTS.items()}
    for name in _IDS:
        _check_id(body.get(name))
    if texts["link"] and not _is_web_address(texts["link"]):
        raise refusals.invalid_link()
    board = own_board(state, account, body.get("board_id"))
    section_id = body.get("board_section_id")
    if section_id is not None and board.section(str(section_id)) is None:
        raise refusals.no_section()
    media_type, images = _media(state, account, body.get("media_source"))
    return Pin(
        id=state.world.new_id(),
        account=account.username,
        board_id=board.id,
        board_section_id=str(section_id) if section_id is not None else None,
        created_at=state.at(),
        title=texts["title"],
        description=texts["description"],
        alt_text=texts["alt_text"],
        link=texts["link"],
        media_type=media_type,
        images=images,
    )


def own_board(state: State, account: Account, board_id: object) -> Board:
    if not isinstance(board_id, str):
        raise refusals.content("'board_id' is a required property")
    board = state.boards.get(board_id)
    if board is None or board.owner != account.username:
        raise refusals.no_board()
    return board


def pin_json(state: State, pin: Pin, base: str) -> dict[str, object]:
    """Write a Pin as the API answers it. `base` is where pictures are served."""
    media: dict[str, object]
    if pin.media_type == "multiple_images":
        items = [{"item_type": "image", "images": _sizes(image, base)} for image in pin.images]
        media = {"media_type": "multiple_images", "items": items}
    elif pin.media_type == "video":
        media = {"media_type": "video", "cover_image_url": "", "duration": None, "width": None, "height": None}
    else:
        media = {"media_type": "image", "images": _sizes(pin.images[0], base)}
    return {
        "id": pin.id,
        "created_at": pin.created_at[:19],  # without a zone, as the real one
        "link": pin.link,
        "title": pin.title,
        "description": pin.description,
        "dominant_color": "#6e7874",
        "alt_text": pin.alt_text,
        "board_id": pin.board_id,
        "board_section_id": pin.board_section_id,
        "board_owner": {"username": state.boards[pin.board_id].owner},
        "parent_pin_id": None,
        "creative_type": {"multiple_images": "CAROUSEL", "video": "VIDEO"}.get(pin.media_type, "REGULAR"),
        "is_owner": True,
        "is_standard": True,
        "has_been_promoted": False,
        "pin_metrics": None,
        "media": media,
    }


def picture_url(image: Image, base: str) -> str:
    return f"{base}/_pictures/{image.digest}" if image.digest else image.url


def _sizes(image: Image, base: str) -> dict[str, object]:
    url = picture_url(image, base)
    sizes: dict[str, object] = {}
    ratio = image.height_px / image.width_px if image.height_px and image.width_px else None
    for name, width, fixed_height in _SIZES:
        height = fixed_height or (round(width * ratio) if ratio else None)
        sizes[name] = {"width": width, "height": height, "url": url}
    sizes["originals"] = {"width": image.width_px, "height": image.height_px, "url": url}
    return sizes


def _text(body: dict[str, object], name: str, most: int) -> str | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise refusals.content(f"{value!r} is not of type 'string'")
    if len(value) > most:
        raise refusals.content(f"Invalid request: {name!r}: value is too long, constraint: maxLength={most}")
    return value


def _check_id(value: object) -> None:
    if value is not None and not (isinstance(value, str) and value.isascii() and value.isdigit()):
        raise refusals.content(f"{value!r} does not match '^\\\\d+$'")


def _is_web_address(link: str) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _media(state: State, account: Account, source: object) -> tuple[str, list[Image]]:
    if not isinstance(source, dict):
        raise refusals.content("'media_source' is a required property")
    match source.get("source_type"):
        case "image_url":
            return "image", [_by_url(source)]
        case "image_base64":
            return "image", [_by_bytes(state, source)]
        case "multiple_image_urls":
            return "multiple_images", _several(source, _by_url)
        case "multiple_image_base64":
            return "multiple_images", _several(source, lambda item: _by_bytes(state, item))
        case "video_id":
            return "video", _video(state, account, source)
        case other:
            raise refusals.content(f"{other!r} is not one of the source types")


def _several(source: dict[str, object], read: Callable[[dict[str, object]], Image]) -> list[Image]:
    items = source.get("items")
    if not isinstance(items, list) or len(items) < 2:
        raise refusals.content("Invalid request: 'items', constraint: minItems=2")
    if len(items) > 5:
        raise refusals.content("Invalid request: 'items', constraint: maxItems=5")
    images = [read(item if isinstance(item, dict) else {}) for item in items]
    if len({(image.width_px, image.height_px) for image in images}) > 1:
        raise refusals.content("Carousel images must all have the same dimensions.")
    return images


def _by_url(item: dict[str, object]) -> Image:
    url = item.get("url")
    if not isinstance(url, str) or not _is_web_address(url):
        raise refusals.invalid_link()
    # The simulator fetches nothing. Names under .invalid never resolve (RFC 6761): those play the dead server.
    if (urlsplit(url).hostname or "").endswith(".invalid"):
        raise refusals.content("Unable to reach the URL.")
    return Image(url)


def _by_bytes(state: State, item: dict[str, object]) -> Image:
    if item.get("content_type") not in _IMAGE_TYPES:
        raise refusals.content(f"{item.get('content_type')!r} is not one of {list(_IMAGE_TYPES)!r}")
    data = item.get("data")
    if not isinstance(data, str) or not data:
        raise refusals.content("'data' is a required property")
    try:
        content = binascii.a2b_base64(data.encode("ascii"), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        raise refusals.content("'data' does not match '^[a-zA-Z0-9+\\\\/=]+$'") from None
    try:
        picture = state.world.pictures.add(content)
    except NotAPicture:
        raise refusals.broken() from None
    if min(picture.width_px, picture.height_px) < _MIN_SIDE_PX:
        raise refusals.too_small()
    return Image("", picture.digest, picture.width_px, picture.height_px)


def _video(state: State, account: Account, source: dict[str, object]) -> list[Image]:
    upload = state.uploads.get(str(source.get("media_id")))
    if upload is None or upload.account != account.username:
        raise refusals.no_upload()
    covers = ("cover_image_url", "cover_image_content_type", "cover_image_key_frame_time")
    if not any(source.get(name) is not None for name in covers):
        raise refusals.content("Missing cover: give cover_image_url or cover_image_content_type and cover_image_data.")
    url = source.get("cover_image_url")
    return [Image(url if isinstance(url, str) else "")]
