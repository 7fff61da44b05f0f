"""What a person says of a blog itself: its name and the language it is written in."""

from __future__ import annotations

from uuid import UUID

from petra.articles.models import Blog
from petra.lib import addresses
from petra.lib.errors import ProductError
from petra.webhooks import events

MAX_NAME = 120
MAX_LANGUAGE = 10


def first_name(address: str) -> str:
    """Name a blog by its address, until its own title or a person names it."""
    return addresses.readable(address).partition("/")[0].removeprefix("www.")


def change_blog(blog: Blog, *, name: str, language: str, actor_id: UUID | None = None) -> Blog:
    """Name a blog and say its language, a tag such as `de`, empty for "whatever is found". Call inside a scope."""
    called, tag = " ".join(name.replace("\x00", "").split()), language.strip().lower()
    if not called or len(called) > MAX_NAME:
        raise ProductError("bad-name", f"Give the blog a name of at most {MAX_NAME} characters.")
    if len(tag) > MAX_LANGUAGE or not all(part.isalnum() for part in tag.split("-") if tag):
        raise ProductError("bad-language", "That is not the tag of a language, such as en or pt-br.")
    if (called, tag) != (blog.name, blog.language):
        blog.name, blog.language = called, tag
        blog.save(update_fields=["name", "language"])
        events.record("blog.named", subject=blog, actor_id=actor_id, called=called, language=tag)
    return blog
