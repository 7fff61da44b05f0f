"""How well and how fast the offline writer writes, on the pages of the benchmark of reading.

    python -m bench.words --pages DIR [--texts 200] [--out FILE] [--json]

DIR is a folder as in `bench.extract`. Its pages are read as an import reads them, then each article gets words for a
pin, and for another one, until there are so many texts; `articles` says how many different ones they are of.

`empty_titles` counts titles without a character though the page has some. `cut_sentences` counts what is no whole
sentence of the article, judged by looking at what stands around it there. `ms_p50` and `ms_p95` are processor time for
one text, `floor` that of the least a writer must do: split the article at its stops and count its words. FILE gets
the words, one line of JSON a text, to be read by a person.
"""

from __future__ import annotations

import argparse
import gc
import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lxml.html
from lxml.etree import ParserError

from bench import measuring
from bench.extract import pages
from petra.ai import sentences
from petra.ai.contract import Request, Source, Words
from petra.ai.offline.writer import OfflineWriter
from petra.articles.pages.extract import Extracted
from petra.articles.sandbox.sandbox import PageTooHeavy, Sandbox
from petra.lib import clock

_MOST_PINS = 20  # of one article
_STOP = re.compile(r"(?<=[.!?。！？])\s*")
_WORD = re.compile(r"\w+")
# What stands before the first word of a sentence, and behind its stop: nothing, the end of a line, or another sentence.
_BEFORE = re.compile(r"(?:\A|[\n.!?…。！？:;*•·–—|)\]\"'“”„»«’]|\d+[.)])[\s#*\"'“”„»«‘’(\[•·–—-]*\Z")
_BEHIND = re.compile(r"[\"'“”«»’)\] \t]*(?:\Z|\n|[^\s\"'“”«»’)\]])")
# Ends no sentence where its line goes on.
_ABBREVIATED = re.compile(
    r"(?<!\w)(?:dr|mr|mrs|ms|prof|st|jr|vs|e\.g|i\.e|z\. ?b|d\. ?h|bzw|ca|vgl|evtl|inkl|nr|p\. ?ex|p\. ?ej|sr|sra|sig"
    r"|dott|[^\W\d])\.\Z",
    re.IGNORECASE,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=Path, required=True, help="a folder with gold.jsonl and its pages")
    parser.add_argument("--texts", type=int, default=200, help="how many pins get words, at least")
    parser.add_argument("--out", type=Path, help="where the words go, to be read")
    parser.add_argument("--json", action="store_true", help="print one JSON line (it does so always)")
    options = parser.parse_args()
    measuring.report(measure(dict(read(options.pages)), options.texts, options.out))


def read(folder: Path) -> Iterator[tuple[str, Source]]:
    """Read a folder's pages as an import does. Pages that hold no article, or no word, are left out."""
    with Sandbox() as sandbox:
        for page, body in pages(folder):
            try:
                found = sandbox.extract(body, url=page["url"], content_type="text/html", item=None, now=clock.now())
            except PageTooHeavy:
                continue
            if found is not None and (found.title or found.text.strip()):
                yield str(page["id"]), source_of(found)


def source_of(found: Extracted) -> Source:
    """Give the writer what the product would give it of a page."""
    return Source(
        title=found.title,
        excerpt=found.excerpt,
        text=found.text,
        headings=tuple(_headings(found.html)),
        tags=tuple(found.tags),
        language=found.language,
        picture_alt=found.lead.alt if found.lead else "",
        picture_caption=found.lead.caption if found.lead else "",
    )


def _headings(html: str) -> list[str]:
    try:
        tree = lxml.html.fromstring(html)
    except (ParserError, ValueError):
        return []
    found = (" ".join("".join(map(str, heading.itertext())).split()) for heading in tree.iter("h2", "h3"))
    return [heading for heading in found if heading][:20]


