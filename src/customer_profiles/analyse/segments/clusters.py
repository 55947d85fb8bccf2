"""Segments from clustering, and whether they are real: natural, reproducible or only constructed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Limit
from ..statistics.intervals import add_shares
from .continuum import Continuum
from .embedding import USED, blocks, embed, project

# What segments are made of, where the profile has it: what customers do, then who they are. Of several columns
# that say the same, the first one present; spend is orders times basket value and would count twice.
ACTIVE = (
    ("orders",),
    ("basket_value",),
    ("recency_days",),
    ("categories",),
    ("discount_share",),
    ("sessions", "touchpoints"),
    ("top_category",),
    ("main_order_channel",),
    ("main_touch_channel",),
    ("offer_responses",),
    ("age", "age_band"),
    ("gender",),
    ("income", "income_band"),
    ("household_size",),
    ("children",),
    ("marital_status",),
    ("education",),
    ("industry",),
    ("employees",),
    ("revenue",),
    ("interests",),
    ("values",),
    ("lifestyle",),
)
# What follows from an active column: a segment differs in it by construction too.
IMPLIED = {
    "age": ("age_band",),
    "income": ("income_band",),
    "orders": ("spend",),
    "basket_value": ("spend",),
    "sessions": ("touchpoints",),
    "offer_responses": ("offers",),
}
# How somebody buys shows only in orders: a count of 0 says that a customer has not bought, not what kind they are. As a
# number it would put all who never bought into one segment; as unknown, they go where the rest of what is known points.
SHOWN_IN_ORDERS = ("orders", "categories")
MIN_COLUMNS = 3  # with fewer there is nothing to combine: look at the columns themselves
MIN_CUSTOMERS = 100

STARTS = 3  # k-means starts for each resample and each simulated copy
FINAL_STARTS = 10  # for the segments themselves
REFERENCES = 39  # simulated copies: the smallest p-value is 1/40, below the 5 % level
# Relative standard error of an excess: it is in standard deviations, which are themselves estimated from the copies.
EXCESS_ERROR = (2 * (REFERENCES - 1)) ** -0.5
REFERENCE_ROWS = 5_000  # customers drawn for that comparison where there are more
NATURAL = 0.05  # level of the test for natural segments
MARGIN = 4.0  # standard deviations above the copies: they keep dependence approximately, so just above is not enough

# Hennig (2008), "Dissolution point and isolation robustness", and the manual of his fpc::clusterboot.
HIGHLY_STABLE = 0.85
VALID = 0.75
PATTERN = 0.60
VERDICTS = (
    (HIGHLY_STABLE, N_("highly stable")),
    (VALID, N_("stable")),
    (PATTERN, N_("a pattern, not a firm segment")),
    (-1.0, N_("not a segment")),
)

# Dolnicar and Leisch (2010), "Evaluation of structure and reproducibility of cluster solutions".
KINDS = {"natural": N_("natural"), "reproducible": N_("reproducible"), "constructive": N_("constructive")}

NEEDS = N_("transactions, interactions or customer attributes: at least three columns, known for many customers")


@dataclass(frozen=True)
class Segmentation:
    """Segments of all customers and what speaks for them.

    Parameters
    ----------
    labels : Series of int
        Segment of each customer, 1 for the largest; index of the profile.
    kind : {"natural", "reproducible", "constructive"}
        Separated more clearly than in a base without segments; or not, but found again in every resample; or neither.
    p : float
        Monte Carlo p-value against bases without segments.
    table : DataFrame
        ``segment, n, base, share, share_low, share_high, jaccard, jaccard_low, jaccard_high, verdict``.
    k_table : DataFrame
        ``k, explained, expected, excess`` (standard deviations above bases without segments)``, separation, jaccard,
        jaccard_min, chosen``: one row for each number of segments tried.
    columns : DataFrame
        ``attribute, kind, known, verdict``: what the segments are made of.
    bootstraps : int
        Resamples behind each Jaccard figure.
    points : ndarray, shape (customers, components)
        Where the customers stand, see `embedding.embed`.
    """

    labels: pd.Series
    kind: str
    p: float
    table: pd.DataFrame
    k_table: pd.DataFrame
    columns: pd.DataFrame
    bootstraps: int
    points: np.ndarray = field(repr=False)

    def sizes(self) -> dict[int, int]:
        """Customers in each segment."""
        return {int(segment): int(n) for segment, n in self.table.set_index("segment")["n"].items()}

    def numbered(self, labels: pd.Series) -> Segmentation:
        """The same segments under other numbers: `labels` names each customer's, in the order of the profile."""
        names = dict(zip(self.labels, labels, strict=True))
        table = self.table.assign(segment=self.table["segment"].map(names))
        return replace(self, labels=labels.rename("segment"), table=table)

    def made_from(self) -> list[str]:
        """Columns that the segments were made of."""
        return self.columns.loc[self.columns["verdict"] == USED, "attribute"].tolist()

    def formed_by(self) -> list[str]:
        """Columns that the segments were made of, and those that say the same under another name."""
        used = self.made_from()
        return list(dict.fromkeys([*used, *(name for column in used for name in IMPLIED.get(column, ()))]))


