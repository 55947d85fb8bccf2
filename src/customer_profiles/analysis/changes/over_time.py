"""Headlines beside those of a year before, and over all runs, as results."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from ...messages import N_, Finding, Text
from ...results import OVERLAPPING, Result
from ...stats.claims import shown
from .. import kpis
from ..kpi_definitions import KPIS
from .told import ENDS, HEADINGS, OVERLAPPING_BOTH, by_part, called, moved, relative

PARTS = {"change": N_("Whole change")} | {part: HEADINGS[part] for part in ("mix", "behaviour")}

LITTLE = 2.0
"""Per cent, or points of a score: a smaller difference is no news, however certain."""
TRIVIAL = 0.1
"""Of a whole change, what customers do differently is no news below this part of it."""


def year_before(split: pd.DataFrame) -> Result:
    """Key figures against the same months a year before, which season cannot explain.

    Parameters
    ----------
    split : DataFrame
        From `parts.year_before`.

    Returns
    -------
    Result
        ``headline, part`` (`PARTS`)``, relative_change`` (per cent of the value a year before, points of a score as
        they are; with its interval)``, amount`` (in the unit of the figure)``, year_before, this_value, p_adjusted,
        claim, n, n_before``.
    """
    family = int(split["p"].notna().sum())
    table = by_part(split, PARTS).assign(
        year_before=lambda rows: rows["value_before"], this_value=lambda rows: rows["value"]
    )
    columns = ["headline", "part", *(f"relative_change{end}" for end in ENDS), "amount", "year_before", "this_value"]
    return Result(
        "year_before",
        table if family else table.head(0),
        Text(N_("Key figures against the same months a year before")),
        OVERLAPPING_BOTH,
        claims=lambda frame: _against_last_year(frame, family),
        family=family,
        about=Text(N_("In per cent of the value in the same months a year before; scores in points.")),
        columns=[*columns, "p_adjusted", "claim", "n", "n_before"],
    )


def _against_last_year(table: pd.DataFrame, family: int) -> list[Finding]:
    """What customers do differently, the largest difference first; the summary tells the figures themselves."""
    table = shown(table)
    if not family or not len(table):
        return []
    whole = table[table["of"] == "change"].set_index("key")["amount"]
    claimed = table[table["claim"].astype(bool)]
    claimed = claimed.assign(whole_change=claimed["key"].map(whole).fillna(0.0))
    claimed = claimed.rename(columns={"year_before": "last_value", "amount": "behaviour"})
    claimed = claimed.sort_values("relative_change", key=abs, ascending=False, kind="stable")
    if claimed.empty:
        none = N_(
            "Against the same months a year before, none of {family:count} key figures differs by what customers do "
            "more than chance explains."
        )
        n = int(table["n"].max())
        return [Finding(none, {"family": family}, id="year_before", family=family, n=n, kind="nothing")]
    large = claimed["relative_change"].abs() >= LITTLE
    claimed = claimed[large & (claimed["behaviour"].abs() >= TRIVIAL * claimed["whole_change"].abs())]
    return [
        replace(moved(row, family), id=f"year_before.{row.key}", effect=0.0, reach=0, kind="fact")
        for row in claimed.itertuples()
    ]


def history(earlier: pd.DataFrame, headlines: pd.DataFrame) -> Result:
    """Key figures of all runs, of each day the last one.

    Parameters
    ----------
    earlier : DataFrame
        ``as_of`` (ISO date)``, name, unit, value, low, high, n, months`` of published runs, the oldest run first.
    headlines : DataFrame
        From `parts.headlines`, of this run.

    Returns
    -------
    Result
        ``headline, at, relative_change`` (since the first run: per cent, points of a score as they are; with the
        interval of the value)``, this_value`` with its interval``, n``. Empty before the second
        day. Runs whose records were too young to look back over as many months as today are left out.
    """
    names = {"headline": "name", "kind": "unit", "value_low": "low", "value_high": "high"}
    runs = pd.concat([earlier, headlines.rename(columns=names)], ignore_index=True)
    runs = runs[runs["name"].isin(list(KPIS)) & (runs["as_of"] <= headlines["as_of"].max())]
    looks_back = runs["name"].map(headlines.set_index("headline")["months"])
    runs = runs[~kpis.too_young(runs["months"], looks_back) & ~kpis.too_young(looks_back, runs["months"])]
    runs = runs.drop_duplicates(["name", "as_of"], keep="last").sort_values("as_of", kind="stable")
    runs = runs[runs["name"].isin(headlines["headline"]) & runs.groupby("name")["as_of"].transform("nunique").gt(1)]
    order = list(KPIS)
    runs = runs.sort_values("name", key=lambda names: names.map(order.index), kind="stable", ignore_index=True)
    first = runs.groupby("name")["value"].transform("first").astype(float)
    base = pd.DataFrame({"value_before": first, "kind": runs["unit"]})
    table = runs.assign(
        headline=[called(name) for name in runs["name"]],
        at=pd.to_datetime(runs["as_of"]),
        this_value=runs["value"],
        this_value_low=runs["low"],
        this_value_high=runs["high"],
        **{
            f"relative_change{end}": relative(runs[of].astype(float) - first, base)
            for end, of in zip(ENDS, ("value", "low", "high"), strict=True)
        },
    )
    return Result(
        "headline_history",
        table,
        Text(N_("Key figures over all runs")),
        OVERLAPPING,
        claims=_how_many,
        about=Text(N_("Change since the first run, in per cent; scores in points. Each line has a scale of its own.")),
        columns=["headline", "at", *(f"{of}{end}" for of in ("relative_change", "this_value") for end in ENDS), "n"],
    )


def _how_many(table: pd.DataFrame) -> list[Finding]:
    """What the lines are made of."""
    told = N_("{days:count} reports since {day:day} tell how each key figure moved.")
    values = {"day": table["at"].min().date(), "days": int(table["at"].nunique())}
    return [Finding(told, values, id="headline_history", n=int(table["n"].max()), effect=0.05)]
