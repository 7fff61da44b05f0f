"""The one template tag of our own: an icon from the sprite."""

from __future__ import annotations

from functools import cache

from django import template
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
def network_icon(network_key: str) -> str:
    """Name the sprite's mark of a network, from its key."""
    return f"brand-{network_key}"
