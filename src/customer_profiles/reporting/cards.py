"""Personas as cards: what is measured, what is derived and what is fictional stays visibly apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from markupsafe import Markup

from ..messages import N_, Text, is_missing
from .labels import COLUMNS
from .language import Language

if TYPE_CHECKING:
    from ..analysis.demographics.fact_sheet import FactSheet
    from ..analysis.profiles.templates import Field, Figure, Page
    from ..analysis.segments.personas import Persona

FILE = "segment-{}.html"
"""Page of a segment."""
TAGS = {"measured": N_("measured"), "derived": N_("derived"), "fictional": N_("fictional")}


def html(
    personas: Sequence[Persona | FactSheet | Page], language: Language, persons: bool = True, notes: Sequence[Text] = ()
) -> Markup:
    """One card per segment: its derived name, its size, what sets it apart, and a fictional given name.

    A fact sheet has neither number nor given name: it is all measured. Companies have no given name either
    (`persons` false). A page begins a new sheet of paper, and each of its fields says where it comes from; of one that
    has a file of its own stands here what it is in short, and the way there. Notes stand below the cards.
    """
    said = Markup("").join(Markup("<p>{}</p>").format(language.text(note)) for note in notes)
    if personas and all(_is_page(page) for page in personas):
        pages = cast("Sequence[Page]", personas)
        own = all(page.segment is not None for page in pages)
        told = Markup("").join(_short(page, language) if own else _page(page, language) for page in pages)
        return Markup('<div class="personas{}">{}</div>{}').format("" if own else " pages", told, said)
    cards = [
        _card(cast("Persona", card), language, persons)
        if hasattr(card, "given_name")
        else _sheet(cast("FactSheet", card), language)
        for card in personas
    ]
    return Markup('<div class="personas">{}</div>{}').format(Markup("").join(cards), said)


def files(personas: Sequence[Any], language: Language) -> list[dict[str, str]]:
    """Pages that have a file of their own: ``file, kind, title, html``."""
    return [
        {
            "file": FILE.format(page.segment),
            "kind": language.text(page.template),
            "title": language.text(page.name),
            "html": str(_body(page, language)),
        }
        for page in personas
        if _is_page(page) and page.segment is not None
    ]


def _is_page(card: Any) -> bool:
    return hasattr(card, "fields") and hasattr(card, "template")


def _short(page: Page, language: Language) -> Markup:
    """What a page of its own is about, and the way there."""
    told = list({field.label: field for field in reversed(page.fields) if field.in_short}.values())[::-1]
    return Markup(
        '<section class="persona"><h3><a href="{}">{}</a></h3><p class="lead">{}</p><dl>{}</dl></section>'
    ).format(
        FILE.format(page.segment),
        language.text(page.name),
        language.text(page.lead) if page.lead else "",
        _rows(told, language, plain=True),
    )


def _page(page: Page, language: Language) -> Markup:
    """A profile as a list of terms below its name."""
    return Markup('<section class="persona page"><p class="template">{}</p><h3>{} {}</h3>{}</section>').format(
        language.text(page.template), language.text(page.name), _tag(page.name_kind, language), _body(page, language)
    )


def _body(page: Page, language: Language) -> Markup:
    """What stands below the name of a profile: what is known, and beside it what follows."""
    plain = bool(page.figures)  # on these pages only what is not measured says so
    known, follows = (_list(fields, language, plain) for fields in (page.fields, page.advice))
    nothing = Markup("<p>{}</p>").format(language.text(Text(N_("Nothing can be told."))))
    lead = Markup('<p class="lead">{}</p>').format(language.text(page.lead)) if page.lead else Markup("")
    said = Markup("{}{}").format(_figures(page.figures, language) if page.figures else "", known)
    if follows:
        said = Markup('<div class="beside"><div>{}</div><div>{}</div></div>').format(said, follows)
    return lead + (said or nothing)


def _list(fields: Sequence[Field], language: Language, plain: bool) -> Markup:
    return Markup("<dl>{}</dl>").format(_rows(fields, language, plain)) if fields else Markup("")


def _rows(fields: Sequence[Field], language: Language, plain: bool) -> Markup:
    """Fields of one name stand under it together; code that a program takes is folded away."""
    rows, last = [], None
    for field in fields:
        term = Markup("<dt>{}</dt>").format(_heading(field.label, language)) if field.label != last else Markup("")
        tag = "" if plain and field.kind == "measured" else _tag(field.kind, language)
        folded = (
            Markup("<details><summary>SQL</summary><code>{}</code></details>").format(field.code) if field.code else ""
        )
        rows.append(Markup("{}<dd>{} {}{}</dd>").format(term, language.text(field.value), tag, folded))
        last = field.label
    return Markup("").join(rows)


def _figures(figures: Sequence[Figure], language: Language) -> Markup:
    """Key figures beside those of all customers and, where it is known, of the year before."""
    compared = any(not is_missing(each.before.values["x"]) for each in figures)
    heads = [
        N_("Within 12 months") if compared else N_("Key figure"),
        N_("Here"),
        N_("All"),
        *([N_("A year before")] if compared else []),
    ]
    rows = []
    for each in figures:
        told = [language.text(value) for value in (each.value, each.whole, *([each.before] if compared else []))]
        cells = Markup("").join(Markup('<td class="number">{}</td>').format(cell) for cell in told)
        rows.append(
            Markup('<tr><th scope="row">{}</th>{}</tr>').format(
                language.own(each.kpi, each.label) or language.label(each.label), cells
            )
        )
    head = Markup("").join(
        Markup('<th scope="col"{}>{}</th>').format(Markup(' class="number"') if at else "", language.translate(name))
        for at, name in enumerate(heads)
    )
    return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(head, Markup("").join(rows))


def _heading(label: str, language: Language) -> str:
    """Name of a field: of a column, if it is one."""
    return language.translate(COLUMNS[label].label) if label in COLUMNS else language.label(label)


def _sheet(sheet: FactSheet, language: Language) -> Markup:
    traits = [Markup("<li>{}</li>").format(language.text(trait)) for trait in sheet.traits]
    nothing = Text(N_("No trait sets these customers apart by more than chance."))
    said = Markup("<p>{}</p>").format(language.text(nothing))
    if traits:
        size = Text(N_("n = {n:count}"), {"n": sheet.n})
        said = Markup("<p>{} {}</p><div><ol>{}</ol></div>").format(
            language.text(size), _tag("measured", language), Markup("").join(traits)
        )
    return Markup('<section class="persona"><h3>{}</h3>{}</section>').format(language.text(sheet.name), said)


def _card(persona: Persona, language: Language, person: bool) -> Markup:
    size = Text(
        N_("{n:count} of {base:count} customers ({share:share})"),
        {"n": persona.n, "base": persona.base, "share": persona.n / persona.base},
    )
    called = Text(N_("Call this customer “{name:label}”."), {"name": persona.given_name})
    traits = [Markup("<li>{}</li>").format(language.text(trait)) for trait in persona.traits]
    nothing = Text(N_("No trait sets this segment apart by more than chance."))
    measured = Markup("<ul>{}</ul>").format(Markup("").join(traits)) if traits else language.text(nothing)
    return Markup(
        '<section class="persona"><h3>{number}. {name} {derived}</h3><p>{size} {tag}</p><div>{traits}</div>'
        "{called}</section>"
    ).format(
        number=persona.segment,
        name=language.text(persona.name),
        derived=_tag("derived", language),
        size=language.text(size),
        tag=_tag("measured", language),
        traits=measured,
        called=Markup("<p>{} {}</p>").format(language.text(called), _tag("fictional", language)) if person else "",
    )


def _tag(kind: str, language: Language) -> Markup:
    return Markup('<small class="tag {}">{}</small>').format(kind, language.translate(TAGS[kind]))
