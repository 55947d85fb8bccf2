"""Customers who buy, suffer, answer and leave over three years, with a known part of the pain in all of it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from customer_profiles.analysis.pain_points import costs
from customer_profiles.analysis.pain_points.observations import HITS, THEME, Evidence
from customer_profiles.results import Result

DAY = pd.Timestamp("2022-01-01")
DAYS = 1_095


def suffering(
    seed: int,
    hazard: float = 1.0,
    fewer: float = 1.0,
    points: float = 0.0,
    stated: bool = True,
    n: int = 800,
    stay: float = 900,
) -> Result:
    """What `costs` finds where a pain multiplies the hazard of leaving and later orders, and lowers later scores.

    Who stays longer has more time for the pain: 60 in 100 of those who stay, and fewer of those who leave early. Spend
    has the tail of a log-normal distribution with σ = 1.8, and the rate of orders differs between customers.
    """
    rng = np.random.default_rng(seed)
    start = rng.uniform(0, 500, n)
    hurt = start + rng.exponential(700, n)
    base = rng.exponential(stay, n)
    leaves = np.where(start + base < hurt, start + base, hurt + (start + base - hurt) / hazard)
    rate = rng.gamma(4, 1 / 4, n) / 18
    times = rng.poisson(rate * DAYS)
    who = np.repeat(np.arange(n), times)
    at = rng.uniform(0, DAYS, len(who))
    kept = (at > start[who]) & (at < leaves[who]) & ((at < hurt[who]) | (rng.random(len(who)) < fewer))
    orders = pd.DataFrame({"customer_no": who[kept], "at": DAY + pd.to_timedelta(at[kept], unit="D")})
    orders["amount"] = rng.lognormal(3, 1.8, len(orders))
    as_of = (DAY + pd.Timedelta(days=DAYS - 1)).date()
    each = orders.groupby("customer_no")["at"].agg(["min", "max", "size"]).reindex(range(n))
    profile = pd.DataFrame({"customer_no": range(n), "orders": each["size"].fillna(0)})
    profile = profile.assign(first_order_at=each["min"], last_order_at=each["max"])
    profile["recency_days"] = (pd.Timestamp(as_of) - each["max"]).dt.days
    if stated:
        profile["status"] = np.where(leaves < DAYS, "churned", "stayed")
    seen = hurt < np.minimum(leaves, DAYS)
    hits = pd.DataFrame({"customer_no": np.flatnonzero(seen), "at": DAY + pd.to_timedelta(hurt[seen], unit="D")})
    hits = hits.assign(evidence=THEME, pain="late", source="tickets", row=-1)[list(HITS)].astype(HITS)
    asked = start + rng.uniform(0, 1, n) * (np.minimum(leaves, DAYS) - start)
    score = np.clip(rng.normal(7, 1.5, n) - points * (asked > hurt), 0, 10)
    feedback = pd.DataFrame({"customer_no": range(n), "at": DAY + pd.to_timedelta(asked, unit="D"), "metric": "nps"})
    feedback["score"], feedback["source"] = np.rint(score), "survey"
    none = pd.DataFrame({name: pd.Series(dtype="object") for name in ("pain", "customer_no", "at", "hit")})
    tables = {"transactions": orders, "feedback": feedback}
    return costs.costs(Evidence(hits, none), profile, profile[[]], tables, as_of)
