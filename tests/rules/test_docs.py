"""What the docs say is so: links lead somewhere, and files, symbols, commands, settings, states and words exist."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.db.models.enums import TextChoices
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from petra.accounts.models import AccountState
from petra.articles.models import RunState
from petra.cli.main import app
from petra.networks.registry import NETWORKS
from petra.posts.models import GenerationState, WordsRunState, WordsState
from petra.publishing.models import State
from petra.publishing.states import MOVES

ROOT = Path(__file__).resolve().parents[2]
README, RUNNING = ROOT / "README.md", ROOT / "docs" / "running.md"
ROAD, GLOSSARY, PUBLISHING = ROOT / "docs" / "road.md", ROOT / "docs" / "glossary.md", ROOT / "docs" / "publishing.md"
ANCHOR = re.compile(r"`(petra/[\w/]+\.py)#([\w.]+)`")


def docs() -> list[Path]:
    """List every document of the repository, also those not committed yet."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return sorted({ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()})


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


each_doc = pytest.mark.parametrize("doc", docs(), ids=name_of)


def project() -> dict[str, Any]:
    """Read pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def code_of(doc: Path) -> list[str]:
    """List what a document sets as code: the spans, and the lines of its blocks but for SQL."""
    text = doc.read_text(encoding="utf-8")
    fenced = re.findall(r"^```(?!sql)[^\n]*\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    rest = re.sub(r"^```[^\n]*\n.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    indented = re.findall(r"^ {4,}(\S.*)$", rest, flags=re.MULTILINE)
    return [*re.findall(r"`([^`\n]+)`", rest), *indented, *"\n".join(fenced).splitlines()]


def rows_of(doc: Path, heading: str) -> list[list[str]]:
    """Give the cells of the first table under a heading, without its head."""
    part = re.split(rf"^## {re.escape(heading)}$", doc.read_text(encoding="utf-8"), flags=re.MULTILINE)[1]
    table = re.search(r"(?:^\|.*\n)+", part, flags=re.MULTILINE)
    assert table is not None
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[0].splitlines()[2:]]


def slugs_of(doc: Path) -> set[str]:
    """Name the headings of a document as links do."""
    text = re.sub(r"^```.*?^```", "", doc.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@each_doc
def test_every_link_leads_somewhere(doc: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", doc.read_text(encoding="utf-8")):
        if re.match(r"https?://|mailto:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (doc.parent / path).resolve() if path else doc
        if not there.exists() or (anchor and anchor not in slugs_of(there)):
            broken.append(target)
    assert broken == []


@each_doc
def test_every_file_named_is_there(doc: Path) -> None:
    missing = []
    for span in code_of(doc):
        path = span.partition("#")[0].rstrip("/")
        if not re.fullmatch(r"[\w.][\w.-]*(/[\w.-]+)+", path):
            continue
        if not any((base / path.split("/")[0]).is_dir() for base in (ROOT, ROOT / "petra")):
            continue
        places = [ROOT, ROOT / "petra", doc.parent, *(ROOT / "petra" / "networks" / key for key in NETWORKS)]
        if not any((place / path).exists() for place in places) and not path.startswith("artifacts"):
            missing.append(span)
    assert missing == []


@each_doc
def test_every_symbol_named_is_in_its_file(doc: Path) -> None:
    found = ANCHOR.findall(doc.read_text(encoding="utf-8"))
    assert [f"{path}#{symbol}" for path, symbol in found if symbol not in symbols_of(ROOT / path)] == []


def symbols_of(file: Path) -> set[str]:
    """Name the functions, classes, methods and constants of a module."""
    return set(_symbols(ast.parse(file.read_text(encoding="utf-8")).body, ""))


def _symbols(body: list[ast.stmt], before: str) -> Iterator[str]:
    for one in body:
        match one:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield before + one.name
            case ast.ClassDef():
                yield before + one.name
                yield from _symbols(one.body, f"{before}{one.name}.")
            case ast.Assign():
                yield from (before + target.id for target in one.targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield before + name


def test_the_road_has_nine_files_in_the_order_of_the_rule_for_imports() -> None:
    stops = re.findall(r"^## \d\. .*`(petra/[\w/]+\.py)`$", ROAD.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert len(stops) == 9
    layers = next(c["layers"] for c in project()["tool"]["importlinter"]["contracts"] if c["type"] == "layers")
    rank = {name: -place for place, layer in enumerate(layers) for name in re.split(r" [|:] ", layer)}
    stages = [".".join(stop.split("/")[:2]) for stop in stops]
    ours = [rank[stage] for stage in stages if stage not in ("petra.web", "petra.networks")]
    assert stages[0] == "petra.web"
    assert ours == sorted(ours)
    assert rank["petra.networks"] < min(ours)  # it is called, never calls
    assert max(ours) < rank["petra.web"]


def test_the_readme_names_the_same_nine_files() -> None:
    part = README.read_text(encoding="utf-8").split("## How it works")[1].split("\n## ")[0]
    stops = re.findall(r"^## \d\. .*`(petra/[\w/]+\.py)`$", ROAD.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert re.findall(r"`(petra/[\w/]+\.py)`", part) == stops


@each_doc
def test_every_make_verb_is_in_the_makefile(doc: Path) -> None:
    verbs = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    named = {word for code in code_of(doc) for word in re.findall(r"(?:^|[\s=])make ([a-z-]+)", code)}
    assert named <= verbs


def test_the_readme_begins_with_the_two_commands() -> None:
    part = README.read_text(encoding="utf-8").split("## Two commands")[1].split("\n## ")[0]
    assert re.findall(r"^ {4}(make \w+)", part, flags=re.MULTILINE) == ["make run", "make test"]


@each_doc
def test_every_command_named_is_one(doc: Path) -> None:
    root = get_command(app)
    wrong = []
    for code in code_of(doc):
        for call in re.findall(r"(?:^|\s|bin/)petra ([a-z][^|;&#]*)", code):
            if not _is_a_call(root, call.split()):
                wrong.append(call)
    assert wrong == []


def _is_a_call(command: object, words: list[str]) -> bool:
    """Walk down the commands; then every option named must be one of the last command's."""
    while isinstance(command, TyperGroup) and words and not words[0].startswith("-"):
        name = words.pop(0).strip(".,:")
        if name not in command.commands:
            return False
        command = command.commands[name]
    assert isinstance(command, TyperCommand | TyperGroup)
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    return {word.split("=")[0] for word in words if word.startswith("--")} <= known


