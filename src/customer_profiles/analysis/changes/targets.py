"""Key figures against the targets that dataset.yaml sets, and against what the company itself counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Text
from ...results import OVERLAPPING, Result
from ...stats.claims import shown
from .. import kpis
from ..kpi_definitions import KPIS
from .parts import tables_of
from .told import amount, called, difference, headline

COLUMNS = [
    *("headline", "this_value", "this_value_low", "this_value_high", "target", "short_of_target", "target_share"),
    *("own_total", "differs_by", "owner", "claim", "n"),
]


ROWS = ["read", "set_aside", "duplicate", "excluded"]
"""What became of the rows of the exports."""


def against_targets(
    headlines: pd.DataFrame, targets: Mapping[str, Any], rows: pd.DataFrame | None = None, outcome: Any = None
) -> Result:
    """The key figures for which dataset.yaml has a target or the company's own total.

    Parameters
    ----------
    headlines : DataFrame
        From `parts.headlines`.
    targets : mapping of str to Target
        ``target, tolerance, owner, own_total`` by the name of the key figure.
    rows : DataFrame, optional
        ``table`` and `ROWS` of each source: why the report counts otherwise than the company.
    outcome : Outcome, optional
        Whether the company's own outcome is a ``good`` one: of a bad one less is better.

    Returns
    -------
    Result
        ``headline, this_value`` with its interval, ``target, short_of_target`` (how far it is on the wrong side, 0 if
        it is not)``, target_share`` (of the target that is reached)``, own_total, differs_by`` (report minus
        company)``, owner, claim`` (short by more than the tolerance)``, n``; figures that the data do not have are
        left out, and those whose records are younger than what they look back.
    """
    needed = headlines["headline"].map({name: kpi.months for name, kpi in KPIS.items()})
    known = headlines["headline"].isin(list(targets)) & ~kpis.too_young(headlines["months"], needed)
    known = headlines[known].reset_index(drop=True)
    set_for = [targets[name] for name in known["headline"]]
    better = np.array([KPIS[name].better for name in known["headline"]], dtype=float)
    better[known["headline"].eq("outcome") & (outcome is not None and not outcome.good)] = -1
    target, own, tolerance = (
        np.array([getattr(of, name) for of in set_for], dtype=float) for name in ("target", "own_total", "tolerance")
    )
    value = known["value"].to_numpy(dtype=float)
    short = np.clip(better * (target - value), 0.0, None)
    table = pd.DataFrame(
        {
            "key": known["headline"],
            "kind": known["kind"],
            "headline": [called(name) for name in known["headline"]],
            **{f"this_value{end}": known[f"value{end}"] for end in ("", "_low", "_high")},
            "target": target,
            "short_of_target": short,
            "target_share": value / np.where(known["kind"].eq("points") | (target == 0), np.nan, target),
            "own_total": own,
            "differs_by": value - own,
            "owner": [of.owner for of in set_for],
            "claim": short > tolerance,
            "n": known["n"],
        }
    )
    if rows is not None:
        behind = [rows[rows["table"].isin(tables_of(name))][ROWS].sum() for name in known["headline"]]
        table = table.assign(**pd.DataFrame(behind, columns=ROWS, index=table.index))
    title = Text(N_("Key figures against their targets and the company's own totals"))
    return Result("targets", table, title, OVERLAPPING, claims=_claims, columns=COLUMNS)


def _claims(table: pd.DataFrame) -> list[Finding]:
    missed = N_("{headline:label} misses its target: {now:label} instead of {target:label}{owner:value}.")
    less = N_("{headline:label}: the report counts {by:label} less than the company, {now:label} and not {own:label}.")
    more = N_("{headline:label}: the report counts {by:label} more than the company, {now:label} and not {own:label}.")
    agrees = N_("{headline:label}: the report counts what the company counts, {now:label}.")
    why = N_(
        "Of {read:count} records in the exports behind it, {set_aside:count} could not be used, {duplicate:count} "
        "stand there twice, and {excluded:count} are of later days or of people who may not appear."
    )
    told = []
    for row in shown(table).itertuples():
        values = {"headline": headline(str(row.key)), "now": amount(row.kind, row.this_value)}
        if row.claim:
            owner = Text(N_(" (to be told: {owner})"), {"owner": row.owner}) if row.owner else Text("")
            aim = {"target": amount(row.kind, row.target), "owner": owner}
            told.append(
                Finding(missed, values | aim, id=f"target.{row.key}", n=int(row.n), effect=0.3, reach=int(row.n))
            )
        if not np.isnan(row.own_total):
            own = {"own": amount(row.kind, row.own_total), "by": difference(row.kind, abs(row.differs_by))}
            same = abs(row.differs_by) <= 1e-9 * max(abs(row.own_total), 1.0)
            message, said = (agrees, values) if same else (less if row.differs_by < 0 else more, values | own)
            told.append(Finding(message, said, id=f"reconciled.{row.key}", n=int(row.n)))
            lost = {name: int(getattr(row, name, 0)) for name in ROWS}
            if not same and any(lost[name] for name in ROWS[1:]):
                told.append(Finding(why, lost, id=f"reconciled.{row.key}.why", n=int(row.n)))
    return told
