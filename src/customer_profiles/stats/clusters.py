"""Shares of things that come from persons: ten texts of one customer are not ten independent texts."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from .comparisons import rate_ratio
from .intervals import add_shares


def design_effects(own: np.ndarray, all_own: np.ndarray, rest: np.ndarray, all_rest: np.ndarray) -> np.ndarray:
    """How many times as much the difference of two shares varies as if all things were independent; at least one.

    Parameters
    ----------
    own, rest : array, shape (persons, kinds)
        Things of each kind that each person has on the one and on the other side.
    all_own, all_rest : array, shape (persons,)
        Things of any kind.

    References
    ----------
    Linearised variance of a difference of ratios, the person being the unit that was drawn: Cochran (1977), Sampling
    Techniques, 3rd ed., section 6.3; Korn & Graubard (1999), Analysis of Health Surveys, section 3.
    """
    n1, n0, persons = all_own.sum(), all_rest.sum(), len(own)
    k1, k0 = own.sum(axis=0), rest.sum(axis=0)
    p = (k1 + k0) / (n1 + n0)
    beyond = (own - p * all_own[:, None]) / n1 - (rest - p * all_rest[:, None]) / n0
    alone = sum((k * (1 - p) ** 2 + (n - k) * p**2) / n**2 for k, n in ((k1, n1), (k0, n0)))
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = np.square(beyond).sum(axis=0) * persons / (persons - 1) / (alone * (n1 + n0) / (n1 + n0 - 1))
    return np.fmax(effect, 1.0)


def compare_things(own: pd.DataFrame, rest: pd.DataFrame, kind: str, thing: str, person: str) -> pd.DataFrame:
    """How often each kind comes up among the things of the one side, against those of the other.

    Parameters
    ----------
    own, rest : DataFrame
        One row per thing and kind; things whose person is missing are taken to come from one each.
    kind, thing, person : str
        The columns.

    Returns
    -------
    DataFrame
        One row per kind: `kind`, ``n, customers, base, n_rest, customers_rest, base_rest, share`` with Wilson's
        interval, ``share_rest, ratio`` with interval, ``p``. Intervals are those of as many independent things as the
        spread between persons leaves (Kish's effective sample size), and the test statistic of Fisher's exact or the
        χ² test is divided by the design effect (Rao & Scott 1981, JASA 76:221–230).
    """
    both = (
        pd.concat({True: own, False: rest}, names=["side"]).reset_index("side").drop_duplicates([thing, kind, "side"])
    )
    unknown = both[person].isna()
    both["who"] = pd.factorize(both[person].astype(object).where(~unknown, "thing " + both[thing].astype(str)))[0]
    kinds, persons = np.sort(both[kind].unique()), range(both["who"].max() + 1) if len(both) else ()
    parts = [both[both["side"] == side] for side in (True, False)]
    counts = [
        pd.crosstab(part["who"], part[kind]).reindex(index=persons, columns=kinds, fill_value=0) for part in parts
    ]
    totals = [part.groupby("who")[thing].nunique().reindex(persons, fill_value=0) for part in parts]
    (k1, k0), (n1, n0) = (np.array([each.sum() for each in some]) for some in (counts, totals))
    effect = design_effects(*(array for pair in zip(counts, totals, strict=True) for array in map(np.asarray, pair)))
    table = pd.DataFrame({kind: kinds, "n": k1, "base": n1, "n_rest": k0, "base_rest": n0})
    table["customers"], table["customers_rest"] = ((each > 0).sum().to_numpy() for each in counts)
    effective = add_shares(table.assign(n=k1 / effect, base=n1 / effect))
    table = table.assign(**{name: effective[name] for name in ("share", "share_low", "share_high")}, share_rest=k0 / n0)
    ratio, independent = (rate_ratio(k1 / by, n1 / by, k0 / by, n0 / by) for by in (effect, np.ones(len(kinds))))
    z = special.ndtri(independent.p / 2) / np.sqrt(effect)
    columns = {"ratio": independent.ratio, "ratio_low": ratio.low, "ratio_high": ratio.high, "p": 2 * special.ndtr(z)}
    return table.assign(**columns)
