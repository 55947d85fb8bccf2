"""The chapter as a whole: the facts it saves."""

from __future__ import annotations

import pandas as pd

from ...stats.comparisons import shown
from .attribution import Ways


def facts(
    profile: pd.DataFrame,
    visits: pd.DataFrame,
    sizes: pd.DataFrame,
    taken: pd.DataFrame,
    ways: Ways | None,
    **families: pd.DataFrame,
) -> dict[str, int]:
    """Visits, customers by stage and by next step, ways, and what each family compared and established.

    Parameters
    ----------
    profile : DataFrame
        One row per customer.
    visits : DataFrame
        From `funnels.visits`.
    sizes, taken : DataFrame
        From `stages.sizes` and `onboarding.times`, marked by the gate: what the page hides is no fact of it.
    ways : Ways, optional
    **families : DataFrame
        Tables of comparisons.
    """
    found = {"customers": len(profile), "visits": len(visits)}
    found |= {row.stage: int(row.n) for row in sizes[shown(sizes)].itertuples()}
    found |= {row.step: int(row.n) for row in taken[shown(taken)].itertuples()}
    found["ways_to_an_order"] = 0 if ways is None else ways.orders
    for name, table in families.items():
        found[f"{name}_comparisons"] = int(table.attrs.get("family", 0))
        found[f"{name}_established"] = int(table["claim"].astype(bool).sum())
    return found
