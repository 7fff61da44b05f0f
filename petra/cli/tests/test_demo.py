"""The demo's filling, as the worker does it."""

from __future__ import annotations

import threading
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connections
from pytest_django.fixtures import Settings

from petra import demo
from petra.articles import importing
from petra.articles.models import Article, Blog, ImportRun
from petra.posts.models import Post
from petra.posts.words import brand
from petra.publishing.models import Delivery
from petra.simulator.testing import Simulator
from petra.tenancy import scope


@pytest.fixture
def workspace_id(real_db: None, simulator: Simulator, settings: Settings, tmp_path: Path) -> UUID:
    """The demo's workspace in an empty database, not filled yet."""
    settings.SIMULATOR_URL = simulator.base
    settings.ALLOW_PRIVATE = [simulator.base.removeprefix("http://")]
    settings.PETRA_HOME = tmp_path
    settings.IMPORT_GAP_S = 0.0
    made = demo.prepare()
    assert made is not None
    return made.workspace_id


@pytest.mark.slow
def test_a_demo_whose_import_another_thread_took_is_filled_all_the_same(
    workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    do_it = importing.run_import
    others: list[threading.Thread] = []

    def elsewhere(**ids: UUID) -> None:
        """Do it as the queue's own job would: in another thread, so that whoever asks finds it taken."""
        if not others:
            others.append(threading.Thread(target=_and_close, args=(do_it, ids)))
            others[0].start()

    monkeypatch.setattr(importing, "run_import", elsewhere)
    monkeypatch.setattr(demo, "PINS_EACH", 1)
    demo.fill(workspace_id=workspace_id)
    others[0].join()

    with scope.workspace(workspace_id):
        assert Article.objects.count() > 5
        assert Post.objects.count() > 5
        assert not Post.objects.filter(deliveries=None).exists()
        blog = Blog.objects.get()
        assert brand.as_brand(blog).about
        brand.save(blog, texts={"about": "Ours."})
    before = _counts(workspace_id)
    demo.fill(workspace_id=workspace_id)
    assert _counts(workspace_id) == before
    with scope.workspace(workspace_id):
        assert brand.as_brand(blog).about == "Ours.", "what a person said of the blog stays"


def _and_close(do_it: object, ids: dict[str, UUID]) -> None:
    try:
        do_it(**ids)  # type: ignore[operator]
    finally:
        connections.close_all()


def _counts(workspace_id: UUID) -> tuple[int, int, int]:
    with scope.workspace(workspace_id):
        return ImportRun.objects.count(), Post.objects.count(), Delivery.objects.count()
