"""The benchmark of the offline writer, on a folder made here; and its judge of cut sentences, on texts that are cut."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.words import cut_sentences
from petra.ai.contract import Source

ROOT = Path(__file__).resolve().parents[2]
BREAD = (
    "<html lang='en'><head><title>Rye bread</title></head><body><article><h1>Rye bread</h1>"
    "<p>Rye bread needs flour, water, salt and time, and somebody who waits for it all night long.</p>"
    "<h2>Why it keeps</h2>"
    "<p>Rye binds more water than wheat, so the bread stays moist for a week. Dr. Oak bakes it every Sunday.</p>"
    "<p>A slice of rye bread carries butter better than any other bread that we have baked so far.</p>"
    "</article></body></html>"
)


def test_a_folder_of_pages_gives_one_line_of_figures_and_the_words_to_read(tmp_path: Path) -> None:
    (tmp_path / "rye.html").write_text(BREAD, encoding="utf-8")
    (tmp_path / "nothing.html").write_bytes(b"")
    gold = [
        {"id": name, "url": f"https://bread.example/{name}/", "file": f"{name}.html"} for name in ("rye", "nothing")
    ]
    (tmp_path / "gold.jsonl").write_text("\n".join(map(json.dumps, gold)), encoding="utf-8")
    out = tmp_path / "words.jsonl"
    command = [
        sys.executable,
        "-m",
        "bench.words",
        "--json",
        "--pages",
        str(tmp_path),
        "--texts",
        "2",
        "--out",
        str(out),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    told = json.loads(line)
    assert (told["articles"], told["texts"], told["languages"]) == (1, 2, {"en": 1})
    assert (told["empty_titles"], told["cut_sentences"], told["same_words"]) == (0, 0, 0)
    assert told["ms_p50"] > 0 and told["ms_p95"] >= told["ms_p50"] and told["floor"] > 0 and told["ratio"] > 0
    first, second = (json.loads(words) for words in out.read_text(encoding="utf-8").splitlines())
    assert (first["pin"], first["title"]) == (1, "Rye bread")
    assert (second["pin"], second["title"]) == (2, "Rye bread: Why it keeps")


@pytest.mark.parametrize(
    ("description", "cut"),
    [
        ("Rye keeps. So says Dr. Oak of it.", []),
        ("Rye keeps. So says Dr.", ["So says Dr."]),
        ("keeps.", ["keeps."]),
        ("So says Dr. Oak", ["So says Dr. Oak"]),
        ("Wheat does not.", ["Wheat does not."]),
        ("Rye keeps. So says Dr. Oak of it. Use it, e.g. for toast.", []),
        ("", []),
    ],
)
def test_the_judge_sees_what_is_cut(description: str, cut: list[str]) -> None:
    source = Source("Rye", text="Rye keeps. So says Dr. Oak of it.\nUse it, e.g. for toast.")
    assert cut_sentences(description, source) == cut
