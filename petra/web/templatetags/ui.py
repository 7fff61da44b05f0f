"""The template words of our own: an icon from the sprite, and a form field that looks like ours."""

from __future__ import annotations

from functools import cache

from django import template
from django.forms import BoundField
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

SPRITE = "vendor/tabler-icons-3.51.0/icons.svg"

register = template.Library()


@cache
def _sprite_address() -> str:
    return static(SPRITE)


@register.simple_tag
def icon(name: str, size: int = 18, extra: str = "") -> SafeString:
    """Draw a decorative icon, `size` pixels wide. The words beside it, or the button's label, say what it means."""
    return format_html(
        '<svg class="icon icon-{} {}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        size,
        extra,
        _sprite_address(),
        name,
    )


@register.filter
def as_input(field: BoundField) -> SafeString:
    """Draw a form field with our class on it. Placeholders are dropped: every field has a label."""
    field.field.widget.attrs.pop("placeholder", None)
    has_own = "input" in str(field.field.widget.attrs.get("class", "")).split()
    return field.as_widget(attrs={} if has_own else {"class": "input"})
