"""Segments from clustering, and whether they are real: natural, reproducible or none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ...messages import N_, Limit
from ...stats.intervals import add_shares
from . import latent_classes, solution, valleys
from .algorithms import CLASSES, METHODS, NEIGHBOURS, RESAMPLE_ROWS, Data, solve, stability, use
from .columns import active, as_shown, counted_once
from .embedding import USED, embed, usable
from .solution import VALID, Segmentation, verdict

MIN_COLUMNS = 3  # with fewer there is nothing to combine: look at the columns themselves
MIN_CUSTOMERS = 100

NATURAL = 0.05  # level of the test for natural segments, over all numbers and both methods
LOOKED_AT = 5_000  # customers drawn for that test where there are more

NEEDS = N_("transactions, interactions or customer attributes: at least three columns, known for many customers")


def find(
    profile: pd.DataFrame,
    columns: Sequence[str] | None = None,
    max_segments: int = 8,
    bootstraps: int = 50,
    seed: int = 1,
) -> Segmentation:
    """Divide customers into segments and judge them.

    Two ways are compared (`algorithms`): k-means on the embedding of mixed data, and latent classes. Segments are
    natural if there is an emptier space between some of them (`valleys`), at any number of segments. Of each way, only
    numbers of segments at which all come back in resamples are considered. If there are natural segments, k-means takes
    the smallest number that shows as many groups set apart as any other, latent classes that with the lowest BIC; if
    not, both take the largest number. Between the two, a way whose segments all come back is preferred, then the one
    whose segments tell more of columns that had no part in making them. Where there are neither natural segments nor
    any that come back, there are none.

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
        Empty where fewer than `MIN_CUSTOMERS` customers or `MIN_COLUMNS` usable columns are known, all are alike, or
        there are no segments.
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
        solutions, bic = solve(data, sizes, rng, seed)
        overlap = stability(data, solutions, bootstraps, rng, seed)
        k_table, p = _set_apart(data, solutions, seed)
        tried = _tried(k_table, overlap, bic)
        compared = _compare(data, tried, solutions, p <= NATURAL, rng, seed)
    best = compared.loc[compared["chosen"]].iloc[0]
    kind = "natural" if p <= NATURAL else "reproducible" if best["jaccard_min"] >= VALID else "none"
    labels, order = _by_size(solutions[best["method"]][best["k"]])
    if len(order) == 1:
        return solution.none(profile)
    nobody = solution.none(profile)
    return Segmentation(
        labels=nobody.labels if kind == "none" else pd.Series(labels, index=profile.index, name="segment"),
        kind=kind,
        p=p,
        table=nobody.table if kind == "none" else _table(labels, overlap[best["method"]][best["k"]][:, order]),
        k_table=tried[NEIGHBOURS].assign(
            jaccard_classes=tried[CLASSES]["jaccard"].to_numpy(),
            jaccard_min_classes=tried[CLASSES]["jaccard_min"].to_numpy(),
            chosen=lambda table: (table["k"] == best["k"]) & (kind != "none"),
        ),
        columns=placed.columns,
        bootstraps=bootstraps,
        points=placed.coordinates,
        method=best["method"],
        methods=compared.assign(method=compared["method"].map(METHODS)),
    )


def available(profile: pd.DataFrame, columns: Sequence[str]) -> bool:
    """Whether there are enough customers, and columns as they are shown, to look for segments."""
    return len(profile) >= MIN_CUSTOMERS and len(counted_once(usable(as_shown(profile), columns))) >= MIN_COLUMNS


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


def _set_apart(data: Data, solutions: dict[str, dict[int, np.ndarray]], seed: int) -> tuple[pd.DataFrame, float]:
    """Explained variance and groups set apart for each number of segments, and the p-value of the clearest valley."""
    rng = np.random.default_rng([seed, len(data)])
    rows = np.arange(len(data))
    if len(rows) > LOOKED_AT:
        rows = np.sort(rng.choice(rows, LOOKED_AT, replace=False))
    points = valleys.continuous(data.profile.iloc[rows], data.points[rows, 0], rng)
    tried = [(method, k) for method, of in solutions.items() for k in of]
    level = NATURAL / len(tried)
    seen = {(method, k): valleys.groups(points, solutions[method][k][rows], level) for method, k in tried}
    table = pd.DataFrame({"k": list(solutions[NEIGHBOURS])})
    table["explained"] = [_explained(data.points, labels) for labels in solutions[NEIGHBOURS].values()]
    table["groups"] = [seen[NEIGHBOURS, k][0] for k in table["k"]]
    table["groups_classes"] = [seen[CLASSES, k][0] for k in table["k"]]
    return table, min(1.0, min(p for _, p in seen.values()) * len(tried))


def _explained(points: np.ndarray, labels: np.ndarray) -> float:
    """Share of all differences between customers that lies between segments."""
    within = pd.DataFrame(points).groupby(labels).transform("mean").to_numpy()
    return float(1 - ((points - within) ** 2).sum() / ((points - points.mean(axis=0)) ** 2).sum())


def _choose(k_table: pd.DataFrame, natural: bool) -> int:
    """Number of segments of one method; see `segment`."""
    firm = k_table[k_table["jaccard_min"] >= VALID]
    rows = firm if len(firm) else k_table
    if natural and "bic" in k_table:
        return int(rows.loc[rows["bic"].idxmin(), "k"])
    if natural:
        return int(rows.loc[rows["groups"] == rows["groups"].max(), "k"].min())
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
