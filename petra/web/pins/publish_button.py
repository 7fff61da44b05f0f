"""The publish button: one place, one primary action, and it says what will happen.

Values only: pages say in which state a pin is, this says what the button reads, does and offers beside it.
`components/publish_button.html` draws it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.functional import Promise

Words = str | Promise


@dataclass(frozen=True)
class MenuItem:
    """One line of a menu. Exactly one of `url`, `post_url`, `dialog` and `copies` is set."""

    label: Words
    icon: str
    url: str = ""
    post_url: str = ""
    dialog: str = ""
    copies: str = ""
    is_danger: bool = False
    has_rule_above: bool = False


@dataclass(frozen=True)
class PublishButton:
    """What the button is now.

    `kind`: "post" sends a form to `url`, "link" opens `url`, "dialog" opens `dialog`, "off" does nothing yet and can
    still be focused, "work" shows a meter of `step` of `steps`. `note` stands beside it; `focuses` is the selector of
    the field that "Show me" leads to.
    """

    kind: str
    label: Words
    tone: str = ""
    icon: str = ""
    url: str = ""
    dialog: str = ""
    is_outside: bool = False
    fields: tuple[tuple[str, str], ...] = ()
    step: int = 0
    steps: int = 3
    note: Words = ""
    focuses: str = ""
    menu: list[MenuItem] = field(default_factory=list)
    menu_label: Words = ""
    id: str = "publish"

    @property
    def menu_id(self) -> str:
        """The id of the menu that the arrow opens."""
        return f"{self.id}-menu"
