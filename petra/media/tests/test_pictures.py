"""What may become a picture of ours, and that only its pixels survive."""

from __future__ import annotations

import io
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from petra.media import pictures
from petra.media.tests import samples

MOST = 20 * 1024 * 1024


def clean(data: bytes) -> pictures.CleanPicture:
    return pictures.clean(data, max_bytes=MOST)


def opened(picture: pictures.CleanPicture) -> Image.Image:
    return Image.open(io.BytesIO(picture.content))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_the_usual_kinds_become_jpeg(kind: str) -> None:
    picture = clean(samples.written(samples.picture(320, 240, subject=(100, 100)), kind))
    assert (picture.content_type, picture.width_px, picture.height_px) == ("image/jpeg", 320, 240)
    assert opened(picture).format == "JPEG"


def test_a_transparent_picture_stays_transparent() -> None:
    picture = clean(samples.written(samples.picture(50, 40, mode="RGBA"), "PNG"))
    assert picture.content_type == "image/png"
    assert opened(picture).mode == "RGBA"


def test_only_the_first_frame_of_a_moving_picture_is_kept() -> None:
    first, second = samples.picture(30, 30), Image.new("RGB", (30, 30), "black")
    picture = clean(samples.written(first, "GIF", save_all=True, append_images=[second]))
    assert opened(picture).convert("RGB").getpixel((5, 5)) == pytest.approx((240, 236, 228), abs=4)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "CMYK", "1", "I;16"])
def test_odd_colour_modes_become_plain_ones(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    source = Image.new("I;16", (20, 20), 40000) if mode == "I;16" else Image.new("RGB", (20, 20), "white").convert(mode)
    picture = opened(clean(samples.written(source, kind))).convert("RGB")
    level = picture.getpixel((3, 3))
    assert isinstance(level, tuple)
    assert 100 <= level[0] <= 260


def test_metadata_and_what_follows_the_picture_are_gone_and_it_stands_upright() -> None:
    data = samples.photo_with_secrets()
    assert samples.MARKER in data
    picture = clean(data)
    assert samples.MARKER not in picture.content
    assert (picture.width_px, picture.height_px) == (200, 300)
    assert dict(opened(picture).getexif()) == {}


def test_a_colour_profile_is_applied_not_kept() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = clean(samples.written(samples.picture(30, 30), icc_profile=profile))
    assert "icc_profile" not in opened(picture).info
    assert opened(clean(samples.written(samples.picture(30, 30), icc_profile=b"not a profile"))).size == (30, 30)


def test_a_polyglot_leaves_only_its_pixels() -> None:
    script = b"<script>alert(document.domain)</script>"
    for data in (samples.jpeg(90, 90) + b"PK\x03\x04" + script, samples.jpeg(90, 90, comment=script)):
        assert script not in clean(data).content


def test_a_huge_photo_is_made_smaller() -> None:
    picture = clean(samples.jpeg(6000, 4500))
    assert (picture.width_px, picture.height_px) == (4000, 3000)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"x" * (MOST + 1), "bigger than 20 MB"),
        (b"<!doctype html><html><body>hello</body></html>", "not a picture"),
        (b"GIF89a/*<script>alert(1)</script>*/=1;", "not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "SVG"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><svg/>", "SVG"),
        (samples.written(samples.picture(9, 9), "TIFF"), "not a picture"),
        (samples.written(samples.picture(9, 9), "BMP"), "not a picture"),
        (b"%PDF-1.7 ...", "not a picture"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
        (samples.jpeg(400, 400)[:3000], "damaged"),
        (samples.written(samples.picture(90, 90, subject=(40, 40)), "PNG")[:-60], "damaged"),
        (samples.png_of_size(100, 100), "damaged"),
        (samples.png_of_size(65_000, 65_000), "50 million"),
        (samples.png_of_size(9_000, 9_000), "50 million"),
        (samples.png_of_size(10_000, 11_000), "50 million"),
        (b"GIF89a\xe8\xfd\xe8\xfd\x00\x00\x00,\x00\x00\x00\x00\xe8\xfd\xe8\xfd\x00\x02\x02L\x01\x00;", "50 million"),
        (samples.jpeg(64, 64)[:-2] + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x00" * 10_000, "no camera"),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else None,
)
def test_what_is_no_good_picture_is_refused_with_one_sentence(data: bytes, says: str) -> None:
    started = time.process_time()
    with pytest.raises(pictures.BadPicture, match=says) as refusal:
        clean(data)
    assert refusal.value.for_person.endswith(".")
    assert time.process_time() - started < 1


def test_a_text_bomb_in_a_png_costs_nothing() -> None:
    data = samples.png_with_text_bomb(100_000_000)
    started = time.process_time()
    with pytest.raises(pictures.BadPicture):
        clean(data)
    assert time.process_time() - started < 1


@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8 "]),
)
def test_no_bytes_bring_anything_but_a_picture_or_a_refusal(data: bytes, head: bytes) -> None:
    try:
        clean(head + data)
    except pictures.BadPicture:
        return


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, of damaged metadata
@settings(deadline=None)
@given(st.integers(0, 4000), st.integers(0, 255))
def test_a_damaged_jpeg_is_shown_or_refused_never_a_crash(place: int, value: int) -> None:
    data = bytearray(_SMALL)
    data[place % len(data)] = value
    try:
        clean(bytes(data))
    except pictures.BadPicture:
        return


_SMALL = samples.photo_with_secrets()
