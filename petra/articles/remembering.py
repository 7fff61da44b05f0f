"""The lists of a blog as they were last read, kept so that an unchanged one costs neither its bytes nor its reading.

Asked again with their validators, a 304 or an equal body brings back what was read then. `asking` uses it, outside a
scope.
"""

from __future__ import annotations

import json
import zlib
from typing import Any, Final
from uuid import UUID

from petra.articles.identity import MAX_INDEXED_CHARS
from petra.articles.models import Blog, BlogList
from petra.articles.site.kept import FORM, Kept, digest_of
from petra.lib.outbound import Answer
from petra.tenancy import scope

MOST_KEPT_BYTES: Final = 4 * 1024 * 1024  # packed; a larger list is read each time


class BlogMemory:
    """The lists of one blog, in its rows."""

    def __init__(self, workspace_id: UUID, blog_id: UUID) -> None:
        self._workspace_id = workspace_id
        self._blog_id = blog_id
        self._used: set[str] = set()

    def look(self, url: str, kind: str) -> Kept | None:
        """Give a list as it was last read, unless that was as something else or by another reader."""
        self._used.add(url)
        with scope.workspace(self._workspace_id):
            row = BlogList.objects.filter(blog_id=self._blog_id, url=url).first()
        if row is None or not row.digest.startswith(FORM):
            return None
        stored = json.loads(zlib.decompress(row.found))
        return Kept(row.etag, row.last_modified, row.digest, stored["found"]) if stored["kind"] == kind else None

    def keep(self, url: str, kind: str, answer: Answer, found: Any) -> None:
        """Keep a list in place of what was known of it."""
        packed = zlib.compress(json.dumps({"kind": kind, "found": found}).encode(), 1)
        if len(packed) > MOST_KEPT_BYTES or len(url) > MAX_INDEXED_CHARS or answer.is_cut:
            return
        fields = {
            "etag": answer.headers.get("etag", "")[:500],
            "last_modified": answer.headers.get("last-modified", "")[:100],
            "digest": digest_of(answer.body),
            "found": packed,
        }
        with scope.workspace(self._workspace_id):
            if not Blog.objects.filter(pk=self._blog_id).exists():
                return  # removed meanwhile; whoever looks at it is told at the next beat
            BlogList.objects.update_or_create(blog_id=self._blog_id, url=url, defaults=fields)

    def forget_unused(self) -> None:
        """Drop the lists that this look at the blog did not ask for: they are named no more. Call inside a scope."""
        BlogList.objects.filter(blog_id=self._blog_id).exclude(url__in=self._used).delete()