def measure(articles: dict[str, Source], texts: int, out: Path | None) -> dict[str, Any]:
    """Write words for the articles until there are enough, and judge them."""
    writer = OfflineWriter()
    lines: list[dict[str, Any]] = []
    spent_ms: list[float] = []
    floor_ms: list[float] = []
    if articles:
        writer.write(Request(next(iter(articles.values()))))  # tables are loaded once
    gc.collect()
    gc.freeze()  # the pages that were read are not the writer's to clean up
    for variant, (name, source) in ((n, item) for n in range(_MOST_PINS) for item in articles.items()):
        if variant and len(lines) >= texts:
            break
        started_s = time.thread_time()
        words = writer.write(Request(source, variant=variant)).words
        spent_ms.append((time.thread_time() - started_s) * 1000)
        floor_ms.append(_floor_ms(source))
        lines.append({"id": name, "language": source.language, "pin": variant + 1, **_shown(words)})
        lines[-1]["cut"] = cut_sentences(words.description, source)
    if out is not None:
        out.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return {
        "articles": len(articles),
        "texts": len(lines),
        "languages": dict(Counter(source.language[:2] or "?" for source in articles.values()).most_common()),
        "empty_titles": sum(not line["title"].strip() for line in lines),
        "empty_descriptions": sum(not line["description"].strip() for line in lines),
        "cut_sentences": sum(len(line["cut"]) for line in lines),
        "same_words": len(lines) - len({(line["id"], line["title"], line["description"]) for line in lines}),
        **_times(spent_ms, floor_ms),
        "load_1m": measuring.load_1m(),
    }


def _times(spent_ms: list[float], floor_ms: list[float]) -> dict[str, float]:
    if not spent_ms:
        return {"ms_p50": 0.0, "ms_p95": 0.0, "ms_max": 0.0, "floor": 0.0, "ratio": 0.0}
    middle, floor = measuring.percentile(spent_ms, 0.5), measuring.percentile(floor_ms, 0.5)
    return {
        "ms_p50": round(middle, 2),
        "ms_p95": round(measuring.percentile(spent_ms, 0.95), 2),
        "ms_max": round(max(spent_ms), 2),
        "floor": round(floor, 2),
        "ratio": round(middle / max(floor, 0.001), 1),
    }


def _floor_ms(source: Source) -> float:
    started_s = time.thread_time()
    split = _STOP.split(source.text)
    counts = Counter(word for sentence in split for word in _WORD.findall(sentence.lower()))
    counts.most_common(8)
    return (time.thread_time() - started_s) * 1000


def _shown(words: Words) -> dict[str, Any]:
    return {
        "title": words.title,
        "description": words.description,
        "alt_text": words.alt_text,
        "topics": list(words.topics),
    }


def cut_sentences(description: str, source: Source) -> list[str]:
    """List what of a description is no whole sentence of the article. All of a text that has none is no cut."""
    whole = {sentences.one_line(text) for text in (source.title, source.excerpt, source.text, ", ".join(source.tags))}
    if not description or description in whole:
        return []
    excerpt = sentences.plain(source.excerpt).removeprefix(sentences.one_line(source.title))
    text = "\n".join((sentences.plain(source.excerpt), excerpt.strip(), sentences.plain(source.text)))
    plain = text.replace("#", "")
    return [one for one in sentences.split(description) if not (_stands_in(one, text) or _stands_in(one, plain))]


def _stands_in(sentence: str, text: str) -> bool:
    """Say whether a sentence stands somewhere in a text from its beginning to its end."""
    if not sentences.ends_well(sentence):
        return False
    start = text.find(sentence)
    while start >= 0:
        end = start + len(sentence)
        behind = _BEHIND.match(text, end)
        goes_on = behind is not None and (behind.group()[-1:].islower() or _is_abbreviated(sentence, behind.group()))
        if _BEFORE.search(text[max(0, start - 12) : start]) and not goes_on:
            return True
        start = text.find(sentence, start + 1)
    return False


def _is_abbreviated(sentence: str, behind: str) -> bool:
    return _ABBREVIATED.search(sentence) is not None and bool(behind.strip())


if __name__ == "__main__":
    main()
