"""Texts from people, providers and models as they are kept: nothing the database or a page can't hold. Pure."""

from __future__ import annotations

from unicodedata import category


def plain(text: str) -> str:
    """Give a text without control characters but line breaks, and without outer white space."""
    return "".join(c for c in text.replace("\r\n", "\n") if c == "\n" or category(c) not in ("Cc", "Cs")).strip()


def one_line(text: str) -> str:
    """Give a text as one line, every run of white space as one space."""
    return " ".join(plain(text.replace("\n", " ").replace("\t", " ")).split())
