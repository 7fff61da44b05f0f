"""Cuts, sizes, and that each file is made once."""

from __future__ import annotations

import io
import threading

import pytest
from django.db import connections
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from conftest import People
from petra.media import renditions, storing
from petra.media.models import Rendition
from petra.media.tests import samples
from petra.tenancy import scope
from petra.tenancy.models import Workspace

SIDES = st.integers(1, 9000)


def image_of(row: Rendition) -> Image.Image:
    return Image.open(io.BytesIO(storing.read_file(row.file)))


def test_a_pin_is_a_progressive_jpeg_of_1000_by_1500_without_metadata(in_workspace: Workspace) -> None:
    row = renditions.rendition(storing.store_image(samples.jpeg(1600, 1067)), "2x3")
    image = image_of(row)
    assert (row.width_px, row.height_px, row.content_type) == (1000, 1500, "image/jpeg")
    assert (image.size, image.format, image.mode) == ((1000, 1500), "JPEG", "RGB")
    assert image.info.get("progressive")
    assert not image.getexif()
    assert row.size_bytes < 300_000


@pytest.mark.parametrize(("shape", "size"), [("thumb", (160, 240)), ("preview", (600, 900))])
def test_pages_get_small_webp(in_workspace: Workspace, shape: renditions.Shape, size: tuple[int, int]) -> None:
    row = renditions.rendition(storing.store_image(samples.jpeg()), shape)
    assert (image_of(row).format, image_of(row).size) == ("WEBP", size)


def test_pages_never_enlarge(in_workspace: Workspace) -> None:
    asset = storing.store_image(samples.jpeg(100, 120))
    assert renditions.rendition(asset, "preview").width_px == 100


def test_it_is_made_once(in_workspace: Workspace) -> None:
    asset = storing.store_image(samples.jpeg())
    assert renditions.rendition(asset, "2x3").pk == renditions.rendition(asset, "2x3").pk
    assert Rendition.objects.count() == 1


def test_it_is_made_once_though_four_ask_at_the_same_time(real_people: People) -> None:
    asset = storing.store_image(samples.jpeg(600, 900), workspace_id=real_people.workspace.pk)
    made: list[object] = []
    gate = threading.Barrier(4)

    def ask() -> None:
        gate.wait()
        made.append(renditions.rendition(asset, "thumb").pk)
        connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(made) == 4
    assert len(set(made)) == 1
    with scope.workspace(real_people.workspace.pk):
        assert Rendition.objects.count() == 1


@pytest.mark.parametrize("subject", [(200, 500), (800, 500), (1400, 500)])
def test_the_cut_of_a_wide_picture_holds_its_subject(subject: tuple[int, int]) -> None:
    left, top, right, bottom = renditions.cut_around_subject(samples.picture(1600, 1067, subject=subject))
    assert (right - left, top, bottom) == (711, 0, 1067)
    assert left + 60 <= subject[0] <= right - 60


@pytest.mark.parametrize("subject", [(500, 300), (500, 2700)])
def test_the_cut_of_a_tall_picture_holds_its_subject(subject: tuple[int, int]) -> None:
    _, top, _, bottom = renditions.cut_around_subject(samples.picture(1000, 3000, subject=subject))
    assert top + 60 <= subject[1] <= bottom - 60


def test_an_even_picture_is_cut_in_the_middle() -> None:
    left, top, right, bottom = renditions.cut_around_subject(samples.picture(1600, 900))
    assert abs(left - (1600 - right)) <= 30
    assert (top, bottom) == (0, 900)


def test_too_small_a_picture_is_refused_not_blown_up(in_workspace: Workspace) -> None:
    asset = storing.store_image(samples.jpeg(300, 300))
    with pytest.raises(renditions.TooSmall, match="300 by 300 pixels. Cut to 2:3 it must have at least 400 by 600"):
        renditions.rendition(asset, "2x3")
    assert renditions.problem_of(1200, 630) == ""


def test_transparent_parts_become_white() -> None:
    made = renditions.make_pin(samples.picture(1000, 1500, mode="RGBA"))
    assert Image.open(io.BytesIO(made.content)).getpixel((5, 5)) == (255, 255, 255)


@settings(deadline=None)
@given(SIDES, SIDES)
def test_a_cut_is_two_to_three_and_lies_inside(width: int, height: int) -> None:
    wide, high = renditions.cut_size(width, height)
    assert 1 <= wide <= width
    assert 1 <= high <= height
    assert abs(wide * 3 - high * 2) <= 3


@settings(deadline=None)
@given(st.lists(st.floats(0, 255), min_size=1, max_size=70), SIDES, SIDES)
def test_a_window_never_leaves_its_side(weights: list[float], length: int, window: int) -> None:
    offset = renditions.best_offset(weights, length, window)
    assert 0 <= offset <= max(0, length - window)
