"""The benchmark of reading, on a folder made here: what it writes, what it prints, what it does with a broken page."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = "<p>" + "Bread needs flour, water, salt and time, and somebody who waits for it. " * 12 + "</p>"
RYE = (
    "<html lang='en'><head><title>Rye bread | Oak</title><meta property='og:image' content='/loaf-of-rye.jpg'>"
    "<meta property='article:published_time' content='2025-03-01T08:00:00+02:00'></head>"
    "<body><article><h1>Rye bread</h1>"
    f"<a rel='author' href='/maren'>Maren Oak</a>{TEXT}<a rel='tag' href='/tag/rye'>rye</a>"
    "<a rel='category tag' href='/category/bread'>Bread</a></article></body></html>"
)
SCORER = """
import json, sys
told = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
gold = {one["id"]: one for one in map(json.loads, open(sys.argv[3], encoding="utf-8"))}
assert sys.argv[2] == "--gold" and sys.argv[4] == "--json"
right = sum(one.get("title") == gold[one["id"]]["title"] for one in told if "title" in gold[one["id"]])
print(json.dumps({"pages": len(told), "title exact": [100.0 * right, 1], "parts": [1, 2, 3]}))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pages = tmp_path / "set"
    pages.mkdir()
    (pages / "rye.html.gz").write_bytes(gzip.compress(RYE.encode()))
    (pages / "nothing.html").write_bytes(b"")
    gold: list[dict[str, Any]] = [
        {"id": "a", "url": "https://bread.example/rye-bread/", "file": "rye.html.gz", "title": "Rye bread"},
        {"id": "b", "url": "https://bread.example/nothing/", "file": "nothing.html"},
    ]
    (pages / "gold.jsonl").write_text("\n".join(json.dumps(line) for line in gold) + "\n", encoding="utf-8")
    return pages


def bench(folder: Path, out: Path, *options: str) -> dict[str, Any]:
    """Run it as a person does and give the one line it prints."""
    command = [sys.executable, "-m", "bench.extract", "--pages", str(folder), "--out", str(out), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    told: dict[str, Any] = json.loads(line)
    return told


def test_predictions_and_figures_come_out_beside_trafilaturas(folder: Path, tmp_path: Path) -> None:
    scorer = tmp_path / "judge.py"
    scorer.write_text(SCORER, encoding="utf-8")
    told = bench(folder, tmp_path / "out.jsonl", "--scorer", str(scorer))
    assert (told["pages"], told["failed"]) == (2, 1)
    assert told["pages_per_cpu_s"] > 0 and told["trafilatura"]["pages_per_cpu_s"] > 0
    assert 20 < told["peak_mb"] < 400 and told["trafilatura"]["peak_mb"] > 20
    assert told["scores"] == {"pages": 2, "title exact": 100.0, "parts": [1, 2, 3]}
    assert told["trafilatura"]["scores"]["pages"] == 2
    rye, nothing = (json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines())
    assert nothing == {"id": "b", "error": "no-page"}
    assert (rye["id"], rye["title"], rye["authors"], rye["tags"]) == ("a", "Rye bread", ["Maren Oak"], ["rye"])
    assert rye["date"] == "2025-03-01T08:00:00+02:00" and "Bread needs" in rye["text"]
    assert rye["lead_image"] == "https://bread.example/loaf-of-rye.jpg"


def test_a_folder_without_a_scorer_gives_predictions_and_speed(folder: Path, tmp_path: Path) -> None:
    told = bench(folder, tmp_path / "out.jsonl")
    assert "scores" not in told and told["pages"] == 2