def test_every_setting_is_described_and_nothing_else() -> None:
    text = RUNNING.read_text(encoding="utf-8")
    spans = set(re.findall(r"(?:<NETWORK>_)?[A-Z][A-Z0-9_]+\b", "\n".join(code_of(RUNNING))))
    first_cells = " ".join(re.findall(r"^\|(.+?)\|", text, flags=re.MULTILINE))
    described = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", first_cells))
    settings = set(settings_read())
    assert settings - spans == set()
    assert described - settings == set()


def settings_read() -> Iterator[str]:
    """Name every setting that the product reads: by the readers of `settings`, as options, and those of networks."""
    readers = {"text", "flag", "number", "words", "limits", "kept_secret"}
    for file in (ROOT / "petra" / "settings.py", *(ROOT / "petra" / "cli").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            values = [node.args[0]] if node.args and called in readers else []
            values += [word.value for word in node.keywords if word.arg == "envvar"]
            yield from (str(one.value) for one in values if isinstance(one, ast.Constant))
    yield "PETRA_POSTGRES_BIN"
    apps_file = (ROOT / "petra" / "accounts" / "developer_apps.py").read_text(encoding="utf-8")
    for name in re.findall(r'network_setting\(prefix, "(\w+)"\)', apps_file):
        yield f"<NETWORK>_{name}"


def test_every_network_is_in_the_readme() -> None:
    rows = rows_of(README, "Networks")
    assert [row[0] for row in rows] == [network.label for network in NETWORKS.values()]
    assert all(f"petra/networks/{key}/README.md" in row[2] for key, row in zip(NETWORKS, rows, strict=True))


def test_every_model_is_in_the_glossary_with_its_table() -> None:
    ours: list[type[models.Model]] = [m for m in apps.get_models() if m.__module__.startswith("petra.")]
    named = {row[2]: row[3] for row in rows_of(GLOSSARY, "Things")}
    assert named == {f"`{m._meta.app_label}.{m.__name__}`": f"`{m._meta.db_table}`" for m in ours}


@pytest.mark.parametrize(
    ("heading", "states"),
    [
        ("States of a delivery", State),
        ("States of a post's words", WordsState),
        ("States of a proposal", GenerationState),
        ("States of a words run", WordsRunState),
        ("States of an account", AccountState),
        ("States of an import", RunState),
    ],
)
def test_every_state_is_in_the_glossary_with_its_label(heading: str, states: type[TextChoices]) -> None:
    assert [row[:2] for row in rows_of(GLOSSARY, heading)] == [[f"`{one.value}`", str(one.label)] for one in states]


def test_the_moves_are_described_as_they_are() -> None:
    rows = rows_of(PUBLISHING, "Moves")
    written = {row[0]: {word for word in row[1].split(", ") if word != "nowhere"} for row in rows}
    assert written == {old.value: {new.value for new in to} for old, to in MOVES.items()}
    assert [row[:2] for row in rows_of(PUBLISHING, "States")] == [[one.value, str(one.label)] for one in State]


def test_every_decision_has_its_number_date_and_parts() -> None:
    files = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    for number, file in enumerate(files, 1):
        text = file.read_text(encoding="utf-8")
        assert re.fullmatch(rf"{number:04}-[a-z0-9-]+\.md", file.name), file.name
        assert text.startswith(f"# {number}. "), file.name
        assert re.search(r"^20\d\d-\d\d · ", text, flags=re.MULTILINE), file.name
        parts = re.findall(r"^\*\*(\w+)\.\*\*", text, flags=re.MULTILINE)
        assert parts == ["Context", "Decision", "Consequences"], file.name


def test_the_changelog_begins_with_the_version_in_work() -> None:
    titles = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert titles[0] == project()["project"]["version"]
