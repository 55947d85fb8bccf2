"""What happened to the exports since the last run: which are shorter, new or gone, and what is defined otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

import pandas as pd

from ...messages import N_, Finding, Text
from ...results import NOBODY, Result
from . import knowledge
from .knowledge import EVERYWHERE, Knowledge

SHORTER = 0.02
"""Part of its rows from which on an export is called shorter than in the last run."""
REDEFINED = {
    "version": N_("the version of the product"),
    "rules": N_("general rules in dataset.yaml"),
    "segments": N_("what segments are made of"),
    "identity": N_("the rules by which customers are joined"),
    "source": N_("the source “{source:value}”"),
    "parameters": N_("the parameters of chapter {source}"),
}


def redefinitions(now: Knowledge, before: Knowledge) -> set[str]:
    """What is defined otherwise than in the run before; nothing without one."""
    return knowledge.redefined(now, before) if before.compares() else set()


def sources(now: Knowledge, before: Knowledge) -> Result:
    """What happened to the exports since the last run: which are shorter, and what is defined otherwise.

    Returns
    -------
    Result
        ``source`` (or what else is defined otherwise)``, last_rows, rows`` (read)``, lost_share`` (of the last rows)``,
        unusable_share`` (fewer of them than then are used)``, redefined``; only what changed. Not shown: ``part,
        table, one_run``.
    """
    title = Text(N_("Exports that are shorter than in the last run, less usable, or defined otherwise"))
    columns = ["source", "last_rows", "rows", "lost_share", "unusable_share", "redefined"]
    if not before.compares():
        return Result("changed_sources", pd.DataFrame(columns=[*columns, "part", "table", "one_run"]), title, NOBODY)
    changed = redefinitions(now, before)
    mine, last = (run["reconciliation"].set_index("source") for run in (now, before))
    both = pd.DataFrame({"table": mine["table"].combine_first(last["table"])})
    both = both.assign(last_rows=last["read"], rows=mine["read"])
    both["unusable_share"] = (1 - (mine["used"] / mine["read"]) / (last["used"] / last["read"])).clip(lower=0)
    both = both.rename_axis("source").reset_index()
    one_run = both[["last_rows", "rows"]].isna().any(axis=1)
    counts = {name: both[name].fillna(0).astype("int64") for name in ("last_rows", "rows")}
    both = both.fillna({"unusable_share": 0.0}).assign(**counts, part="source:" + both["source"])
    lost = 1 - both["rows"] / both["last_rows"].where(both["last_rows"] > 0)
    both = both.assign(lost_share=lost.clip(lower=0).fillna(0.0), one_run=one_run)
    others = pd.DataFrame({"part": sorted(changed - set(both["part"]))}).assign(one_run=False)
    both = pd.concat([both, others], ignore_index=True)
    both = both.assign(redefined=both["part"].isin(list(changed)), one_run=both["one_run"].astype(bool))
    both["source"] = both["source"].fillna(both["part"].map(REDEFINED)).fillna(both["part"])
    worse = both[["lost_share", "unusable_share"]].gt(SHORTER).any(axis=1)
    both = both[both["redefined"] | both["one_run"] | worse].reset_index(drop=True)
    return Result("changed_sources", both, title, NOBODY, claims=_sources, columns=columns)


def behind_definition(exports: pd.DataFrame, tables: Set[str]) -> Text | None:
    """The one definition that is not as it was, of those by which some tables are read; None if there are several.

    Parameters
    ----------
    exports : DataFrame
        Of `sources`.
    tables : set of str
        Those whose rows a headline counts.
    """
    followed = exports["table"].isin(list(tables)) | exports["part"].isin(EVERYWHERE)
    causes = exports[exports["redefined"].astype(bool) & followed]
    return _defined(causes["part"].iloc[0]) if len(causes) == 1 else None


def behind_coverage(exports: pd.DataFrame, covered: Mapping[str, int]) -> Text | None:
    """The one export that can have made a table longer, or shorter, than it was; None if none or several can.

    Parameters
    ----------
    exports : DataFrame
        Of `sources`. An export that is read by another definition is none: its time is not compared.
    covered : mapping of str to int
        Rows that each table has more of the earlier period than it had then.
    """
    if len(covered) != 1:
        return None
    ((table, more),) = covered.items()
    mine = exports[(exports["table"] == table) & ~exports["redefined"].astype(bool)]
    less = mine[["lost_share", "unusable_share"]].gt(SHORTER).any(axis=1)
    new = mine["one_run"].astype(bool) & ~less
    causes = mine[new] if more > 0 else mine[less]
    return _happened(next(causes.itertuples())) if len(causes) == 1 and not (new.any() and less.any()) else None


def _happened(row: Any) -> Text:
    shorter = N_("the export “{source:value}” is shorter by {less:part} than in the last run")
    unusable = N_("{less:part} fewer records of the export “{source:value}” can be used than in the last run")
    fresh, gone = N_("the export “{source:value}” is new"), N_("the export “{source:value}” is no longer read")
    if row.one_run:
        return Text(gone if row.lost_share else fresh, {"source": row.source})
    if row.lost_share > SHORTER:
        return Text(shorter, {"source": row.source, "less": float(row.lost_share)})
    return Text(unusable, {"source": row.source, "less": float(row.unusable_share)})


def _defined(part: str) -> Text:
    kind, _, of = part.replace(" ", ":").partition(":")
    return Text(REDEFINED[kind], {"source": of} if of else {})


def _sources(table: pd.DataFrame) -> list[Finding]:
    happened, otherwise = "{what:capital}.", N_("Defined otherwise than in the last run: {what:label}.")
    worse = table["one_run"].astype(bool) | table[["lost_share", "unusable_share"]].gt(SHORTER).any(axis=1)
    return [
        *(
            Finding(happened, {"what": _happened(row)}, id=f"changed_source.{row.source}")
            for row in table[worse].itertuples()
        ),
        *(
            Finding(otherwise, {"what": _defined(part)}, id=f"redefined.{part}")
            for part in table.loc[table["redefined"].astype(bool), "part"]
        ),
    ]
