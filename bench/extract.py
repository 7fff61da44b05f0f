"""How well and how fast pages are read, beside trafilatura alone on the same pages.

    python -m bench.extract --pages DIR --out FILE [--scorer FILE]

DIR holds `gold.jsonl`, one line a page with its `id`, `url` and `file` (HTML, gzipped or not). FILE gets one prediction
a line: id, title, authors, date, description, tags, lead_image, images, text. The scorer is the one given, else DIR's
`score.py`, else none; it is called as `score.py FILE --gold DIR/gold.jsonl --json`.

`pages_per_cpu_s` counts the whole reading as the product does it: the sandbox's child and what hands it the page, not
the loading of its tables. `peak_mb` is the most that the reading process held.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import trafilatura
from lxml import etree

from bench import measuring
from petra.articles.pages.extract import Extracted
from petra.articles.sandbox import nursery
from petra.articles.sandbox.sandbox import PageTooHeavy, Sandbox
from petra.lib import clock

Line = dict[str, Any]
# A date in words that no table of ours knows, and next to no text: every second opinion loads its tables.
_WARM_PAGE = (
    f"<title>Warm</title><p class='date'>3 marraskuuta 12:30 klo</p><div class='footer'>{'Other words. ' * 99}</div>"
).encode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=Path, required=True, help="a folder with gold.jsonl and its pages")
    parser.add_argument("--out", type=Path, required=True, help="where the predictions go")
    parser.add_argument("--scorer", type=Path, help="the scorer; the folder's own score.py where none is given")
    parser.add_argument("--json", action="store_true", help="print one JSON line (it does so always)")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        measuring.report(read_with_trafilatura(options.pages, options.out))
        return
    scorer = options.scorer or options.pages / "score.py"
    measuring.report(measure(options.pages, options.out, scorer if scorer.is_file() else None))


def measure(folder: Path, out: Path, scorer: Path | None) -> dict[str, Any]:
    """Read all pages with Petra, then with trafilatura alone, and put the figures beside each other."""
    result = read(folder, out)
    with TemporaryDirectory() as place:
        beside = Path(place) / "trafilatura.jsonl"
        command = [sys.executable, "-m", "bench.extract", "--alone", "--pages", str(folder), "--out", str(beside)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        alone = json.loads(done.stdout)
        if scorer is not None:
            result["scores"], alone["scores"] = (scores(scorer, folder, path) for path in (out, beside))
    return {**result, "trafilatura": alone, "load_1m": measuring.load_1m()}


def read(folder: Path, out: Path) -> dict[str, Any]:
    """Read a folder's pages as an import does and write the predictions."""
    with Sandbox() as sandbox, out.open("w", encoding="utf-8") as file:
        _prediction(sandbox, {"id": "warm", "url": "https://warm.example/"}, _WARM_PAGE)
        nursery_pid = nursery.pid() or 0
        before_s, own_s, count, failed = measuring.family_cpu_seconds(nursery_pid), 0.0, 0, 0
        with measuring.Watch(lambda: measuring.children(nursery_pid)) as watch:
            for page, body in pages(folder):
                started_s = time.thread_time()
                line = _prediction(sandbox, page, body)
                own_s += time.thread_time() - started_s
                count, failed = count + 1, failed + ("error" in line)
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        spent_s = own_s + measuring.family_cpu_seconds(nursery_pid) - before_s
    return {
        "pages": count,
        "failed": failed,
        "pages_per_cpu_s": round(count / max(spent_s, 0.001), 1),
        "peak_mb": round(watch.peak_mb, 1),
    }


def read_with_trafilatura(folder: Path, out: Path) -> dict[str, Any]:
    """Read a folder's pages with trafilatura's own defaults, in this process."""
    spent_s, count = 0.0, 0
    with out.open("w", encoding="utf-8") as file:
        _alone({"id": "warm", "url": "https://warm.example/"}, _WARM_PAGE)
        for page, body in pages(folder):
            started_s = time.process_time()
            line = _alone(page, body)
            spent_s += time.process_time() - started_s
            count += 1
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return {
        "pages_per_cpu_s": round(count / max(spent_s, 0.001), 1),
        "peak_mb": round(measuring.peak_mb(), 1),
    }


def scores(scorer: Path, folder: Path, predictions: Path) -> dict[str, Any]:
    """Ask the scorer. Gives its figures by field, in percent."""
    command = [sys.executable, str(scorer), str(predictions), "--gold", str(folder / "gold.jsonl"), "--json"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    told = json.loads(done.stdout)
    return {name: value[0] if isinstance(value, list) and len(value) == 2 else value for name, value in told.items()}


def pages(folder: Path) -> Iterator[tuple[Line, bytes]]:
    """Give a folder's pages: what gold.jsonl says of each, and its bytes."""
    with (folder / "gold.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                page = json.loads(line)
                body = (folder / page["file"]).read_bytes()
                yield page, gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


def _prediction(sandbox: Sandbox, page: Line, body: bytes) -> Line:
    try:
        found = sandbox.extract(body, url=page["url"], content_type="text/html", item=None, now=clock.now())
    except PageTooHeavy as error:
        return {"id": page["id"], "error": error.code}
    return _told(page["id"], found) if found is not None else {"id": page["id"], "error": "no-page"}


def _told(name: str, found: Extracted) -> Line:
    return {
        "id": name,
        "title": found.title,
        "authors": found.authors,
        "date": found.published,
        "description": found.excerpt,
        "tags": found.keywords or found.categories,
        "lead_image": found.lead.url if found.lead else None,
        "images": [picture.url for picture in found.pictures],
        "text": found.text,
    }


def _alone(page: Line, body: bytes) -> Line:
    try:
        found: Any = trafilatura.bare_extraction(
            body, url=page["url"], with_metadata=True, include_comments=False, include_images=True
        )
    except (ValueError, TypeError, AttributeError, RecursionError, etree.LxmlError) as error:
        return {"id": page["id"], "error": type(error).__name__}
    if found is None:
        return {"id": page["id"], "error": "no-text"}
    return {
        "id": page["id"],
        "title": found.title,
        "authors": _split(found.author),
        "date": found.date,
        "description": found.description,
        "tags": found.tags,
        "lead_image": found.image,
        "images": [graphic.get("src") for graphic in _graphics(found.body)],
        "text": found.text,
    }


def _split(names: str | None) -> list[str]:
    return [name.strip() for name in (names or "").split(";") if name.strip()]


def _graphics(body: Any) -> Iterable[Any]:
    return body.iter("graphic") if body is not None else ()


if __name__ == "__main__":
    main()
