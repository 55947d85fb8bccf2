"""Personas as cards: what is measured, what is derived and what is fictional stays visibly apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from markupsafe import Markup

from ..messages import N_, Text, is_missing
from .labels import COLUMNS
from .language import Language

if TYPE_CHECKING:
    from ..analysis.demographics.fact_sheet import FactSheet
    from ..analysis.profiles.templates import Figure, Page
    from ..analysis.segments.personas import Persona

TAGS = {"measured": N_("measured"), "derived": N_("derived"), "fictional": N_("fictional")}


def html(personas: Sequence[Persona | FactSheet | Page], language: Language, persons: bool = True) -> Markup:
    """One card per segment: its derived name, its size, what sets it apart, and a fictional given name.

    A fact sheet has neither number nor given name: it is all measured. Companies have no given name either
    (`persons` false). A page begins a new sheet of paper, and each of its fields says where it comes from.
    """
    if personas and hasattr(personas[0], "fields") and hasattr(personas[0], "template"):
        pages = [_page(page, language) for page in cast("Sequence[Page]", personas)]
        return Markup('<div class="personas pages">{}</div>').format(Markup("").join(pages))
    cards = [
        _card(cast("Persona", card), language, persons)
        if hasattr(card, "given_name")
        else _sheet(cast("FactSheet", card), language)
        for card in personas
    ]
    return Markup('<div class="personas">{}</div>').format(Markup("").join(cards))


def _page(page: Page, language: Language) -> Markup:
    """A profile as a list of terms: fields of one name stand under it together."""
    rows, last = [], None
    for field in page.fields:
        term = Markup("<dt>{}</dt>").format(_heading(field.label, language)) if field.label != last else Markup("")
        plain = page.figures and field.kind == "measured"  # on these pages only what is not measured says so
        said = (language.text(field.value), "" if plain else _tag(field.kind, language))
        rows.append(Markup("{}<dd>{} {}</dd>").format(term, *said))
        last = field.label
    nothing = Markup("<p>{}</p>").format(language.text(Text(N_("Nothing can be told."))))
    return Markup('<section class="persona page"><p class="template">{}</p><h3>{} {}</h3>{}{}{}</section>').format(
        language.text(page.template),
        language.text(page.name),
        _tag(page.name_kind, language),
        Markup('<p class="lead">{}</p>').format(language.text(page.lead)) if page.lead else "",
        _figures(page.figures, language) if page.figures else "",
        Markup("<dl>{}</dl>").format(Markup("").join(rows)) if rows else nothing,
    )


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
