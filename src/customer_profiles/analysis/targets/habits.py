"""Whether customers answer who answered before, and whether many contacts tire them; an association."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ...messages import N_, Text
from ...results import OVERLAPPING, Result
from ...stats.claims import Claims
from ...stats.comparisons import adjust, family_size
from ..journeys import clustered
from .responders import answered
from .trials import ENDS

ANSWERED, CONTACTS = "answered_before", "contacts_before"
TIRED_DAYS = 90
MANY = 3
"""Contacts within `TIRED_DAYS` that are counted as so many or more."""
COLUMNS = ["attribute", "value", "n", "base", "occasions", "share", "share_low", "share_high"]


def history(sent: pd.DataFrame) -> Result:
    """How often contacts are answered by what came before them.

    Contacts of one campaign are compared with each other: one that everybody answers is no habit of those whom it
    reached.

    Parameters
    ----------
    sent : DataFrame
        From `trials.contacts`; those held back, and campaigns that nobody answered, are left out.

    Returns
    -------
    Result
        ``attribute, value, n`` (customers who answered)``, base`` (customers)``, occasions, share`` of the contacts
        with interval; in the last row of an attribute ``difference`` of 100 contacts with interval, errors by customer:
        between the two values of `ANSWERED`, and for each further one of `CONTACTS`.
    """
    rows = answered(sent).sort_values(["customer_no", "at"], kind="stable").reset_index(drop=True)
    by_customer = rows.assign(hit=rows["hit"].astype(float)).set_index("at").groupby("customer_no")["hit"]
    before, lately = (
        by_customer.rolling(f"{days}D", closed="left").agg(["count", "sum"]).reset_index(drop=True).fillna(0)
        for days in (36_500, TIRED_DAYS)
    )
    asked = before["count"] > 0
    again = rows[asked].assign(level=before.loc[asked, "sum"].gt(0).astype(int))
    tables = [
        _habit(again, ANSWERED, ["no", "yes"]),
        _habit(rows.assign(level=lately["count"].clip(upper=MANY).astype(int)), CONTACTS, ["0", "1", "2", f"{MANY}+"]),
    ]
    table = adjust(pd.concat(tables, ignore_index=True).reindex(columns=[*COLUMNS, *DIFFERENCE, "p"]))
    table["effect"] = table["difference"].abs() / 100
    family = family_size(table)
    return Result(
        "response_history",
        table if family else table.head(0),
        Text(N_("Who answered before, and who was contacted often")),
        OVERLAPPING,
        lambda frame: HABITS.tell(frame, family),
        family=family,
        about=Text(
            N_("Share of {n:count} contacts that were answered, by what came before them: an association."),
            {"n": len(rows)},
        ),
        note=Text(
            N_("Contacts of the same campaign are compared. Earlier ones are counted over {days:count} days."),
            {"days": TIRED_DAYS},
        ),
    )


DIFFERENCE = [f"difference{end}" for end in ENDS]


def _habit(rows: pd.DataFrame, attribute: str, names: list[str]) -> pd.DataFrame:
    """Shares of each level, and the slope between contacts of the same campaign."""
    import statsmodels.api as sm

    table = clustered.shares(rows.sort_values("level", kind="stable"), "level")
    table = table.assign(attribute=attribute, value=[names[level] for level in table["level"]])
    table = table if len(table) > 1 else table.head(0)  # nothing to compare with
    level, hit = (rows[name] - rows.groupby("campaign")[name].transform("mean") for name in ("level", "hit"))
    if min(table["base"], default=0) < clustered.MIN_CUSTOMERS or len(table) < 2 or np.allclose(level, 0):
        return table
    errors = {"groups": rows["customer_no"].to_numpy(), "df_correction": True}
    found = sm.OLS(hit.to_numpy(), level.to_numpy()).fit(cov_type="cluster", cov_kwds=errors)
    last = table.index[-1]
    table.loc[last, DIFFERENCE] = 100 * np.array([found.params[0], *found.conf_int()[0]])
    table.loc[last, "p"] = found.pvalues[0]
    return table


def _message(row: Any) -> str:
    more = row.difference > 0
    if row.attribute == ANSWERED and more:
        return N_("Who answered before answers again: {difference:number} more of 100 contacts than the others.")
    if row.attribute == ANSWERED:
        return N_("Who answered before answers less often: {difference:number} fewer of 100 contacts than the others.")
    if more:
        return N_(
            "More contacts, more answers: {difference:number} more of 100 with each further one in {days:count} days."
        )
    return N_(
        "More contacts, fewer answers: {difference:number} fewer of 100 with each further one in {days:count} days."
    )


HABITS = Claims(
    "response_history",
    _message,
    {"difference": lambda row: abs(row.difference), "days": lambda row: TIRED_DAYS},
    key=("attribute",),
    nothing=N_("Neither earlier answers nor many contacts go with the answers ({family:count} comparisons)."),
    test=N_("linear regression within campaigns, errors by customer, Benjamini–Hochberg"),
    estimate="difference",
    reach="base",
    most=2,
)
