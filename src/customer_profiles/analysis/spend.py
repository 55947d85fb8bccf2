"""What a group of customers spent, where the sum tells of no single one."""

from __future__ import annotations

import pandas as pd

FEWEST = 20
"""Customers who must have spent something, whatever the smallest group that is shown."""
TIMES = 2
"""Smallest groups that must have spent something, as a sum tells more than a count."""
LARGEST = 0.5
"""Part of the sum that the largest of them may have spent; else it would tell of that one. Rules of dominance:
Hundepool et al. (2012), "Statistical Disclosure Control", section 4.2."""


def spend_by_group(spend: pd.Series, group: pd.Series, min_group: int = FEWEST // TIMES) -> pd.Series:
    """Sum of what was spent by group, of groups in which enough customers spent and none spent most of it.

    Parameters
    ----------
    spend, group : Series
        Of each customer, with one index; customers without a group are left out.
    min_group : int
        Smallest count that may be spoken of (``privacy.min_group_size``).

    Examples
    --------
    >>> spend, group = pd.Series([5.0] * 60 + [900.0]), pd.Series(["a"] * 40 + ["b"] * 21)
    >>> spend_by_group(spend, group).to_dict()
    {'a': 200.0}
    """
    fewest = max(FEWEST, TIMES * min_group)
    sums = spend[spend > 0].groupby(group).agg(["sum", "size", "max"])
    return sums.loc[(sums["size"] >= fewest) & (sums["max"] <= LARGEST * sums["sum"]), "sum"].astype(float)
