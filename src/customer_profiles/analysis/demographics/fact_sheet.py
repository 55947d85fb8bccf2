"""The basic profile on one page: the ten traits that most set customers apart, as sentences and bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from ...messages import N_, Text
from ...results import OVERLAPPING, Result
from ...stats.claims import shown
from .associations import MadeOf, one_source
from .audience import Comparison

TRAITS = 10
"""Traits on the sheet; what does not fit one page is in the index table."""

OF_ONE_ATTRIBUTE = 2
"""Rows of one attribute at most, so that one with many values does not fill the sheet."""

STRIKING = 0.2
"""Cohen's h from which a trait that formed a segment, and is therefore not tested, describes it: at least small."""


@dataclass(frozen=True)
class FactSheet:
    """What most sets a group apart, in sentences.

    Parameters
    ----------
    name : Text
        Who is described, and compared with whom.
    n : int
        Customers for whom at least one of the traits is known.
    traits : tuple of Text
        Strongest first.
    """

    name: Text
    n: int
    traits: tuple[Text, ...]


def top_traits(table: pd.DataFrame, min_group: int = 10, made_of: MadeOf | None = None) -> pd.DataFrame:
    """The established differences that most set a group apart, and of a segment what formed it.

    Parameters
    ----------
    table : DataFrame
        From `index.compare` or `index.compare_with_population`; with the column ``hidden`` from the gate, rows that
        the page hides are left out.
    min_group : int
        Smallest count that may be spoken of (``privacy.min_group_size``).
    made_of : mapping of str to collection of str, optional
        What derived attributes are made of: of two attributes of which one is made of the other, or both of a third,
        only the one with the larger effect is told.

    Returns
    -------
    DataFrame
        At most `TRAITS` rows, `OF_ONE_ATTRIBUTE` of each attribute, one of a two-valued attribute (the more frequent
        than expected); attributes with the largest effect first.
    """
    large = (table["n"] >= min_group) & (table["base"] - table["n"] >= min_group)
    established = table["claim"].astype(bool)
    if "formed_by" in table:
        established |= table["formed_by"] & (table["effect"].abs() >= STRIKING)
    rows = shown(table.loc[established & large])
    # Of the two mirror-image rows of a two-valued attribute the one above 100 is told.
    two = table.groupby("attribute")["value"].transform("size").eq(2).loc[rows.index]
    rows = rows.loc[~two | (rows["index"] > 100)]
    rows = rows.loc[rows["effect"].abs().sort_values(ascending=False, kind="stable").index]
    told: list[str] = []
    for name in rows["attribute"].unique():
        derived = {name, *told} & set(made_of or {})
        if not any(one_source(name, other, made_of) for other in told if derived & {name, other}):
            told.append(name)
    rows = rows.loc[rows["attribute"].isin(told)]
    rows = rows.groupby("attribute", sort=False).head(OF_ONE_ATTRIBUTE).head(TRAITS)
    place = {name: at for at, name in enumerate(rows["attribute"].unique())}  # rows of an attribute stand together
    return rows.sort_values("attribute", key=lambda names: names.map(place), kind="stable", ignore_index=True)


def striking(comparison: Comparison, guarded: pd.DataFrame, made_of: MadeOf | None = None) -> Result:
    """The traits of the sheet with their share and that of the base.

    Parameters
    ----------
    comparison : Comparison
    guarded : DataFrame
        Its index table as a page shows it: what is hidden there is not told.
    made_of : mapping of str to collection of str, optional
        See `top_traits`.
    """
    table = comparison.table.frame
    there = guarded.loc[~guarded["suppressed"].astype(bool), ["attribute", "value"]] if len(guarded) else table[:0]
    keys = set(there[["attribute", "value"]].itertuples(index=False, name=None))
    hidden = [key not in keys for key in table[["attribute", "value"]].itertuples(index=False, name=None)]
    top = top_traits(table.assign(hidden=hidden), made_of=made_of)
    about = Text(N_("The traits of the sheet, strongest first, and the share of the base."))
    return Result("striking", top.drop(columns="hidden"), Text(N_("What stands out most")), OVERLAPPING, about=about)


def fact_sheet(top: pd.DataFrame, group: Text, base: Text) -> FactSheet:
    """The sentences of the sheet.

    Parameters
    ----------
    top : DataFrame
        From `top_traits`.
    group, base : Text
        Who is described, and who stands for 100.
    """
    name = Text(N_("What sets apart: {group:value}, compared with {base:label}"), {"group": group, "base": base})
    return FactSheet(name, int(top["base"].max()) if len(top) else 0, tuple(_sentence(row) for row in top.itertuples()))


def _sentence(row: Any) -> Text:
    more = N_(
        "{attribute/value:group}: {share:share} of them, {rest:share} of the base – {ratio:ratio} times as frequent "
        "(index {index:index})."
    )
    less = N_(
        "{attribute/value:group}: only {share:share} of them, {rest:share} of the base – {ratio:ratio} times as "
        "frequent (index {index:index})."
    )
    values = {"attribute": row.attribute, "value": row.value, "share": float(row.share), "rest": float(row.share_rest)}
    return Text(
        more if row.index > 100 else less, values | {"index": float(row.index), "ratio": float(row.index) / 100}
    )
