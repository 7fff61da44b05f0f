"""Pictures in the file store and their rows, one per workspace and digest."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.http import Http404

from conftest import People
from petra.media import access as files
from petra.media import storing
from petra.media.models import Asset
from petra.media.pictures import BadPicture
from petra.media.tests import samples
from petra.tenancy import access, scope
from petra.tenancy.models import Workspace


def test_an_upload_is_kept_under_a_name_of_ours(in_workspace: Workspace) -> None:
    asset = storing.store_image(samples.jpeg(), original_name="../../etc/pass\0wd" + "x" * 300, alt_text="A red dot")
    assert asset.file == f"{in_workspace.pk}/{asset.digest}.jpg"
    assert asset.original_name.startswith("pass wdxxx")
    assert len(asset.original_name) == 200
    assert (asset.width_px, asset.height_px, asset.alt_text) == (1200, 1800, "A red dot")
    assert storing.path_of(asset).is_relative_to(Path(settings.MEDIA_ROOT))
    with files.file_of(asset).open() as file:
        assert len(file.read()) == asset.size_bytes == files.file_of(asset).size_bytes


def test_the_same_bytes_are_kept_once_and_gain_an_alt_text(in_workspace: Workspace) -> None:
    first = storing.store_image(samples.jpeg())
    again = storing.store_image(samples.jpeg(), alt_text="A red dot")
    assert (again.pk, again.alt_text) == (first.pk, "A red dot")
    assert storing.store_image(samples.jpeg(), alt_text="Other words").alt_text == "A red dot"
    assert Asset.objects.count() == 1


def test_two_workspaces_keep_their_own(people: People) -> None:
    ours = storing.store_image(samples.jpeg(), workspace_id=people.workspace.pk)
    theirs = storing.store_image(samples.jpeg(), workspace_id=people.elsewhere.pk)
    assert ours.pk != theirs.pk
    assert ours.file != theirs.file
    with scope.workspace(people.elsewhere.pk), pytest.raises(Http404):
        access.get(Asset, ours.pk)
    with scope.workspace(people.workspace.pk):
        assert access.get(Asset, ours.pk) == ours


def test_a_file_cut_off_by_a_crash_is_written_again(in_workspace: Workspace) -> None:
    asset = storing.store_image(samples.jpeg())
    path = storing.path_of(asset)
    asset.delete()
    path.write_bytes(b"half")
    assert storing.path_of(storing.store_image(samples.jpeg())).stat().st_size == asset.size_bytes


def test_a_file_that_many_write_at_the_same_time_is_never_half_there(in_workspace: Workspace) -> None:
    content = os.urandom(300_000)

    def put(number: int) -> int:
        with storing.open_file(storing.put_file(f"{in_workspace.pk}/{number // 8}.bin", content)) as file:
            return len(file.read())

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(put, range(400))) == {len(content)}
    assert len(list(Path(default_storage.path(str(in_workspace.pk))).iterdir())) == 50


def test_a_refused_picture_leaves_nothing(in_workspace: Workspace) -> None:
    with pytest.raises(BadPicture):
        storing.store_image(b"<html>")
    assert not Asset.objects.exists()
    assert not default_storage.exists(str(in_workspace.pk))


def test_a_picture_comes_from_an_address_and_remembers_it(people: People) -> None:
    asset = storing.from_address(
        "https://blog.example/a.jpg", fetch=lambda _: samples.jpeg(), workspace_id=people.workspace.pk
    )
    assert asset.source_url == "https://blog.example/a.jpg"
