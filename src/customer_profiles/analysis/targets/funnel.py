"""Where prospects are lost on their way to a customer, and which of them more often than others."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Text
from ...results import OVERLAPPING, Disclosure, Result
from ...stats.claims import Claims, shown
from ...stats.effect_sizes import from_shares
from ..demographics.categories import Orders
from ..journeys import clustered
from ..journeys.groups import TEST, difference, strongest
from .prospects import STAGE, Prospects

CUSTOMER = N_("became a customer")


def steps(found: Prospects, orders: Orders) -> pd.DataFrame:
    """Every step that a prospect could take, and whether it was taken: ``customer_no`` (the id)``, step, hit``.

    Only prospects of whom it is decided, for a young one is still on its way. Who came to a later stage went through
    the earlier ones, and who bought through all.

    Parameters
    ----------
    found : Prospects
    orders : mapping
        Of `STAGE` from the first to the last; without it there are no steps.
    """
    old, names = found.decided, [*orders.get(STAGE, ()), CUSTOMER]
    if len(names) < 2 or STAGE not in old or not len(old):
        return pd.DataFrame(columns=["customer_no", "step", "hit"])
    place = {name: number for number, name in enumerate(names, 1)}
    reached = old[STAGE].map(place).astype(float).fillna(0).to_numpy()
    if old["bought"][reached == len(names) - 1].all():  # the last stage is the purchase
        del place[CUSTOMER]
    reached = np.where(old["bought"], len(place), reached)
    parts = [
        pd.DataFrame({"customer_no": old.index[came], "step": name, "hit": reached[came] >= number})
        for name, number in place.items()
        if (came := reached >= number - 1).any()
    ]
    return pd.concat(parts, ignore_index=True)


def funnel(taken: pd.DataFrame) -> Result:
    """How many prospects take each step of those who came as far: ``step, n, base, share`` with interval."""
    table = clustered.shares(taken).drop(columns=["times", "occasions"])
    return Result(
        "lead_funnel",
        table,
        Text(N_("How far prospects come")),
        OVERLAPPING,
        _narrowest,
        about=Text(
            N_("Of the prospects who came as far as the step before; {n:count} came in, old enough to be decided."),
            {"n": taken["customer_no"].nunique()},
        ),
    )


def losses(taken: pd.DataFrame, found: Prospects, orders: Orders) -> Result:
    """Which prospects take a step more or less often than all others who came as far, see `clustered.by_group`."""
    known = found.features.rename_axis("customer_no").reset_index()
    table, family = clustered.by_group(taken, known, found.features.columns, orders)
    ties = ["step", "attribute", "value"]
    return Result(
        "lead_losses",
        table.assign(effect=table["effect"].abs()),
        Text(N_("Which prospects are lost at which step")),
        Disclosure(within=("step", "attribute")),
        lambda frame: LOSSES.tell(frame, family, strongest(frame, None, ties)),
        family=family,
        about=Text(N_("Compared with all other prospects who came as far: an association.")),
    )


LOSSES = Claims(
    "lead_losses",
    N_(
        "{attribute:label} “{value:value}”: {share:part} of these prospects take the step “{step:value}”, of the other "
        "prospects who came as far {rest:part}."
    ),
    {"attribute": "attribute", "value": "value", "step": "step", "share": "share", "rest": "share_rest"},
    key=("step", "attribute", "value"),
    nothing=N_("No kind of prospects is lost more often than the others at any step ({family:count} comparisons)."),
    test=TEST,
    reach="base",
    effect=difference,
    most=3,
)


def _narrowest(table: pd.DataFrame) -> list[Finding]:
    """The step at which most of those who came as far are lost."""
    rows = shown(table)
    if len(rows) < 2:
        return []
    row = rows.sort_values("share", kind="stable").iloc[0]
    message = N_("Most are lost before the step “{step:value}”: {share:part} of the prospects who came as far take it.")
    values = {"step": str(row["step"]), "share": float(row["share"])}
    ends = (float(row["share_low"]), float(row["share_high"]))
    effect = float(from_shares(row["share"], rows["share"].mean()))
    return [Finding(message, values, id="lead_funnel.narrowest", n=int(row["base"]), interval=ends, effect=effect)]
