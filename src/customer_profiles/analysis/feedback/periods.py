"""Is the score of the last quarter another than the one before, or that of a year ago?"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Text
from ...results import OVERLAPPING, Result
from ...stats.claims import Claims, shown
from ...stats.comparisons import corrected
from ...stats.effect_sizes import from_d
from ...stats.group_tests import nps_difference, welch
from .metrics import ESTIMATES, METRICS, summarise

BEFORE, YEAR = N_("the quarter before"), N_("the same quarter of the year before")

COLUMNS = [
    *("metric", "compared_with", "n", "n_rest", "difference", "difference_low", "difference_high", "claim"),
    *("month", *ESTIMATES, "nps_rest", "mean_rest", "p", "p_adjusted", "effect"),
]


def score_periods(answers: pd.DataFrame, as_of: object, min_answers: int = 30) -> Result:
    """Each score of the last full quarter against the quarter before and the same quarter of the year before.

    Who answers in both quarters is treated as two persons, which makes the tests cautious: two answers of one person
    differ less than those of two.

    Parameters
    ----------
    answers : DataFrame
        The last answer of each customer in each ``quarter``, a column of periods; see `metrics.latest`.
    as_of : date
        Day of the run; a quarter that ends later is not full.
    min_answers : int
        Answers that both quarters must have.

    Returns
    -------
    Result
        ``metric, month`` (first of the quarter)``, compared_with, n`` and the estimates of `metrics.summarise`,
        n_rest, nps_rest, mean_rest, difference`` (of NPS in points, else of means) with interval``, p, p_adjusted,
        effect`` (difference in standard deviations)``, claim``; all rows one family.
    """
    last = (pd.Timestamp(as_of) + pd.Timedelta(days=1)).to_period("Q") - 1
    summary = summarise(answers.loc[answers["quarter"].isin([last, last - 1, last - 4])], ["metric", "quarter"])
    summary = summary.loc[summary["n"] >= min_answers]
    rows = []
    for metric in METRICS:
        table = summary.loc[summary["metric"] == metric].set_index("quarter")
        for name, against, other in ((BEFORE, "quarter", last - 1), (YEAR, "year", last - 4)):
            if {last, other} <= set(table.index):
                row = {"month": last.start_time, "compared_with": name, "against": against}
                rows.append(row | _against(table, last, other))
    table, family = corrected(rows, [*COLUMNS, "against"])
    return Result(
        "score_periods",
        table,
        Text(N_("Scores of the last full quarter against earlier ones")),
        OVERLAPPING,
        claims=partial(_claims, family=family),
        family=family,
        columns=COLUMNS,
        needs="feedback",
    )


def _claims(table: pd.DataFrame, family: int) -> list[Finding]:
    """Scores that moved from quarter to quarter, or one finding that none did."""
    claims = shown(table.loc[table["claim"].astype(bool)])
    if claims.empty:
        return MEAN.tell(table, family)
    return [(NPS if row.metric == "nps" else MEAN).one(row, family) for row in claims.itertuples()]


_MOVED = {"compared": "compared_with", "month": lambda row: row.month.date()}
NPS = Claims(
    "periods",
    N_(
        "In the quarter from {month:month} on the Net Promoter Score is {now:points} (n = {n:count}) against "
        "{then:points} in {compared:label} (difference {low:number} to {high:number})."
    ),
    _MOVED | {"now": "nps", "then": "nps_rest"},
    key=("metric", "against"),
    test=N_("adjusted-Wald z or Welch's t test, Benjamini–Hochberg"),
    estimate="difference",
    n="n",
    effect=lambda row: from_d(row.effect),
)
MEAN = replace(
    NPS,
    message=N_(
        "{metric:label}: in the quarter from {month:month} on the average is {now:number} (n = {n:count}) against "
        "{then:number} in {compared:label} (difference {low:number} to {high:number})."
    ),
    values=_MOVED | {"now": "mean", "then": "mean_rest"},
    nothing=N_(
        "No score of the last full quarter differs from the quarter before or from a year before: none of "
        "{family:count} comparisons by more than chance."
    ),
)


def _against(table: pd.DataFrame, last: pd.Period, other: pd.Period) -> dict:
    """One quarter against another, from their summaries."""
    now, then = table.loc[last], table.loc[other]
    if now["metric"] == "nps":
        boxes = ["good", "middle", "poor"]
        test = nps_difference(now[boxes].to_numpy(float), then[boxes].to_numpy(float))
    else:
        test = welch(now["mean"], now["sd"], now["n"], then["mean"], then["sd"], then["n"])
    freedom = now["n"] + then["n"] - 2
    pooled = np.sqrt(((now["n"] - 1) * now["sd"] ** 2 + (then["n"] - 1) * then["sd"] ** 2) / freedom)
    row = {name: now[name] for name in ("metric", "n", *ESTIMATES)}
    row |= {"n_rest": then["n"], "nps_rest": then["nps"], "mean_rest": then["mean"]}
    row |= {"difference": float(test.value), "difference_low": float(test.low), "difference_high": float(test.high)}
    return row | {"p": float(test.p), "effect": (now["mean"] - then["mean"]) / pooled if pooled > 0 else np.nan}
