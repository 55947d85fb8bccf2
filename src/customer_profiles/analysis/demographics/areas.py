"""Customers per inhabitants of an area, with small areas drawn towards the average."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from ...messages import N_, Finding, Limit, Text
from ...needs import NEEDS
from ...places import area_of
from ...results import ONE_MARGIN, Disclosure, Result
from ...stats.claims import Claims, shown
from ...stats.comparisons import MIN_EXPECTED, cohens_h, corrected, exact_binomial_p
from ...stats.effect_sizes import from_shares
from ...stats.intervals import CONFIDENCE, add_shares
from .categories import values_of

UNITS = (1_000, 10_000, 100_000, 1_000_000)
"""Rates are customers per this many inhabitants: the first unit in which there is one customer or more."""

LARGEST_SHAPE = 1e6
"""Shape of the gamma from which areas do not differ more than chance: every area gets the common rate."""

WORTH_TELLING = 0.01
"""Part of all customers that an area has too few or too many: less is no news beside other findings."""

RARER = N_("all rarer ones")


class Gamma(NamedTuple):
    """Spread of the true rates between areas: a gamma distribution."""

    shape: float
    rate: float


def match_rate(profile: pd.DataFrame, areas: pd.DataFrame) -> Result:
    """How many customers could be placed in an area.

    Returns
    -------
    Result
        ``value`` ("matched", "not in the list", "unknown"), ``n, base, share`` with interval.
    """
    matched, column = area_of(profile, areas)
    unknown = int(profile[column].isna().sum()) if column else len(profile)
    n = [int(matched.notna().sum()), len(profile) - unknown - int(matched.notna().sum()), unknown]
    names = [N_("matched"), N_("not in the list"), N_("unknown")]
    table = pd.DataFrame({"value": names, "n": n, "base": len(profile)})
    table = add_shares(table) if len(areas) else table.iloc[:0]
    return Result("match_rate", table, Text(N_("Customers whose place was found in the list of areas")), needs="areas")


def unmatched(profile: pd.DataFrame, areas: pd.DataFrame, min_group: int = 10) -> Result:
    """Places of customers that the list of areas does not know: ``attribute, value, n``, most customers first.

    Places with fewer than `min_group` customers are not named: they stand together in the last row.
    """
    matched, column = area_of(profile, areas)
    title = Text(N_("Places that the list of areas does not know"))
    if not column:
        return Result("unmatched", pd.DataFrame(columns=["attribute", "value", "n"]), title, ONE_MARGIN)
    counts = values_of(profile[column])[matched.isna()].value_counts()
    named, rare = counts[counts >= min_group], int(counts[counts < min_group].sum())
    table = pd.DataFrame({"attribute": column, "value": named.index.astype("str"), "n": named.to_numpy(int)})
    table = table.sort_values(["n", "value"], ascending=[False, True], ignore_index=True)
    last = pd.DataFrame({"attribute": [column], "value": [RARER], "n": [rare]})
    table = pd.concat([table, last], ignore_index=True) if rare else table
    return Result("unmatched", table, title, ONE_MARGIN)


def fit_gamma(k: ArrayLike, exposure: ArrayLike) -> Gamma:
    """Distribution of the true rates behind counts, by maximum likelihood of the gamma–Poisson mixture.

    Parameters
    ----------
    k, exposure : array_like, shape (n,)
        Customers and inhabitants of each area.

    References
    ----------
    Clayton & Kaldor (1987), Biometrics 43:671–681. The mixture is the negative binomial distribution; statsmodels'
    ``NegativeBinomial`` finds the same, but runs away where areas differ very much (a shape of 0.05).
    """
    from scipy.optimize import minimize

    k, exposure = np.asarray(k, float), np.asarray(exposure, float)
    mean = k.sum() / exposure.sum()
    if len(k) < 2 or mean == 0:
        return Gamma(LARGEST_SHAPE, LARGEST_SHAPE / mean if mean > 0 else np.inf)

    def loss(at: np.ndarray) -> float:
        return negative_binomial_loss(k, np.exp(at[1]) * mean * exposure, np.exp(at[0]))

    # Started at the moments of Marshall (1991), Applied Statistics 40:283–294.
    spread = (exposure * (k / exposure - mean) ** 2).sum() / exposure.sum() - mean / exposure.mean()
    start = np.log(np.clip(mean**2 / spread if spread > 0 else LARGEST_SHAPE, 1e-3, LARGEST_SHAPE / 10))
    bounds = [(np.log(1e-4), np.log(LARGEST_SHAPE)), (-5, 5)]
    best = minimize(loss, [start, 0.0], method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-14, "gtol": 1e-9})
    shape, scale = np.exp(best.x)
    return Gamma(float(shape), float(shape / (scale * mean)))


def negative_binomial_loss(k: np.ndarray, expected: np.ndarray, shape: float) -> float:
    """Minus the log likelihood of counts whose rates vary by a gamma of this shape, but for a constant."""
    return -float(
        np.sum(
            special.gammaln(k + shape)
            - special.gammaln(shape)
            + shape * np.log(shape / (shape + expected))
            + special.xlogy(k, expected / (shape + expected))
        )
    )


def density(profile: pd.DataFrame, areas: pd.DataFrame) -> Result:
    """Customers per inhabitants of every area, shrunk as far as the area is small.

    Parameters
    ----------
    profile : DataFrame
        One row per customer.
    areas : DataFrame
        ``area, population`` and any measures, which are carried along. Areas without inhabitants are left out.

    Returns
    -------
    Result
        ``area, n`` (customers), ``population, per, rate_raw, rate`` (shrunk, customers per ``per`` inhabitants) with
        interval, ``index`` (100 = all areas together), ``potential`` (customers that the area would have in addition
        with the rate of all areas together; missing unless its interval lies below that rate), ``p, p_adjusted,
        effect, claim`` and the measures; most customers per inhabitant first.
        Interval: quantiles of the gamma posterior (empirical Bayes). p: exact binomial test of the area's
        customers against its part of the inhabitants; effect: Cohen's h of these two shares.
    """
    measures = [name for name in areas.columns if name not in ("area", "population")]
    table = areas.loc[areas["population"].fillna(0) > 0].reset_index(drop=True)
    matched, _ = area_of(profile, areas)
    k = table["area"].map(matched.value_counts()).fillna(0).to_numpy(int)
    inhabitants = table["population"].to_numpy(float)
    head = ["area", "n", "population", "per", "rate_raw", "rate", "rate_low", "rate_high", "index", "potential"]
    head += ["p", "p_adjusted", "effect", "claim"]
    result = Result(
        "areas",
        pd.DataFrame(columns=[*head, *measures]).astype({"claim": bool, "p": float}),
        Text(N_("Customers per inhabitant in every area")),
        Disclosure(base="population", within=()),
        needs="areas",
    )
    if not k.sum():
        return result
    gamma = fit_gamma(k, inhabitants)
    shape, rate = gamma.shape + k, gamma.rate + inhabitants
    tails = [special.gammaincinv(shape, tail) / rate for tail in ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)]
    overall = k.sum() / inhabitants.sum()
    per = next((unit for unit in UNITS if unit * overall >= 1), UNITS[-1])
    table = table.assign(n=k, per=per, rate_raw=per * k / inhabitants, rate=per * shape / rate)
    table["rate_low"], table["rate_high"] = (per * tail for tail in tails)
    table["index"] = 100 * table["rate"] / (per * overall)
    lacking = (overall - shape / rate) * inhabitants
    table["potential"] = np.where(tails[1] < overall, np.round(lacking), np.nan)
    part = inhabitants / inhabitants.sum()
    tested = k.sum() * np.minimum(part, 1 - part) >= MIN_EXPECTED
    table["p"] = exact_binomial_p(k, np.where(tested, k.sum(), 0), part)
    table["effect"] = cohens_h(k / k.sum(), part)
    table, family = corrected(table.assign(all="areas"), together=["all"])
    table = table.sort_values(["rate", "area"], ascending=[False, True], ignore_index=True)[[*head, *measures]]
    about = N_("Customers per {per:count} inhabitants, of {n:count}; small areas are drawn towards the average.")
    told = Text(about, {"n": len(profile), "per": per})
    return replace(result, frame=table, family=family, claims=partial(_claims, family=family), about=told)


def on_map(density: Result) -> bool:
    """Whether every area with customers has coordinates: a map must not lack areas."""
    columns, table = ["latitude", "longitude"], density.frame
    return bool(len(table) and set(columns) <= set(table) and table.loc[table["n"] > 0, columns].notna().all(axis=None))


def _claims(table: pd.DataFrame, family: int) -> list[Finding]:
    """Where most customers are lacking, and areas with more or fewer than their inhabitants let expect.

    An area that is too small to matter to the company is not told of, however much it differs.
    """
    customers, total = int(table["n"].sum()), float(table["population"].sum())
    matters = (table["n"] - customers * table["population"] / total).abs() >= WORTH_TELLING * customers
    if table["claim"].any() and not (table["claim"] & matters).any():
        return _room(table, family)
    rows = table.loc[table["claim"].astype(bool) & matters].sort_values(
        "effect", key=np.abs, ascending=False, kind="stable"
    )
    told = replace(CLAIMS, effect=lambda row: from_shares(row.n / customers, row.population / total))
    return [*_room(table, family), *told.tell(table, family, rows, customers)]


def _room(table: pd.DataFrame, family: int) -> list[Finding]:
    """Where most customers are lacking, compared with all areas together; established differences only."""
    best = shown(table.loc[table["claim"].astype(bool) & table["potential"].gt(0)])
    best = best.sort_values(["potential", "area"], ascending=[False, True])
    if best["potential"].sum() < WORTH_TELLING * table["n"].sum():
        return []
    first = best.iloc[0]
    values = {"area": first["area"], "most": int(first["potential"]), "n": int(first["n"])}
    message = N_(
        "With as many customers per inhabitant as all areas together, “{area:value}” would have {most:count} more than "
        "its {n:count}."
    )
    if len(best) > 1:
        values |= {"areas": len(best), "more": int(best["potential"].sum())}
        message = N_(
            "With as many customers per inhabitant as all areas together, {areas:count} areas would have {more:count} "
            "customers more. The largest gap is in “{area:value}”: {most:count} more than its {n:count}."
        )
    n = int(table["n"].sum())
    return [Finding(message, values, id="areas.room", n=n, test=CLAIMS.test, family=family)]


CLAIMS = Claims(
    "areas",
    N_(
        "Area “{area:value}”: {rate:number} customers per {per:count} inhabitants ({low:number} to {high:number}, "
        "n = {n:count}), index {index:index} against all areas together."
    ),
    key=("area",),
    nothing=N_(
        "Customers live where people live: no area has more or fewer customers per inhabitant than chance would "
        "allow (areas compared: {family:count})."
    ),
    test=N_("exact binomial test, empirical Bayes (gamma–Poisson) rates"),
    estimate="rate",
    n="n",
)


def limits(profile: pd.DataFrame, areas: pd.DataFrame) -> list[Limit]:
    """No list of areas, or none that matches the customers' places."""
    if areas.empty:
        message = N_("Customers per inhabitant cannot be computed: no source holds the inhabitants of areas.")
        return [Limit(message, needs=NEEDS["areas"])]
    if not area_of(profile, areas)[1]:
        message = N_("Customers per inhabitant cannot be computed: no customer's place is in the list of areas.")
        return [Limit(message, needs=NEEDS["areas"])]
    return []
