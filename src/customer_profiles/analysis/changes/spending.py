"""How much chance a run may spend on alarms, so that years of runs on an unchanged company alarm rarely."""

from __future__ import annotations

from datetime import date

import pandas as pd

from ...stats.families import ALPHA

YEARLY = 0.5
"""False alarms that a year of runs on an unchanged company may bring, as expected at most."""


def level(history: pd.DataFrame, before: date, now: date) -> float:
    """False discovery rate at which a run judges its headlines together.

    Chance is spent in proportion to time (the linear spending function of Lan & DeMets, for a year after the other):
    since the last run that tested anything, at most `ALPHA`. However many runs there are in a year, and whatever each
    of them tests anew, the levels of all add up to `YEARLY` at most. Where nothing changes, one test of a family
    alarms with at most its level (Simes 1986), so that no more alarms are expected.

    Parameters
    ----------
    history : DataFrame
        ``as_of`` (ISO date) and ``p_adjusted`` (missing: not tested) of each figure of earlier runs.
    before, now : date
        Days of the run that is compared with, and of this one; what was tested later than the first does not count.

    References
    ----------
    Lan & DeMets (1983), Discrete sequential boundaries for clinical trials, Biometrika 70:659–663; Foster & Stine
    (2008), α-investing, J. R. Statist. Soc. B 70:429–444, on testing without end.

    >>> told = pd.DataFrame({"as_of": ["2025-01-31", "2025-02-28"], "p_adjusted": [float("nan"), 0.4]})
    >>> round(level(told, date(2025, 3, 1), date(2025, 3, 8)), 4), level(told, date(2025, 3, 1), date(2025, 9, 1))
    (0.011, 0.05)
    >>> level(told.iloc[:0], date(2025, 3, 1), date(2025, 3, 1))
    0.0
    """
    known = history[history["as_of"] <= before.isoformat()]
    tested = known.loc[known["p_adjusted"].notna(), "as_of"]
    since = date.fromisoformat(tested.max()) if len(tested) else before
    if not len(tested) and len(known):
        since = date.fromisoformat(known["as_of"].min())
    return since_day(since, now)


def since_day(day: date, now: date) -> float:
    """What may be spent since a day: by what each run tests anew, since the run before."""
    return min(ALPHA, max((now - day).days, 0) * YEARLY / 365.25)
