"""What contacts earned: the margin of the spend that they brought, less their cost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy import special

from ...messages import N_, Text
from ...results import OVERLAPPING, Result
from ...stats.claims import Claims
from ...stats.comparisons import adjust
from ...stats.intervals import z_value
from .trials import ENDS, SPEND, Trial


def returns(found: list[Trial], measured: Result, margin: float, contact_cost: float) -> Result:
    """What each contact earned: the margin of the spend that it brought, less its cost.

    Parameters
    ----------
    found : list of Trial
    measured : Result
        From `effects`, or of groups from `responders.by_group`; what was not tested is left out.
    margin : float
        Part of the spend that is left to the company; 0: not known, and nothing is said.
    contact_cost : float
        Cost of a contact where the table of campaigns has no ``cost``; 0: not known, and nothing is said.

    Returns
    -------
    Result
        ``campaign, n`` (contacted)``, cost, margin_brought``, their difference ``worth`` with interval, in money for
        each contact, and ``roi``, that difference for each unit of cost; of groups with ``attribute, value``.
    """
    keys = [name for name in ("campaign", "attribute", "value") if name in measured.frame]
    columns = [*keys, "n", "cost", "margin_brought", *(f"{x}{e}" for x in ("worth", "roi") for e in ENDS), "p"]
    spends = measured.frame[(measured.frame["reaction"] == SPEND) & measured.frame["p"].notna() & (margin > 0)]
    cost = {t.campaign: t.rows.loc[~t.rows["held"], "cost"].mean() if "cost" in t.rows else np.nan for t in found}
    table = spends[keys].assign(n=spends["base"])
    table["cost"] = spends["campaign"].map(cost).astype(float).fillna(contact_cost)
    table["margin_brought"] = margin * spends["brought_spend"]
    for end in ENDS:
        table[f"worth{end}"] = margin * spends[f"brought_spend{end}"] - table["cost"]
        table[f"roi{end}"] = table[f"worth{end}"] / table["cost"]
    table = table[table["cost"] > 0]
    spread = (table["worth_high"] - table["worth_low"]) / (2 * z_value())
    table["p"] = 2 * special.ndtr(-(table["worth"] / spread).abs())
    table = adjust(table.reindex(columns=columns).reset_index(drop=True))
    table["effect"] = 0.2
    of_groups = len(keys) > 1
    told = replace(RETURNS, subject="group_returns", message=_of_group, most=2) if of_groups else RETURNS
    told = replace(told, key=tuple(keys), values=RETURNS.values | {name: name for name in keys})
    return Result(
        "group_returns" if of_groups else "campaign_returns",
        table,
        Text(N_("What a contact earned in each group") if of_groups else N_("What a contact earned after its cost")),
        OVERLAPPING,
        lambda frame: told.tell(frame, len(table), frame[frame["claim"]].sort_values("worth", ascending=False)),
        family=len(table),
        about=Text(
            N_("Margin of {margin:part} of the spend that a contact brought, less its cost."), {"margin": margin}
        ),
    )


def _of_group(row: Any) -> str:
    if row.worth > 0:
        return N_(
            "Campaign “{campaign:label}” paid for {attribute/value:group}: each contact cost {cost:money} and brought "
            "{margin:money} of margin."
        )
    return N_(
        "Campaign “{campaign:label}” did not pay for {attribute/value:group}: each contact cost {cost:money} and "
        "brought {margin:money} of margin."
    )


RETURNS = Claims(
    "returns",
    lambda row: (
        N_("Campaign “{campaign:label}” paid: each contact cost {cost:money} and brought {margin:money} of margin.")
        if row.worth > 0
        else N_(
            "Campaign “{campaign:label}” did not pay: each contact cost {cost:money} and brought {margin:money} of "
            "margin."
        )
    ),
    {"campaign": "campaign", "cost": "cost", "margin": "margin_brought"},
    key=("campaign",),
    nothing=N_("Of no campaign is it certain whether it earned its cost ({family:count} comparisons)."),
    test=N_("Welch’s test, Benjamini–Hochberg"),
    estimate="worth",
    n="n",
    most=3,
)
