"""The summary as the text of an e-mail: plain, short, in the language of the report."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from ..messages import N_, Text
from .pages import SUMMARY, Report, file_name

MOST = 150
"""Words."""
WIDTH = 72
"""Characters of a line."""
HEAD = N_("{company}: what we know of our customers, as of {day:day}")
WHOLE = N_("The whole report: {page}")


def text(report: Report, memo: Mapping[str, Any]) -> str:
    """The headline, the answers and the key figures, as many as `MOST` words hold.

    Parameters
    ----------
    report : Report
    memo : mapping
        What the summary says, see `memo.view`.
    """
    speak = report.language
    page = next((file_name(spec) for spec in report.specs if spec.number == SUMMARY), "")
    head = speak.text(Text(HEAD, {"company": report.company, "day": report.as_of}))
    whole = speak.text(Text(WHOLE, {"page": page}))
    answers = [f"- {answer.said} {answer.meant}".strip() for answer in memo["answers"]]
    figures = [_figure(tile) for tile in memo["kpis"] if not _is_told(tile, memo["headline"])]
    left = MOST - _words(head) - _words(whole)
    kept: dict[str, list[str]] = {"headline": [], "figures": [], "answers": []}
    said = [
        ("headline", memo["headline"]),
        *(("answers", each) for each in answers),
        *(("figures", f) for f in figures),
    ]
    for part, sentence in said:
        if sentence and _words(sentence) <= left:
            kept[part].append(sentence)
            left -= _words(sentence)
    lists = [kept["answers"], kept["figures"]]
    filled = ["\n".join(map(_wrapped, block)) for block in [[head], kept["headline"], *lists, [whole]] if block]
    return "\n\n".join(filled) + "\n"


def _is_told(tile: Mapping[str, Any], headline: str) -> bool:
    """Whether the headline is about this figure."""
    return tile["label"] in headline and tile["value"] in headline


def _figure(tile: Mapping[str, Any]) -> str:
    """A key figure in a line, with its change and whether that may be chance."""
    told = ", ".join(filter(None, (tile["change"], tile["verdict"])))
    return f"- {tile['label']}: {tile['value']}" + (f" ({told})" if told else "")


def _wrapped(line: str) -> str:
    return textwrap.fill(line, WIDTH, subsequent_indent="  " if line.startswith("- ") else "", break_on_hyphens=False)


def _words(sentence: str) -> int:
    return len(sentence.split())
