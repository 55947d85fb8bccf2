"""Areas with potential: the customers whom what is known of an area lets expect, less those who are there.

Areas of the same purchasing power, or whatever else is known of them, are compared with each other, not with the
country: `demographics.areas` tells where many customers are, this tells where customers are lacking.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from ...messages import N_, Finding, Text
from ...places import area_of, measures
from ...results import Disclosure, Result
from ...stats.claims import shown
from ...stats.comparisons import adjust, family_size
from ...stats.effect_sizes import from_shares
from ..demographics.areas import LARGEST_SHAPE, negative_binomial_loss

HOUSEHOLDS = "households"
"""Measure that takes the place of inhabitants where it is known: a household buys once."""
FEWEST_AREAS = 20
"""Areas without which nothing is learnt from their measures."""
PRIOR = 0.5
"""Spread of the log ratio that one standard deviation of a measure makes, before the data are seen: a factor of 1.6."""
DRAWS = 4000
WHERE = ["latitude", "longitude"]
COLUMNS = ("area", "n", "base", "market_coverage", "expected_customers", "lacking", "lacking_low", "lacking_high")


def potential(
    profile: pd.DataFrame, areas: pd.DataFrame, branches: pd.DataFrame | None = None, seed: int = 1
) -> Result:
    """Customers lacking in each area, by a negative binomial regression on what is known of the areas.

    Parameters
    ----------
    profile : DataFrame
        One row per customer.
    areas : DataFrame
        ``area, population`` and measures; `HOUSEHOLDS` stand for the inhabitants where they are given.
    branches : DataFrame, optional
        ``branch, latitude, longitude`` of the company's own places: the nearest to each area is named.
    seed : int

    Returns
    -------
    Result
        ``area, n`` (customers)``, base`` (households or inhabitants)``, market_coverage`` (customers of a thousand of
        these)``, expected_customers`` (from the measures)``, lacking`` (expected less those there) with interval``,
        worth`` (a year, at the mean spend of a customer, in the currency) with interval``, branch, branch_km, latitude,
        longitude, p, p_adjusted, effect, claim``; by name. Empty with fewer than `FEWEST_AREAS` areas. p: the area's
        customers in the negative binomial distribution of areas like it, which is as wide as areas differ anyway.

    References
    ----------
    Clayton & Kaldor (1987), Biometrics 43:671–681, with covariates; normal prior of the coefficients (ridge).
    """
    size = HOUSEHOLDS if HOUSEHOLDS in areas and areas[HOUSEHOLDS].notna().all() else "population"
    table = areas[areas[size].fillna(0) > 0].drop_duplicates("area").reset_index(drop=True) if len(areas) else areas
    spend = next((profile[name] for name in ("spend_365d", "spend") if name in profile), None)
    result = _result(table.head(0), 0, spend)
    place, found_by = area_of(profile, areas)
    if len(table) < FEWEST_AREAS or not found_by:
        return result
    k = table["area"].map(place.value_counts()).fillna(0).to_numpy(int)
    known = [name for name in measures(list(table)) if name != size and pd.api.types.is_numeric_dtype(table[name])]
    shape, expected, drawn = _expected(k, table[size].to_numpy(float), table[known].to_numpy(float), seed)
    own = np.random.default_rng(seed + 1).gamma(k + 0.5, size=drawn.shape)  # what chance makes of the customers there
    low, high = np.quantile(drawn - own, [0.025, 0.975], axis=0)
    table = table.assign(
        n=k, base=table[size].astype(int), market_coverage=1000 * k / table[size], expected_customers=expected.round()
    )
    table = table.assign(lacking=expected - k, lacking_low=low, lacking_high=high)
    if spend is not None:
        mean = float(spend[place.notna()].mean())
        table = table.assign(**{f"worth{end}": mean * table[f"lacking{end}"] for end in ("", "_low", "_high")})
    table = _nearest(table, branches)
    of = stats.nbinom(shape, shape / (shape + expected))
    table["p"] = np.minimum(2 * np.minimum(of.cdf(k), of.sf(k - 1)), 1.0)
    table["effect"] = (expected - k) / (expected + k)
    table = adjust(table.assign(all="areas"), together=["all"])
    # By name: where most are lacking is the business of the view, in which small areas have no place to be told by.
    table = table.sort_values("area", ignore_index=True)
    return _result(table, family_size(table, ["all"]), spend)


def _expected(k: np.ndarray, size: np.ndarray, known: np.ndarray, seed: int) -> tuple[float, np.ndarray, np.ndarray]:
    """Shape of the areas' own differences, customers expected in each, and draws of these, shape (DRAWS, areas)."""
    from scipy.optimize import minimize
    from statsmodels.tools.numdiff import approx_hess

    spread = np.nanstd(known, axis=0) if known.size else np.zeros(0)
    scaled = (known[:, spread > 0] - np.nanmean(known[:, spread > 0], axis=0)) / spread[spread > 0]
    design = np.column_stack([np.ones(len(k)), np.nan_to_num(scaled)])
    at_rate = k.sum() / size.sum() * size

    def loss(at: np.ndarray) -> float:
        expected = at_rate * np.exp(design @ at[1:])
        return negative_binomial_loss(k, expected, np.exp(at[0])) + 0.5 * float((at[2:] ** 2).sum()) / PRIOR**2

    bounds = [(np.log(1e-2), np.log(LARGEST_SHAPE)), *[(-5.0, 5.0)] * design.shape[1]]
    best = minimize(loss, np.r_[np.log(5.0), np.zeros(design.shape[1])], method="L-BFGS-B", bounds=bounds)
    shape, coefficients = float(np.exp(best.x[0])), best.x[1:]
    curved = approx_hess(coefficients, lambda given: loss(np.r_[best.x[0], given]))
    drawn = np.random.default_rng(seed).multivariate_normal(coefficients, np.linalg.pinv(curved), DRAWS)
    return shape, at_rate * np.exp(design @ coefficients), at_rate * np.exp(drawn @ design.T)


