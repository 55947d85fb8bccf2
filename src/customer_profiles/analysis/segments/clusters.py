"""Segments from clustering, and whether they are real: natural, reproducible or only constructed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ...messages import N_, Limit
from ...stats.intervals import add_shares
from . import latent_classes, solution
from .algorithms import CLASSES, METHODS, NEIGHBOURS, RESAMPLE_ROWS, STARTS, Data, kmeans, solve, stability, use
from .columns import active, as_shown
from .embedding import USED, blocks, embed, project, usable
from .null_reference import Continuum
from .solution import VALID, Segmentation, verdict

MIN_COLUMNS = 3  # with fewer there is nothing to combine: look at the columns themselves
MIN_CUSTOMERS = 100

REFERENCES = 39  # simulated copies: the smallest p-value is 1/40, below the 5 % level
# Relative standard error of an excess: it is in standard deviations, which are themselves estimated from the copies.
EXCESS_ERROR = (2 * (REFERENCES - 1)) ** -0.5
REFERENCE_ROWS = 5_000  # customers drawn for that comparison where there are more
NATURAL = 0.05  # level of the test for natural segments
MARGIN = 4.0  # standard deviations above the copies: they keep dependence approximately, so just above is not enough

NEEDS = N_("transactions, interactions or customer attributes: at least three columns, known for many customers")


def find(
    profile: pd.DataFrame,
    columns: Sequence[str] | None = None,
    max_segments: int = 8,
    bootstraps: int = 50,
    seed: int = 1,
) -> Segmentation:
    """Divide customers into segments and judge them.

    Two ways are compared (`algorithms`): k-means on the embedding of mixed data, and latent classes. Whether there are
    segments at all is tested against simulated bases without any (`null_reference`), by k-means. Of each way, only
    numbers of segments at which all come back in resamples are considered. If there are segments, k-means takes the
    smallest number whose explained variance exceeds that of the simulated bases as much as any other's, give or take
    one standard error (as with the gap statistic of Tibshirani, Walther & Hastie 2001), latent classes that with the
    lowest BIC; if not, both take the largest number of parts. Between the two, a way whose segments all come back is
    preferred, then the one whose segments tell more of columns that had no part in making them.

    Where there are more than `algorithms.FIT_ROWS` customers, segments are made from so many and everybody is assigned;
    resamples have `algorithms.RESAMPLE_ROWS` customers at most.

    Parameters
    ----------
    profile : DataFrame
        One row per customer.
    columns : sequence of str, optional
        What to segment by; by default `columns.active`.
    max_segments : int
        Largest number of segments tried.
    bootstraps : int
        Resamples behind each stability figure.
    seed : int
        Of samples, resamples, simulations and first guesses.

    Returns
    -------
    Segmentation
        Empty where fewer than `MIN_CUSTOMERS` customers or `MIN_COLUMNS` usable columns are known, or all are alike.
    """
    import sklearn.cluster  # noqa: F401  (a library that is loaded later would not be limited to one thread)
    from threadpoolctl import threadpool_limits

    columns = list(columns) if columns is not None else active(profile)
    if not available(profile, columns):
        return solution.none(profile)
    profile = as_shown(profile)
    rng = np.random.default_rng(seed)
    with threadpool_limits(1):  # sums in another order would move customers between equal segments
        placed = embed(profile, columns, seed)
        used = placed.columns.loc[placed.columns["verdict"] == USED, "attribute"]
        data = Data(profile[list(used)], placed.coordinates, latent_classes.levels(profile, used))
        sizes = range(2, min(max_segments, len(data) // 10) + 1)
        k_table, p = _against_continuum(data.profile, data.points, sizes, rng, seed)
        solutions, bic = solve(data, sizes, rng, seed)
        overlap = stability(data, solutions, bootstraps, rng, seed)
        natural = p <= NATURAL and k_table["excess"].max() >= MARGIN
        tried = _tried(k_table, overlap, bic)
        compared = _compare(data, tried, solutions, natural, rng, seed)
    best = compared.loc[compared["chosen"]].iloc[0]
    labels, order = _by_size(solutions[best["method"]][best["k"]])
    if len(order) == 1:
        return solution.none(profile)
    return Segmentation(
        labels=pd.Series(labels, index=profile.index, name="segment"),
        kind="natural" if natural else "reproducible" if best["jaccard_min"] >= VALID else "constructive",
        p=p,
        table=_table(labels, overlap[best["method"]][best["k"]][:, order]),
        k_table=tried[NEIGHBOURS].assign(
            jaccard_classes=tried[CLASSES]["jaccard"].to_numpy(),
            jaccard_min_classes=tried[CLASSES]["jaccard_min"].to_numpy(),
            chosen=lambda table: table["k"] == best["k"],
        ),
        columns=placed.columns,
        bootstraps=bootstraps,
        points=placed.coordinates,
        method=best["method"],
        methods=compared.assign(method=compared["method"].map(METHODS)),
    )


def available(profile: pd.DataFrame, columns: Sequence[str]) -> bool:
    """Whether there are enough customers, and columns as they are shown, to look for segments."""
    return len(profile) >= MIN_CUSTOMERS and len(usable(as_shown(profile), columns)) >= MIN_COLUMNS


def limits(profile: pd.DataFrame) -> list[Limit]:
    """What is missing for segments."""
    enough = available(profile, active(profile))
    return [] if enough else [Limit(N_("Which segments customers form"), needs=NEEDS)]


def _tried(k_table: pd.DataFrame, overlap: dict, bic: dict[int, float]) -> dict[str, pd.DataFrame]:
    """What speaks for each number of segments, by method."""
    tables = {}
    for method, of in overlap.items():
        tables[method] = k_table.assign(
            jaccard=[of[k].mean() for k in k_table["k"]],
            jaccard_min=[of[k].mean(axis=0).min() for k in k_table["k"]],
        )
    tables[CLASSES]["bic"] = [bic[k] for k in k_table["k"]]
    return tables


def _compare(data: Data, tried: dict, solutions: dict, natural: bool, rng, seed: int) -> pd.DataFrame:
    """One row for each method at its best number of segments, see `Segmentation.methods`."""
    from sklearn.metrics import adjusted_rand_score

    rows = []
    for method, table in tried.items():
        k = _choose(table, natural)
        row = {"method": method, "k": k, "told": use(data, k, method, rng, seed)}
        row["base"] = min(len(data), RESAMPLE_ROWS)
        rows.append(row | table.set_index("k").loc[k, ["jaccard", "jaccard_min"]].to_dict())
    compared = pd.DataFrame(rows)
    compared["agreement"] = adjusted_rand_score(*(solutions[row["method"]][row["k"]] for row in rows))
    firm = compared["jaccard_min"] >= VALID
    among = compared[firm] if firm.any() else compared
    compared["chosen"] = compared.index == among["told"].idxmax()
    return compared


def _against_continuum(
    profile: pd.DataFrame, points: np.ndarray, sizes: range, rng: np.random.Generator, seed: int
) -> tuple[pd.DataFrame, float]:
    """Explained variance and separation for each k beside those of bases without segments, and the p-value."""
    components = points.shape[1]
    if len(points) > REFERENCE_ROWS:
        rows = np.sort(rng.choice(len(points), REFERENCE_ROWS, replace=False))
        profile, points = profile.iloc[rows], points[rows]
    observed = _quality(points, sizes, seed)
    continuum = Continuum(profile, profile.columns, points[:, 0])
    columns = blocks(profile)  # a copy moves values between customers: what each is transformed to stays the same
    copies = []
    for _ in range(REFERENCES):
        taken = continuum.rows(rng)
        copy = np.hstack([block[rows] for block, rows in zip(columns, taken.T, strict=True)])
        copies.append(_quality(project(copy, components), sizes, seed))
    drawn = np.array(copies)
    mean, spread = drawn.mean(axis=0), np.maximum(drawn.std(axis=0, ddof=1), 1e-9)  # copies may all be alike
    above = (observed - mean) / spread
    highest = ((drawn - mean) / spread)[:, :, 0].max(axis=1)
    p = (1 + int((highest >= above[:, 0].max()).sum())) / (REFERENCES + 1)
    table = pd.DataFrame({"k": list(sizes), "explained": 1 - np.exp(-observed[:, 0])})
    table["expected"] = 1 - np.exp(-mean[:, 0])
    table["excess"], table["separation"] = above[:, 0], above[:, 1]
    return table, p


def _quality(points: np.ndarray, sizes: range, seed: int) -> np.ndarray:
    """For each k: log of total over within-cluster variance (gap statistic), and mean simplified silhouette."""
    total = ((points - points.mean(axis=0)) ** 2).sum()
    rows = []
    for k in sizes:
        fitted = kmeans(points, k, seed, STARTS)
        nearest = np.sort(fitted.transform(points), axis=1)[:, :2]
        silhouette = np.mean(1 - nearest[:, 0] / np.maximum(nearest[:, 1], 1e-12))
        rows.append((np.log(total / max(fitted.inertia_, 1e-12)), silhouette))
    return np.array(rows)


def _choose(k_table: pd.DataFrame, natural: bool) -> int:
    """Number of segments of one method; see `segment`."""
    firm = k_table[k_table["jaccard_min"] >= VALID]
    rows = firm if len(firm) else k_table
    if natural and "bic" in k_table:
        return int(rows.loc[rows["bic"].idxmin(), "k"])
    if natural:
        best = rows["excess"].max()  # below 0 where only numbers that are not stable exceed the simulated bases
        least = best - abs(best) * EXCESS_ERROR
        return int(rows.loc[rows["excess"] >= least, "k"].min())
    return int(firm["k"].max() if len(firm) else k_table.loc[k_table["jaccard"].idxmax(), "k"])


def _by_size(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Labels 1, 2, … from the largest cluster down, ties by first customer; and the old labels in that order."""
    old, first, counts = np.unique(labels, return_index=True, return_counts=True)
    order = old[np.lexsort((first, -counts))]
    return order.argsort()[labels] + 1, order


def _table(labels: np.ndarray, overlap: np.ndarray) -> pd.DataFrame:
    counts = np.bincount(labels)[1:]
    mean = overlap.mean(axis=0)
    sizes = pd.DataFrame({"segment": np.arange(1, len(counts) + 1), "n": counts, "base": len(labels)})
    return add_shares(sizes).assign(
        jaccard=mean,
        jaccard_low=np.quantile(overlap, 0.025, axis=0),
        jaccard_high=np.quantile(overlap, 0.975, axis=0),
        verdict=[verdict(value) for value in mean],
    )
