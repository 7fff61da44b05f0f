"""`petra import`, into a file and into a workspace."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from petra.articles.tests.blog_server import BlogServer, serving
from petra.cli.tests.test_commands import ROOT, petra
from petra.lib import postgres

ARTICLES = ("/2025/rye-bread-for-beginners/", "/2025/a-sourdough-starter/")
# Makes the first person of a home, as signing up does.
SIGN_UP = """
from petra.cli import preparing
with preparing.database():
    preparing.set_up_django()
    from petra.tenancy import workspaces
    from petra.tenancy.models import User
    user = User.objects.create_user(email="maren@oak.example", password="correct horse battery")
    workspaces.create_workspace(owner=user, name="Oak")
"""


@pytest.fixture
def blog() -> Iterator[BlogServer]:
    with serving() as server:
        for number, path in enumerate(ARTICLES, 1):
            server.add_article(path, f"Bread number {number}")
        server.list_articles(*ARTICLES)
        yield server


def test_a_blog_is_written_into_a_file_without_a_database(blog: BlogServer, tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    allow = f"127.0.0.1:{blog.port}"
    done = petra("import", blog.home, "--json", str(file), "--allow-private", allow, "--gap", "0", home=tmp_path / "h")
    assert done.returncode == 0, done.stderr
    assert "2 articles" in done.stderr and not (tmp_path / "h").exists()
    found = json.loads(file.read_text(encoding="utf-8"))["articles"]
    assert sorted(one["title"] for one in found) == ["Bread number 1", "Bread number 2"]
    one_page = petra(
        "import", blog.home + ARTICLES[0], "--page", "--json", "-", "--allow-private", allow, home=tmp_path / "h"
    )
    assert [one["title"] for one in json.loads(one_page.stdout)["articles"]] == ["Bread number 1"]


def test_what_can_not_be_imported_is_said_in_a_sentence(blog: BlogServer, tmp_path: Path) -> None:
    blocked = petra("import", blog.home, "--json", "-", home=tmp_path)
    assert blocked.returncode == 1 and "Traceback" not in blocked.stderr
    assert blocked.stderr.strip() == "Only the usual ports of web sites, 80 and 443, are read."
    assert petra("import", "http://127.0.0.1/", "--json", "-", home=tmp_path).stderr.strip() == (
        "This address could not be reached."
    )
    assert petra("import", "http://a.example/", "--json", "-", "--allow-private", "x", home=tmp_path).returncode == 2
    assert petra("import", "http://a.example/", "--allow-private", "a:1", home=tmp_path).returncode == 2
    assert petra("import", home=tmp_path).returncode == 2
    assert petra("import", "http://a.example/", "--list", "x.txt", home=tmp_path).returncode == 2
    unwritable = petra(
        "import", blog.home, "--json", "/no/such/folder/x", "--allow-private", f"127.0.0.1:{blog.port}", "--gap", "0",
        home=tmp_path,
    )  # fmt: skip
    assert unwritable.returncode == 1 and "can't be written" in unwritable.stderr


@pytest.mark.slow
def test_a_blog_is_imported_into_the_workspace_and_only_once(blog: BlogServer) -> None:
    with postgres.short_folder() as folder:
        home = folder / "home"
        settings = {"PETRA_ALLOW_PRIVATE": f"127.0.0.1:{blog.port}", "PETRA_IMPORT_GAP_S": "0"}
        assert petra("migrate", home=home).returncode == 0
        environment = {"PETRA_HOME": str(home), "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
        subprocess.run([sys.executable, "-c", SIGN_UP], env=environment, check=True, timeout=60)
        first = petra("import", blog.home, home=home, **settings)
        assert (first.returncode, first.stderr) == (0, "2 new, 0 changed, 0 as before, 0 left out, 0 failed.\n")
        again = petra("import", blog.home, home=home, **settings)
        assert again.stderr == "0 new, 0 changed, 2 as before, 0 left out, 0 failed.\n"
        (folder / "list.txt").write_text(f"{blog.home}{ARTICLES[0]}\nnonsense:\n", encoding="utf-8")
        listed = petra("import", "--list", str(folder / "list.txt"), home=home, **settings)
        assert listed.stderr == "0 new, 0 changed, 1 as before, 1 left out, 0 failed.\n"
        nothing = petra("import", "--export", str(folder / "list.txt"), home=home, **settings)
        assert nothing.returncode == 1 and "no WordPress export" in nothing.stderr
        page = petra("import", blog.home + "/nothing/", "--page", home=home, **settings)
        assert page.stderr == "0 new, 0 changed, 0 as before, 0 left out, 1 failed.\n"
