from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from petra.simulator.pictures import NotAPicture, PictureStore, measure


def encode(kind: str, size: tuple[int, int], **options: object) -> bytes:
    content = BytesIO()
    Image.new("RGB", size, "teal").save(content, kind, **options)
    return content.getvalue()


@pytest.mark.parametrize("size", [(1, 1), (1000, 1500), (4000, 33)])
def test_pictures_are_measured_from_their_headers(size: tuple[int, int]) -> None:
    assert measure(encode("PNG", size)) == ("image/png", *size)
    assert measure(encode("JPEG", size)) == ("image/jpeg", *size)
    assert measure(encode("JPEG", size, progressive=True, exif=b"Exif\x00\x00" + b"\xff\xc0" * 40)) == (
        "image/jpeg",
        *size,
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xd8",
        b"\xff\xd8\xff\xe0\x00\x00" + b"\x00" * 50,
        b"\xff\xd8" + b"\xff" * 100,
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a" + b"\x00" * 100,
        b"<svg/>",
    ],
)
def test_anything_else_is_no_picture(content: bytes) -> None:
    with pytest.raises(NotAPicture):
        measure(content)


def test_same_picture_is_kept_once_and_found_on_disk(tmp_path: Path) -> None:
    content = encode("PNG", (200, 300))
    store = PictureStore(tmp_path / "pictures")
    assert store.add(content) == store.add(content)
    assert len(list((tmp_path / "pictures").iterdir())) == 1
    digest = store.add(content).digest
    assert PictureStore(tmp_path / "pictures").read(digest) == ("image/png", content)
    assert PictureStore().read(digest) is None
    assert store.read("../secret") is None
