"""What stands around a notebook on its page: navigation, the findings in short, methods, parameters, fixed texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from .. import __version__
from ..certainty import Certainty
from ..chapters import ChapterSpec
from ..messages import N_, Finding, Text
from ..params import Params
from .language import Language
from .stored import Results
from .tiles import tiles

SUMMARY = "00"
NOT_OF_THE_READER = {"dataset", "run_folder", "as_of", "language"}  # paths, and what the page says anyway
WORDS = {
    "product": N_("Customer profiles"),
    "skip": N_("Skip to content"),
    "chapters": N_("Chapters"),
    "contents": N_("On this page"),
    "answers": N_("Six questions, six answers"),
    "profiles": N_("Segments, each on a page"),
    "follows": N_("What follows"),
    "not_found": N_("What we looked at and did not find"),
    "more": N_("Everything else this page looked at, and how"),
    "limits": N_("What we cannot tell yet"),
    "how_sure": N_("How sure is this, and what we cannot tell yet"),
    "certain": N_("Certain: it holds after correcting for everything that was compared in this report."),
    "likely": N_(
        "Likely: it holds after correcting for what was compared with it, or by itself. Within chance: a difference of "
        "this size comes about by chance."
    ),
    "about": N_("How this page was made"),
    "methods": N_("Methods"),
    "methods_note": N_("The statements on this page rest on these tests and intervals."),
    "run": N_("Run"),
    "facts": N_("Numbers behind the sentences"),
    "code": N_("Code of this page"),
    "code_note": N_("The cells of the notebook in the order in which they ran."),
    "cell": N_("Code, cell"),
    "neighbours": N_("Previous and next chapter"),
    "previous": N_("Previous chapter"),
    "next": N_("Next chapter"),
    "privacy": N_("Groups too small to be anonymous are not shown, and no page names or depicts a single customer."),
}


ROUNDED = N_(
    "Counts are rounded to five, and shares are those of rounded counts: they need not add up. Intervals are wider by "
    "as much."
)
SELECTED = N_(
    "Intervals in sentences about rows that stand out are wider than those of the table, so that of all intervals told "
    "at most 5% miss (Benjamini and Yekutieli 2005)."
)


@dataclass(frozen=True)
class Profile:
    """A page of its own that a chapter leads to, such as that of a segment.

    Parameters
    ----------
    file, title, kind : str
        Name of the file; whom it is about; which kind of profile it is.
    html : str
        What stands below the title.
    chapter : str
        Number of the chapter that it belongs to.
    """

    file: str
    title: str
    kind: str
    html: str
    chapter: str


@dataclass(frozen=True)
class Report:
    """What all pages of one report share.

    Parameters
    ----------
    company : str
        Title of the data set.
    language : Language
        How the report speaks.
    as_of : date
        Nothing after this day was visible.
    specs : tuple of ChapterSpec
        Its chapters in the order of reading, the summary first.
    min_group_size : int
        Smallest group shown, customers.
    folder : Path
        Of the run, where chapters have kept the blocks of their pages.
    params, results
        Parameters and results by chapter number.
    certainty : Certainty
        What holds for the report as a whole.
    profiles : tuple of Profile
        Pages beside those of the chapters.
    """

    company: str
    language: Language
    as_of: date
    specs: tuple[ChapterSpec, ...]
    min_group_size: int
    folder: Path = Path()
    params: dict[str, Params] = field(default_factory=dict)
    results: dict[str, Results] = field(default_factory=dict)
    certainty: Certainty = field(default_factory=Certainty)
    profiles: tuple[Profile, ...] = ()


def file_name(spec: ChapterSpec) -> str:
    """File of a chapter's page; the summary is the page to open.

    >>> from customer_profiles.chapters import CHAPTERS
    >>> file_name(CHAPTERS["00"]), file_name(CHAPTERS["02"])
    ('index.html', '02_find_demographics.html')
    """
    return "index.html" if spec.number == SUMMARY else f"{spec.stem}.html"


def reading_order(specs: dict[str, ChapterSpec]) -> tuple[ChapterSpec, ...]:
    """Chapters as the reader meets them: the summary, then by number."""
    return tuple(spec for _, spec in sorted(specs.items()))


def view(report: Report, spec: ChapterSpec) -> dict[str, Any]:
    """Everything the page template shows besides panels and the notebook's cells, in the reader's language."""
    speak = report.language
    results = report.results.get(spec.number, Results())
    is_summary = spec.number == SUMMARY
    asked = speak.translate(spec.title if is_summary else spec.question or spec.title)
    return {
        "words": {key: speak.translate(message) for key, message in WORDS.items()},
        "language": speak.code,
        "company": report.company,
        "title": speak.translate(spec.title),
        "heading": asked,
        "as_of": speak.text(Text("As of {day:day}", {"day": report.as_of})),
        "is_summary": is_summary,
        "chapters": [
            _link(report, other) | {"short": speak.translate(other.short or other.title), "current": other is spec}
            for other in report.specs
        ],
        "neighbours": _neighbours(report, spec),
        "tiles": [] if is_summary else tiles(results.facts, speak),
        "methods": methods(results.findings, speak),
        "run": _run(report, spec),
        "facts": [(name, "–" if value is None else str(value)) for name, value in results.facts.items()],
    }


def profile_view(report: Report, profile: Profile) -> dict[str, Any]:
    """Everything the template of a profile shows besides the profile."""
    owner = next(spec for spec in report.specs if spec.number == profile.chapter)
    of_all = [each for each in report.profiles if each.chapter == profile.chapter]
    at = of_all.index(profile)
    place = {"at": at + 1, "many": len(of_all), "kind": profile.kind}
    near = [
        *((each, "previous") for each in of_all[max(at - 1, 0) : at]),
        *((each, "next") for each in of_all[at + 1 : at + 2]),
    ]
    speak = report.language
    words = {
        "previous": N_("Previous profile"),
        "next": N_("Next profile"),
        "neighbours": N_("Previous and next profile"),
    }
    shown = view(report, owner)
    return shown | {
        "words": shown["words"] | {name: speak.translate(message) for name, message in words.items()},
        "title": profile.title,
        "meta": speak.text(Text(N_("{kind} {at:count} of {many:count}"), place)),
        "neighbours": [{"href": each.file, "title": each.title, "direction": way} for each, way in near],
    }


def methods(findings: tuple[Finding, ...], language: Language) -> list[str]:
    """The tests behind the findings, each with the size of the largest family it was corrected for."""
    families: dict[str, int] = {}
    for finding in findings:
        if finding.test:
            families[finding.test] = max(families.get(finding.test, 0), finding.family or 0)
    lines = []
    for test, family in families.items():
        name = language.translate(test)
        many = Text("{test}; corrected together (comparisons: {family:count})", {"test": name, "family": family})
        lines.append(language.text(many) if family > 1 else name)
    lines += [language.translate(ROUNDED)] if language.rounded else []
    return lines + ([language.translate(SELECTED)] if any(family > 1 for family in families.values()) else [])


def _link(report: Report, spec: ChapterSpec) -> dict[str, Any]:
    return {"href": file_name(spec), "title": report.language.translate(spec.title)}


def _neighbours(report: Report, spec: ChapterSpec) -> list[dict[str, Any]]:
    at = report.specs.index(spec)
    before = [_link(report, report.specs[at - 1]) | {"direction": "previous"}] if at > 0 else []
    after = [_link(report, other) | {"direction": "next"} for other in report.specs[at + 1 : at + 2]]
    return before + after


def _run(report: Report, spec: ChapterSpec) -> list[dict[str, str]]:
    """Name, value and meaning of what the run was given."""
    speak = report.language
    rows = [
        (speak.translate(N_("Data set")), report.company, ""),
        (speak.translate(N_("As of")), speak.format("day", report.as_of), ""),
        (speak.translate(N_("Smallest group shown")), speak.format("count", report.min_group_size), ""),
        (speak.translate(N_("Version")), f"customer-profiles {__version__}", ""),
    ]
    params = report.params.get(spec.number)
    fields = type(params).model_fields if params else {}
    for name, given in params.model_dump(exclude=NOT_OF_THE_READER).items() if params else ():
        meaning = speak.translate(fields[name].description or "")
        rows.append((name, "–" if given == "" else str(given), meaning))
    return [dict(zip(("name", "value", "meaning"), row, strict=True)) for row in rows]