def find(
    profile: pd.DataFrame,
    max_segments: int = 8,
    bootstraps: int = 50,
    seed: int = 1,
    columns: Sequence[str] = (),
) -> Segmentation | None:
    """Segments by the given columns, else `active_columns`; None where too few are known; see `segment`."""
    columns = [name for name in columns if name in profile] or None
    if not available(profile, columns):
        return None
    return segment(profile, columns, max_segments, bootstraps, seed)


def facts(found: Segmentation | None) -> dict[str, int | str]:
    """Number, kind and sizes of the segments; 0 where there are none."""
    if found is None:
        return {"segments": 0}
    sizes = {f"segment_{segment}_customers": n for segment, n in found.sizes().items()}
    return {"segments": len(found.table), "segments_are": found.kind} | sizes


def active_columns(profile: pd.DataFrame) -> list[str]:
    """Columns of the profile that segments are made of."""
    chosen = (next((name for name in names if name in profile), None) for names in ACTIVE)
    return [name for name in chosen if name is not None]


def segment(
    profile: pd.DataFrame,
    columns: Sequence[str] | None = None,
    max_segments: int = 8,
    bootstraps: int = 50,
    seed: int = 1,
) -> Segmentation:
    """Divide customers into segments and judge them.

    k-means on the embedding of mixed data. Whether there are segments at all is tested against simulated bases
    without any (`continuum`). Only numbers of segments at which all come back in resamples are considered. If there
    are segments, the smallest number is taken whose explained variance exceeds that of the simulated bases as much as
    any other's, give or take one standard error (as with the gap statistic of Tibshirani, Walther & Hastie 2001); if
    not, the largest number of parts.

    Parameters
    ----------
    profile : DataFrame
        One row per customer.
    columns : sequence of str, optional
        What to segment by; by default `active_columns`.
    max_segments : int
        Largest number of segments tried.
    bootstraps : int
        Resamples behind each stability figure.
    seed : int
        Of resamples, simulations and k-means starts.

    Returns
    -------
    Segmentation
    """
    from threadpoolctl import threadpool_limits

    columns = list(columns) if columns is not None else active_columns(profile)
    profile = _as_shown(profile)
    rng = np.random.default_rng(seed)
    with threadpool_limits(1):  # sums in another order would move customers between equal segments
        placed = embed(profile, columns, seed)
        used = placed.columns.loc[placed.columns["verdict"] == USED, "attribute"]
        points = placed.coordinates
        sizes = range(2, min(max_segments, len(points) // 10) + 1)
        solutions = {k: kmeans(points, k, seed, FINAL_STARTS).labels_ for k in sizes}
        k_table, p = _against_continuum(profile[list(used)], points, sizes, rng, seed)
        stability = _stability(points, solutions, bootstraps, rng, seed)
    k_table["jaccard"] = [stability[k].mean() for k in sizes]
    k_table["jaccard_min"] = [stability[k].mean(axis=0).min() for k in sizes]
    natural = p <= NATURAL and k_table["excess"].max() >= MARGIN
    k = _choose(k_table, natural)
    k_table["chosen"] = k_table["k"] == k
    labels, order = _by_size(solutions[k])
    reproducible = bool(k_table.loc[k_table["chosen"], "jaccard_min"].iloc[0] >= VALID)
    return Segmentation(
        labels=pd.Series(labels, index=profile.index, name="segment"),
        kind="natural" if natural else "reproducible" if reproducible else "constructive",
        p=p,
        table=_table(labels, stability[k][:, order]),
        k_table=k_table,
        columns=placed.columns,
        bootstraps=bootstraps,
        points=points,
    )


def _as_shown(profile: pd.DataFrame) -> pd.DataFrame:
    """The profile in which what only orders show is unknown of customers without orders."""
    if "orders" not in profile:
        return profile
    never = profile["orders"].fillna(0) == 0
    names = [name for name in SHOWN_IN_ORDERS if name in profile]
    return profile.assign(**{name: profile[name].astype("Float64").mask(never) for name in names})


def available(profile: pd.DataFrame, columns: Sequence[str] | None = None) -> bool:
    """Whether there are enough customers and columns to look for segments."""
    columns = list(columns) if columns is not None else active_columns(profile)
    if len(profile) < MIN_CUSTOMERS:
        return False
    return int((embed(profile, columns, components=1).columns["verdict"] == USED).sum()) >= MIN_COLUMNS


def limits(profile: pd.DataFrame) -> list[Limit]:
    """What is missing for segments."""
    return [] if available(profile) else [Limit(N_("Which segments customers form"), needs=NEEDS)]


def findings(segmentation: Segmentation, chapter: str = "05") -> list[Finding]:
    """Whether the segments are real, in one sentence."""
    table = segmentation.table
    firm = int((table["jaccard"] >= VALID).sum())
    values = {
        "k": len(table),
        "firm": firm,
        "valid": VALID,
        "low": float(table["jaccard"].min()),
        "high": float(table["jaccard"].max()),
        "bootstraps": segmentation.bootstraps,
        "p": segmentation.p,
        "tried": len(segmentation.k_table),
    }
    message = {
        "natural": N_(
            "Customers form {k:count} natural segments, separated more clearly than in simulated bases without "
            "segments ({p:p}). Of these, {firm:count} are stable: found again in {bootstraps:count} resamples with "
            "an overlap of at least {valid:share}."
        ),
        "reproducible": N_(
            "No natural segments: customers differ gradually, no more clearly separated than in simulated bases "
            "without segments ({p:p}). The division into {k:count} parts is reproducible and useful for organising "
            "work: each part is found again in {bootstraps:count} resamples, with an overlap of {low:share} to "
            "{high:share}."
        ),
        "constructive": N_(
            "No natural segments: customers differ gradually, no more clearly separated than in simulated bases "
            "without segments ({p:p}). The division into {k:count} parts is a constructive split; other data would "
            "have drawn the lines elsewhere (overlap in {bootstraps:count} resamples: {low:share} to {high:share})."
        ),
    }[segmentation.kind]
    natural = segmentation.kind == "natural"
    chosen = segmentation.k_table[segmentation.k_table["chosen"]].iloc[0]
    base = int(table["base"].iloc[0])
    return [
        Finding(
            message,
            values,
            id=f"{chapter}.segments.{segmentation.kind}",
            n=base,
            table="segments",
            test=N_("parametric bootstrap against homogeneity; bootstrap Jaccard"),
            p_adjusted=segmentation.p,
            family=values["tried"],
            effect=float(chosen["explained"] - chosen["expected"]) if natural else 0.0,
            reach=base if natural else 0,
            kind="difference" if natural else "nothing",
        )
    ]


def kmeans(points: np.ndarray, k: int, seed: int, starts: int):
    """k-means fitted to points of shape (customers, components), the best of several starts."""
    from sklearn.cluster import KMeans

    return KMeans(k, n_init=starts, random_state=seed).fit(points)


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
    copies = np.array(copies)
    mean, spread = copies.mean(axis=0), copies.std(axis=0, ddof=1)
    above = (observed - mean) / spread
    highest = ((copies - mean) / spread)[:, :, 0].max(axis=1)
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


def _stability(
    points: np.ndarray, solutions: dict[int, np.ndarray], bootstraps: int, rng: np.random.Generator, seed: int
) -> dict[int, np.ndarray]:
    """Jaccard overlap of each cluster with its best match in each resample, shape (bootstraps, k) for each k."""
    n = len(points)
    overlap = {k: np.zeros((bootstraps, k)) for k in solutions}
    for b in range(bootstraps):
        rows = np.sort(rng.integers(0, n, n))
        distinct = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]])
        for k, labels in solutions.items():
            again = kmeans(points[rows], k, seed, STARTS).labels_[distinct]
            overlap[k][b] = jaccard(labels[rows[distinct]], again, k)
    return overlap


def jaccard(labels: np.ndarray, again: np.ndarray, k: int) -> np.ndarray:
    """Best Jaccard overlap of each of k clusters with the clusters of another labelling of the same rows.

    Examples
    --------
    >>> jaccard(np.array([0, 0, 1, 1]), np.array([1, 1, 1, 0]), 2).round(2).tolist()
    [0.67, 0.5]
    """
    both = np.zeros((k, k))
    np.add.at(both, (labels, again), 1)
    union = both.sum(axis=1)[:, None] + both.sum(axis=0)[None, :] - both
    return (both / np.maximum(union, 1)).max(axis=1)


def _choose(k_table: pd.DataFrame, natural: bool) -> int:
    """Number of segments; see `segment`."""
    firm = k_table[k_table["jaccard_min"] >= VALID]
    if natural:
        rows = firm if len(firm) else k_table
        least = rows["excess"].max() * (1 - EXCESS_ERROR)
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


def verdict(jaccard: float) -> str:
    """What a mean bootstrap Jaccard says about a segment.

    >>> verdict(0.8)
    'stable'
    """
    return next(text for bar, text in VERDICTS if round(jaccard, 6) >= bar)
