"""A throw-away database for a test run: its own server, both roles, all migrations; and children that end with it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import AnyStr

from django.db import connections

from petra import settings as settings_module
from petra.lib import postgres


@contextmanager
def database() -> Iterator[None]:
    """Start a server, point Django and every child process at it, and take it away in the end."""
    with postgres.temporary(fast=True) as server:
        server.ensure_roles_and_database()
        os.environ["DATABASE_URL"] = server.app_url
        os.environ["DATABASE_OWNER_URL"] = server.owner_url
        for alias, url in (("default", server.app_url), ("owner", server.owner_url)):
            new = settings_module.database(url, pool_size=0)
            del new["TEST"]  # Django completed the old one
            connections.settings[alias].update(new)
        try:
            yield
        finally:
            connections.close_all()


@contextmanager
def ended(process: subprocess.Popen[AnyStr]) -> Iterator[subprocess.Popen[AnyStr]]:
    """Wait for a process in the end, as Popen does; but kill it where the test failed and never asked it to end."""
    with process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise


def empty_all_tables() -> None:
    """Take every row out of every table of ours, as the owner: after tests that commit."""
    keep = {"django_migrations", "django_content_type", "auth_permission"}
    with connections["owner"].cursor() as cursor:
        names = [n for n in connections["owner"].introspection.table_names(cursor) if n not in keep]
        cursor.execute("truncate " + ", ".join(f'"{n}"' for n in names) + " restart identity cascade")
    connections["owner"].close()
