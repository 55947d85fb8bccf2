"""Findings and limits as HTML and JSON: each sentence with the evidence under it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from markupsafe import Markup

from ..chapters import CHAPTERS
from ..messages import N_, Finding, Limit, Text, placeholders
from .language import Language

ESTIMATES = ("share", "part", "money", "index", "points", "ratio", "number")  # formatters of headline numbers


NOT_OVERALL = N_("likely: does not hold when all questions of the report are counted together")


def html(findings: Iterable[Finding], language: Language) -> Markup:
    """A list of statements, each with n, interval, test, corrected p-value and a link to its table.

    Returns
    -------
    Markup
        ``<ul class="findings">``, empty text if there are no findings.
    """
    items = [_item(finding, language) for finding in findings]
    return Markup('<ul class="findings">') + Markup("").join(items) + Markup("</ul>") if items else Markup("")


def limits_html(limits: Iterable[Limit], language: Language) -> Markup:
    """A list of what could not be answered, each with the source that would answer it."""
    items = []
    for limit in limits:
        needs = Text("Needs: {source}", {"source": language.translate(limit.needs)})
        source = Markup('<p class="evidence">{}</p>').format(language.text(needs)) if limit.needs else ""
        items.append(Markup("<li><p>{}</p>{}</li>").format(language.text(limit), source))
    return Markup('<ul class="limits">') + Markup("").join(items) + Markup("</ul>") if items else Markup("")


def to_json(findings: Iterable[Finding], language: Language) -> list[dict[str, Any]]:
    """Findings as plain values, with the sentence as the reader sees it under ``text``."""
    return [finding.to_dict() | {"text": language.text(finding)} for finding in findings]


def evidence(finding: Finding, language: Language) -> list[str]:
    """What carries a statement, part by part; what the sentence itself says is not repeated."""
    parts = [language.text(Text("n = {n:count}", {"n": finding.n}))] if _needs_n(finding) else []
    if finding.interval and not _said(finding):
        span = language.interval(_kind(finding), *finding.interval)
        parts.append(language.text(Text("95% interval {span}", {"span": span})))
    if finding.test:
        parts.append(language.translate(finding.test))
    if finding.p_adjusted is not None:
        corrected = Text("{p:p} after correction", {"p": finding.p_adjusted})
        if finding.family:
            corrected = Text(
                "{p:p} after correction (comparisons: {family:count})",
                {"p": finding.p_adjusted, "family": finding.family},
            )
        parts.append(language.text(corrected))
    elif finding.family:
        parts.append(language.text(Text("comparisons: {family:count}", {"family": finding.family})))
    if finding.likely:
        parts.append(language.translate(NOT_OVERALL))
    return parts


def link(finding: Finding) -> str:
    """Address of the table that a statement was read from, from any page of the report."""
    chapter = CHAPTERS.get(finding.chapter)
    page = "" if chapter is None else "index.html" if chapter.number == "00" else f"{chapter.stem}.html"
    return f"{page}#table-{finding.table}"


def _item(finding: Finding, language: Language) -> Markup:
    parts = [Markup("<span>{}</span>").format(part) for part in evidence(finding, language)]
    if finding.table:
        words = language.text(Text("table"))
        parts.append(Markup('<a href="{}">{}</a>').format(link(finding), words))
    return Markup('<li class="finding {}"><p class="statement">{}</p><p class="evidence">{}</p></li>').format(
        finding.kind, language.text(finding), Markup(" · ").join(parts)
    )


def _needs_n(finding: Finding) -> bool:
    """Whether there is a base that the sentence does not give."""
    return finding.n > 0 and finding.n not in [
        finding.values[n] for n, kind in placeholders(finding.message) if kind == "count"
    ]


def _said(finding: Finding) -> bool:
    """Whether the sentence itself gives both ends of the interval."""
    told = [finding.values[name] for name, _ in placeholders(finding.message)]
    return all(end in told for end in finding.interval or ())


def _kind(finding: Finding) -> str:
    """Formatter of the headline number: that of the first estimate within the interval, else the first estimate."""
    low, high = finding.interval or (0, 0)
    estimates = [(name, kind) for name, kind in placeholders(finding.message) if kind in ESTIMATES]
    inside = [kind for name, kind in estimates if low <= finding.values[name] <= high]
    return (inside or [kind for _, kind in estimates] or ["number"])[0]
