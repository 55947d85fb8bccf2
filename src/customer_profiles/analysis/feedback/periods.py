"""Is the score of the last quarter another than the one before, or that of a year ago?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...messages import N_, Finding
from ...stats.comparisons import adjust, family_size
from ...stats.group_tests import nps_difference, welch
from .metrics import ESTIMATES, METRICS, answers, summarise

BEFORE, YEAR = N_("the quarter before"), N_("the same quarter of the year before")

COLUMNS = [
    *("metric", "month", "compared_with", "n", *ESTIMATES, "n_rest", "nps_rest", "mean_rest"),
    *("difference", "difference_low", "difference_high", "p", "p_adjusted", "effect", "claim"),
]


def score_periods(feedback: pd.DataFrame, as_of: object, min_answers: int = 30) -> pd.DataFrame:
    """Each score of the last full quarter against the quarter before and the same quarter of the year before.

    A customer's last answer in a quarter counts. Who answers in both quarters is treated as two persons, which makes
    the tests cautious: two answers of one person differ less than those of two.

    Parameters
    ----------
    feedback : DataFrame
        As in `metrics.answers`.
    as_of : date
        Day of the run; a quarter that ends later is not full.
    min_answers : int
        Answers that both quarters must have.

    Returns
    -------
    DataFrame
        ``metric, month`` (first of the quarter)``, compared_with, n`` and the estimates of `metrics.summarise``,
        n_rest, nps_rest, mean_rest, difference`` (of NPS in points, else of means) with interval``, p, p_adjusted,
        effect`` (difference in standard deviations)``, claim``; all rows one family.
    """
    every = answers(feedback)
    last = (pd.Timestamp(as_of) + pd.Timedelta(days=1)).to_period("Q") - 1
    every = every.assign(quarter=every["at"].dt.to_period("Q"))
    named = every["customer_no"].notna()
    again = every.loc[named].duplicated(["metric", "quarter", "customer_no"], keep="last")
    every = every.loc[~again.reindex(every.index, fill_value=False)]
    every = every.loc[every["quarter"].isin([last, last - 1, last - 4])]
    summary = summarise(every, ["metric", "quarter"])
    summary = summary.loc[summary["n"] >= min_answers]
    rows = []
    for metric in METRICS:
        table = summary.loc[summary["metric"] == metric].set_index("quarter")
        for name, other in ((BEFORE, last - 1), (YEAR, last - 4)):
            if {last, other} <= set(table.index):
                rows.append({"month": last.start_time, "compared_with": name, **_against(table, last, other)})
    table = adjust(pd.DataFrame(rows, columns=[name for name in COLUMNS if name not in ("p_adjusted", "claim")]))
    family = table.attrs["family"]
    table = table[COLUMNS]
    table.attrs["family"] = family
    return table


def findings(table: pd.DataFrame, chapter: str = "04") -> list[Finding]:
    """Scores that moved from quarter to quarter, or one finding that none did."""
    family = family_size(table) if len(table) else 0
    if not family:
        return []
    test = N_("adjusted-Wald z or Welch's t test, Benjamini–Hochberg")
    claims = table.loc[table["claim"].astype(bool)]
    if claims.empty:
        message = N_(
            "No score of the last full quarter differs from the quarter before or from a year before: none of "
            "{family:count} comparisons by more than chance."
        )
        n = int(table["n"].max())
        evidence = {"n": n, "table": "score_periods", "test": test, "family": family, "kind": "nothing"}
        return [Finding(message, {"family": family}, id=f"{chapter}.periods.nothing", **evidence)]
    points = N_(
        "In the quarter from {month:month} on the Net Promoter Score is {now:points} (n = {n:count}) against "
        "{then:points} in {compared:label} (difference {low:number} to {high:number})."
    )
    means = N_(
        "{metric:label}: in the quarter from {month:month} on the average is {now:number} (n = {n:count}) against "
        "{then:number} in {compared:label} (difference {low:number} to {high:number})."
    )
    found = []
    for row in claims.itertuples():
        is_nps = row.metric == "nps"
        values = {"month": row.month.date(), "n": int(row.n), "compared": row.compared_with}
        values |= {
            "now": float(row.nps if is_nps else row.mean),
            "then": float(row.nps_rest if is_nps else row.mean_rest),
        }
        values |= {"low": float(row.difference_low), "high": float(row.difference_high)}
        found.append(
            Finding(
                points if is_nps else means,
                values if is_nps else values | {"metric": row.metric},
                id=f"{chapter}.periods.{row.metric}.{'quarter' if row.compared_with == BEFORE else 'year'}",
                n=int(row.n),
                table="score_periods",
                interval=(values["low"], values["high"]),
                test=test,
                p_adjusted=float(row.p_adjusted),
                family=family,
                effect=min(abs(float(row.effect)) / 2, 1.0),
                reach=int(row.n),
                kind="difference",
            )
        )
    return found


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
