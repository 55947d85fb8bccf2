"""What became of the rows of each source: used, set aside and why, and what was changed without asking."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ...messages import N_, Finding, Text
from ...results import NOBODY, Result
from ...stats.claims import fact

if TYPE_CHECKING:
    from ...ingest.pipeline import Collected

MANY_SET_ASIDE = 0.01
"""One row in a hundred set aside is more than typing errors explain."""

FATES = ("read", "used", "set_aside", "duplicate", "excluded")
_MOST_NAMED = 3


def by_source(rows: pd.DataFrame) -> Result:
    """What became of every row.

    Parameters
    ----------
    rows : DataFrame
        One row per source: ``source``, a column for each of `FATES`, and whatever else is to be shown.
    """
    about = Text(N_("Share of {n:count} rows read that are not used."), {"n": int(rows["read"].sum())})
    return Result("reconciliation", rows, Text(N_("What became of every row, by source")), NOBODY, _rows, about=about)


def set_aside(reasons: pd.DataFrame) -> Result:
    """Rows set aside by source, column and reason, the most frequent first.

    Parameters
    ----------
    reasons : DataFrame
        ``source, column, reason, n`` and ``base`` (rows read of the source).

    Returns
    -------
    Result
        The same with ``share``.
    """
    keys = ["source", "column", "reason"]
    table = reasons[[*keys, "n", "base"]].assign(share=reasons["n"] / reasons["base"])
    table = table.sort_values(["n", *keys], ascending=[False, True, True, True], ignore_index=True)
    title, about = Text(N_("Rows set aside, by source, column and reason")), Text(N_("Share of the rows of a source."))
    return Result("validity", table, title, NOBODY, claims=_unreadable, about=about)


def dialects(stated: pd.DataFrame) -> Result:
    """How each source is written: ``source, file`` (empty: all of them), ``property, value, how``."""
    return Result("dialects", stated, Text(N_("How each source is written, declared or found")), NOBODY)


def changes(cleaning: pd.DataFrame) -> Result:
    """Automatic changes: ``source, rule, column, n, before, after`` (values), as `collect` counts them."""
    return Result(
        "cleaning", cleaning, Text(N_("Automatic changes, by source, rule and column")), NOBODY, claims=_cleaned
    )


def facts(collected: Collected) -> dict[str, int]:
    """Counts that chapter 01 fixes: of sources, rows by what became of them, values checked."""
    rows, inventory = collected.reconciliation, collected.inventory
    return {
        "sources": len(rows),
        "source_kinds": inventory["system"].nunique(),
        **{f"rows_{name}": int(rows[name].sum()) for name in FATES},
        "values_checked": int(collected.checks["base"].sum()),
        "values_invalid": int(collected.checks["n"].sum()),
        "values_cleaned": int(collected.cleaning["n"].sum()),
    }


def _rows(table: pd.DataFrame) -> list[Finding]:
    message = N_(
        "{read:count} rows were read from {sources:count} sources: {used:count} are used, {set_aside:count} "
        "were set aside as unreadable, {duplicate:count} are duplicates and {excluded:count} were excluded."
    )
    everything = N_("All {read:count} rows of {sources:count} sources are used.")
    values = {"sources": len(table)} | {name: int(table[name].sum()) for name in FATES}
    complete = values["used"] == values["read"]
    return [Finding(everything if complete else message, values, id="rows", n=values["read"])]


UNREADABLE = fact(
    "set_aside",
    N_(
        "Of the source “{source:value}”, {n:count} of {base:count} rows ({share:share}) were set aside; "
        "most often because of the column “{column:label}”: {reason:label}."
    ),
    {"column": lambda row: row.column or "–"},
    key=("source",),
    effect="share",
    most=_MOST_NAMED,
)


def _unreadable(table: pd.DataFrame) -> list[Finding]:
    """Sources that lost many rows, each with its most frequent reason."""
    lost = table["n"].groupby(table["source"]).transform("sum")
    worst = table.drop_duplicates("source").assign(n=lost, share=lost / table["base"])
    worst = worst[worst["share"] >= MANY_SET_ASIDE].sort_values(["share", "source"], ascending=[False, True])
    return UNREADABLE.each(worst)


def _cleaned(table: pd.DataFrame) -> list[Finding]:
    values = table[(table["column"] != "") & (table["rule"] != "bands")]
    if not len(values):
        return []
    lost = int((values["before"] - values["after"]).sum())
    message = N_("Values changed automatically: {n:count} (rules that did so: {rules:count}).")
    if lost:
        message = N_(
            "Values changed automatically: {n:count} (rules that did so: {rules:count}; without a value since: "
            "{lost:count})."
        )
    told = {"n": int(values["n"].sum()), "rules": values["rule"].nunique(), "lost": lost}
    return [Finding(message, told, id="cleaned", n=told["n"])]
