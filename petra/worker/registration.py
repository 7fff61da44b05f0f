"""Which job is done by which function. The names are stable: jobs in the queue outlive a deploy."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from petra.articles import importing
from petra.publishing import dispatching
from petra.publishing.publish import publish_delivery


def _publish_delivery(workspace_id: str, delivery_id: str) -> None:
    publish_delivery(workspace_id=UUID(workspace_id), delivery_id=UUID(delivery_id))


def _import_blog(workspace_id: str, run_id: str) -> None:
    importing.run_import(workspace_id=UUID(workspace_id), run_id=UUID(run_id))


JOBS: dict[str, Callable[..., None]] = {
    dispatching.JOB: _publish_delivery,
    importing.JOB: _import_blog,
}
