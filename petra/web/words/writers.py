"""Who writes for a blog, as pages name it: a model or the offline writer, and what keeps it from writing."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from petra.ai.access import Provider
from petra.articles.models import Blog
from petra.posts.words import access_keys
from petra.posts.words import said as words_said
from petra.posts.words.access_keys import Standing


@dataclass(frozen=True)
class WriterShown:
    """A writer's name. `url` leads to its settings where the person may change them; `helps` names that link."""

    name: str
    note: str
    url: str
    helps: str
    is_offline: bool


def writer_of(blog: Blog | None, *, may_change: bool) -> WriterShown:
    """Name who writes for a blog, or for pins without one."""
    standing = access_keys.access_of(blog)
    url = settings_url(standing.charged_to) if may_change else ""
    if standing.is_offline:
        note = _("It takes its sentences from the article; nothing leaves this machine. It can't follow wishes.")
        return WriterShown(_("Offline writer"), note, url, _("Use a model"), is_offline=True)
    note = words_said.said(standing.last_error).happened if standing.last_error else ""
    return WriterShown(model_words(standing), note, url, _("AI settings"), is_offline=False)


def model_of(blog: Blog | None) -> str:
    """Name who will be asked for a blog."""
    return model_words(access_keys.access_of(blog))


def settings_url(blog_id: UUID | None) -> str:
    """Give the page where a blog's writer is chosen, or the workspace's."""
    return reverse("settings_writing_of", args=[blog_id]) if blog_id else reverse("settings_writing")


def model_words(standing: Standing) -> str:
    """Name the model that will be asked, else its provider."""
    if standing.is_offline:
        return _("Offline writer")
    provider = Provider(standing.provider)
    return standing.model or provider.default_model or provider_words(provider)


def provider_words(provider: Provider) -> str:
    """Name a provider."""
    return _("Another server (OpenAI-compatible)") if provider is Provider.COMPATIBLE else provider.label
