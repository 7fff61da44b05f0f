"""Pages that answer but are no article: "not found" said with 200, logins, tests for browsers, parked domains. Pure.

Each kind needs three signs: what the page calls itself, next to no words, and nothing that says it is an article. A
story about logins stays one.
"""

from __future__ import annotations

import re

from petra.articles.pages.lines import folded, one_line, text_of
from petra.articles.pages.page import Page

MOST_CHARS = 1_200  # of text on a page that is none of its site's articles
_KINDS = (
    (
        "bot-wall",
        r"just a moment|attention required|ddos-guard|checking your browser|are you (?:a )?(?:robot|human)|"
        r"access denied|zugriff verweigert|security check|pardon our interruption|please verify|"
        r"verify(?:ing)? (?:that )?you are human|one more step|403 forbidden",
    ),
    (
        "not-found",
        r"(?:error |fehler |http )?404\b|(?:page|seite|post|article|artikel|content|site|document) (?:not found|nicht"
        r" gefunden|(?:can(?:no|')t|could not) be found)|not found|nicht gefunden|nothing (?:was )?found|oops|"
        r"page introuvable|pagina non trovata|p[aá]gina n[aã]o encontrada|p[aá]gina no encontrada|"
        r"pagina niet gevonden|this page (?:does not|doesn't) exist|diese seite (?:existiert|gibt es) nicht",
    ),
    (
        "login",
        r"log ?in\b|sign in\b|anmelden|anmeldung|einloggen|se connecter|iniciar sesi[oó]n|accedi\b|members? only|"
        r"please log in|protected\b|passwort",
    ),
    (
        "parked",
        r".{0,60}(?:domain|website) (?:is |may be |steht )?(?:for sale|parked|zum verkauf|expired|not configured|"
        r"has been registered|wurde registriert)|.{0,60}buy this domain|coming soon|under construction|"
        r"account suspended|welcome to nginx|apache2 .{0,20}default page|index of /",
    ),
    ("consent", r"before you continue|cookie consent|cookie-einstellungen|your privacy choices|zustimmung"),
)
_SAYS = tuple((kind, re.compile(pattern)) for kind, pattern in _KINDS)
_PARKING = ("sedoparking", "parkingcrew", "bodis.com", "afternic", "dan.com/buy", "hugedomains")


def kind_of_wall(page: Page) -> str:
    """Say what the page calls itself in place of an article; "" when nothing tells. Needs the page whole."""
    body = page.tree.find(".//body")
    if body is not None and "error404" in (body.get("class") or "").split():
        return "not-found"  # WordPress themes mark it so, 2026-11
    names = [one_line(text_of(heading)) for heading in (*page.tree.iter("title"), *page.tree.iter("h1"))][:3]
    for kind, says in _SAYS:
        if any(says.match(folded(name).lstrip("#!¡ ")) for name in names):
            return kind if kind != "login" or _asks_for_password(page) else ""
    frames = [frame.get("src") or "" for frame in page.tree.iter("script", "iframe", "frame")]
    return "parked" if any(host in source for source in frames for host in _PARKING) else ""


def _asks_for_password(page: Page) -> bool:
    return any((field.get("type") or "").lower() == "password" for field in page.tree.iter("input"))