def _nearest(table: pd.DataFrame, branches: pd.DataFrame | None) -> pd.DataFrame:
    """The areas with the nearest branch and how far it is, in km as the crow flies."""
    from sklearn.metrics.pairwise import haversine_distances

    known = pd.DataFrame() if branches is None else branches.dropna()
    if known.empty or not set(WHERE) <= set(table):
        return table
    there = table[WHERE].notna().all(axis=1)
    km = 6371 * haversine_distances(*(np.radians(of[WHERE].astype(float)) for of in (table[there], known)))
    table.loc[there, "branch"] = known["branch"].to_numpy()[km.argmin(axis=1)]
    table.loc[there, "branch_km"] = km.min(axis=1)
    return table


def _result(table: pd.DataFrame, family: int, spend: pd.Series | None) -> Result:
    money = ["worth", "worth_low", "worth_high"] if spend is not None else []
    columns = [*COLUMNS, *money, "branch", "branch_km", *WHERE, "p", "p_adjusted", "effect", "claim"]
    frame = table[[name for name in columns if name in table]] if len(table) else pd.DataFrame(columns=list(COLUMNS))
    return Result(
        "area_potential",
        frame,
        Text(N_("Areas with fewer customers than areas like them have")),
        Disclosure(within=()),
        partial(_claims, family=family),
        family,
        Text(N_("Expected from what is known of the areas, by areas like them.")),
        needs="areas",
    )


def _claims(table: pd.DataFrame, family: int) -> list[Finding]:
    """The area that lacks most customers, established differences only; or that there is none."""
    test = N_("negative binomial regression on measures of the areas, Benjamini–Hochberg")
    n = int(table["n"].sum())
    best = shown(table[table["claim"].astype(bool) & table["lacking"].gt(0)])
    best = best.sort_values(["lacking", "area"], ascending=[False, True])
    if best.empty:
        message = N_(
            "No area has fewer customers than areas like it let expect, beyond chance (areas compared: {family:count})."
        )
        return [
            Finding(message, {"family": family}, id="potential.nothing", n=n, test=test, family=family, kind="nothing")
        ]
    row = best.iloc[0]
    values: dict[str, Any] = {"area": row["area"], "lacking": round(float(row["lacking"])), "n": int(row["n"])}
    values |= {"low": round(float(row["lacking_low"])), "high": round(float(row["lacking_high"]))}
    message = N_(
        "In the area “{area:value}” about {lacking:count} customers are lacking ({low:count} to {high:count}): areas "
        "like it have so many more than its {n:count}."
    )
    if "worth" in row:
        values["worth"] = float(row["worth"])
        message = N_(
            "In the area “{area:value}” about {lacking:count} customers are lacking, worth {worth:money} a year "
            "({low:count} to {high:count} customers): areas like it have so many more than its {n:count}."
        )
    told = "worth" if "worth" in row else "lacking"  # what the interval is of is told in the unit of the sentence
    interval = (float(row[f"{told}_low"]), float(row[f"{told}_high"]))
    return [
        Finding(
            message,
            values,
            id="potential.area",
            n=n,
            interval=interval,
            test=test,
            p_adjusted=float(row["p_adjusted"]),
            family=family,
            effect=float(from_shares(row["expected_customers"] / n, row["n"] / n)),
            reach=round(float(row["lacking"])),
            kind="difference",
        )
    ]
