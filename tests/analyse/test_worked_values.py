"""A table of worked values: published figures, or what scipy and statsmodels compute independently."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportion_effectsize

from customer_profiles.analyse import areas, associations, comparisons, intervals, standardise, value

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
    ("Benjamini–Hochberg", comparisons.benjamini_hochberg(P), multipletests(P, method="fdr_bh")[1], 1e-12),
    (  # Benjamini & Hochberg (1995), section 3.2
        "rejected in the paper's example",
        (comparisons.benjamini_hochberg(P) <= 0.05).sum(),
        4,
        0,
    ),
    ("Cohen's h", comparisons.cohens_h(0.65, 0.45), proportion_effectsize(0.65, 0.45), 1e-12),
    ("exact binomial", comparisons.exact_binomial_p(7, 20, 0.3), stats.binomtest(7, 20, 0.3).pvalue, 1e-9),
    ("Fisher's tea", comparisons.proportions_p(3, 4, 1, 4), 34 / 70, 1e-9),
    ("Cramér's V, corrected", associations.cramers_v_corrected(CROSSED), bergsma(CROSSED), 1e-12),
    ("Spearman", associations.spearman(X, Y)[2], stats.spearmanr(X, Y).pvalue, 1e-9),
    (
        "Kruskal–Wallis",
        associations.rank_differences(X, GROUP)[2],
        stats.kruskal(*(X[g == GROUP] for g in range(3))).pvalue,
        1e-9,
    ),
    # Freedman, Pisani & Purves (2007), Statistics, 4th ed., section 2.4
    ("admitted men", standardise.direct([512, 353, 120, 138, 53, 22], MEN, DEPARTMENTS)[0], 0.39, 0.005),
    ("admitted women", standardise.direct([89, 17, 202, 131, 94, 24], WOMEN, DEPARTMENTS)[0], 0.43, 0.005),
    ("Gini of 10, 20, 30, 40", value.gini(SPEND).value, 0.25, 1e-12),
    ("rate of a small area", *shrunk(), 1e-9),
]


@pytest.mark.parametrize(("what", "ours", "theirs", "close"), WORKED, ids=[row[0] for row in WORKED])
def test_worked_value(what, ours, theirs, close):
    np.testing.assert_allclose(np.asarray(ours, float), theirs, atol=max(close, 1e-15), rtol=0)
