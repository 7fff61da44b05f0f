"""The design's own files: contrast of the tokens, vendored files, icons in use, and what templates must not hold."""

from __future__ import annotations

import gzip
import json
import re
import runpy
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from petra.networks.registry import NETWORKS

ROOT = Path(__file__).resolve().parents[3]
WEB = ROOT / "petra" / "web"
STATIC = WEB / "static"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
MODULES = [path for path in sorted(WEB.rglob("*.py")) if "tests" not in path.parts]
STATUSES = ("draft", "ready", "scheduled", "publishing", "published", "failed", "attention", "paused")
Colours = dict[str, tuple[str, str]]

# (text, ground): every pair in which the pages write words.
TEXT_PAIRS = [
    *[
        (text, ground)
        for text in ("text", "text-2", "text-3")
        for ground in ("bg", "surface", "sunken", "hover", "sel")
    ],
    *[(text, ground) for text in ("text", "text-2", "text-3") for ground in ("today", "past")],
    *[("accent", ground) for ground in ("bg", "surface", "accent-soft", "today")],
    ("text-2", "accent-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("on-ink", "ink"),
    ("on-danger", "danger"),
    *[(name, f"{name}-bg") for name in STATUSES],
    *[(name, "surface") for name in STATUSES],
    ("text", "failed-bg"),
    ("text", "attention-bg"),
]
# Marks that carry meaning without words: 3 to 1.
MARK_PAIRS = [
    ("line", "surface"),
    ("focus", "bg"),
    ("focus", "surface"),
    *[(f"{n}-solid", "surface") for n in STATUSES],
]


@pytest.fixture(scope="module")
def colours() -> Colours:
    """Read the tokens: name → (light, dark)."""
    text = (STATIC / "css" / "tokens.css").read_text()
    found = re.findall(r"--([\w-]+): light-dark\((#[0-9A-Fa-f]{6}), (#[0-9A-Fa-f]{6})\)", text)
    assert len(found) > 40  # noqa: PLR2004 - the file was really read
    return {name: (light, dark) for name, light, dark in found}


@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_words_are_readable_in_both_themes(colours: Colours, text: str, ground: str) -> None:
    for theme in (0, 1):
        assert _contrast(colours[text][theme], colours[ground][theme]) >= 4.5


@pytest.mark.parametrize(("mark", "ground"), MARK_PAIRS)
def test_marks_can_be_told_from_their_ground(colours: Colours, mark: str, ground: str) -> None:
    for theme in (0, 1):
        assert round(_contrast(colours[mark][theme], colours[ground][theme]), 1) >= 3.0


def test_vendored_files_match_their_manifest_and_have_licences() -> None:
    run = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "vendor.py"), "check"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "files match the manifest" in run.stdout


def test_a_changed_vendored_file_is_found(tmp_path: Path) -> None:
    vendor = _vendor_module()
    (tmp_path / "vendor.toml").write_text('[[package]]\nname="x"\nversion="1"\nlicence="MIT"\ninto="v"\nfiles=[]\n')
    (tmp_path / "v" / "x-1").mkdir(parents=True)
    (tmp_path / "v" / "x-1" / "LICENSE").write_text("MIT")
    entry = {"name": "x", "files": {"x-1/LICENSE": {"bytes": 3, "sri": "sha384-wrong"}}}
    (tmp_path / "v" / "manifest.json").write_text(json.dumps([entry]))
    with pytest.raises(vendor["VendorError"], match="differs"):
        vendor["check"](tmp_path)


def test_the_sprite_holds_the_icons_in_use_and_no_others() -> None:
    package = next(p for p in tomllib.loads((ROOT / "vendor.toml").read_text())["package"] if "outline" in p)
    marks = {f"brand-{key}" for key in NETWORKS}
    has = set(package["outline"]) | {f"{name}-f" for name in package["filled"]}
    used = {name for text in _sources() for name in _icon_names(text)} | marks
    assert used - has == set(), "icons without a symbol"
    assert has - used == set(), "symbols nobody uses"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(WEB / "templates")))
def test_templates_hold_no_inline_script_or_style_and_nothing_that_needs_eval(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\sstyle\s*=", text), "inline style"
    assert not re.search(r"<style", text), "style element"
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", text), "inline script"
    assert not re.search(r"\shx-on", text), "hx-on needs eval"
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text), "event attribute"
    assert not re.search(r"[\"']js:|javascript:", text), "js: values need eval"
    assert not re.search(r"hx-trigger[^=]*=\"[^\"]*\[", text), "trigger filters need eval"
    assert len(text.splitlines()) <= 300  # noqa: PLR2004 - the house rule


def test_no_network_is_named_in_pages_or_scripts() -> None:
    names = {n for network in NETWORKS.values() for n in (network.key, network.label.lower())}
    for path in [*TEMPLATES, *STATIC.glob("js/*.js"), *STATIC.rglob("css/**/*.css"), *MODULES]:
        text = path.read_text().lower()
        assert not [name for name in names if name in text], path


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(WEB / "templates").as_posix())
def test_what_a_template_says_it_is_given_is_there(path: Path) -> None:
    for module, name in re.findall(r"(?<![\w/])web/([\w/]+\.py)(?: ([A-Z]\w+))?", path.read_text()):
        assert (WEB / module).is_file(), module
        assert not name or f"class {name}" in (WEB / module).read_text(), f"{module} has no {name}"


def test_styles_and_scripts_stay_within_their_weight() -> None:
    own_scripts = b"".join(path.read_bytes() for path in sorted(STATIC.glob("js/*.js")))
    styles = b"".join(path.read_bytes() for path in sorted((STATIC / "css").rglob("*.css")))
    vendored = b"".join(path.read_bytes() for path in (STATIC / "vendor").glob("htmx*/*.js"))
    assert len(gzip.compress(styles, 9)) < 20_000
    assert len(gzip.compress(own_scripts, 9)) < 14_500
    assert len(gzip.compress(own_scripts + vendored, 9)) < 30_000


def _sources() -> Iterator[str]:
    for path in [*TEMPLATES, *MODULES]:
        yield path.read_text()


def _icon_names(text: str) -> set[str]:
    package = next(p for p in tomllib.loads((ROOT / "vendor.toml").read_text())["package"] if "outline" in p)
    known = {*package["outline"], *(f"{name}-f" for name in package["filled"])}
    named = set(re.findall(r"{% icon \"([\w-]+)\"", text))
    included = set(re.findall(r"icon=\"([\w-]+)\"", text))
    quoted = {word for word in re.findall(r"\"([a-z][\w-]*)\"", text) if word in known}
    return named | included | quoted


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _vendor_module() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "scripts" / "vendor.py"), run_name="vendor")
