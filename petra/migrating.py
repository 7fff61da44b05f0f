"""Brings the database to this version: tables, row-level security, functions and triggers. What `petra migrate`
runs.
"""

from __future__ import annotations

from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from petra.accounts.finding import FINDERS as ACCOUNT_FINDERS
from petra.articles.finding import FINDERS as ARTICLE_FINDERS
from petra.notifications.finding import FINDERS as NOTIFICATION_FINDERS
from petra.posts.words.finding import FINDERS as WORDS_FINDERS
from petra.publishing.finding import FINDERS as PUBLISHING_FINDERS
from petra.tenancy import rowsecurity

FINDERS = (*ARTICLE_FINDERS, *ACCOUNT_FINDERS, *WORDS_FINDERS, *PUBLISHING_FINDERS, *NOTIFICATION_FINDERS)


def migrate(*, verbosity: int = 0) -> None:
    """Migrate as the owner, then write row-level security anew. Repeatable; safe while others run the same version."""
    call_command("migrate", database="owner", verbosity=verbosity, interactive=False)
    rowsecurity.apply(FINDERS)
    connections["owner"].close()


def is_current() -> bool:
    """Say whether every migration of this version has run. Reads only; works as the application's role."""
    executor = MigrationExecutor(connections["default"])
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())
