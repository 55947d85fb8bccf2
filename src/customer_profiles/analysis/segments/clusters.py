"""Segments from clustering, and whether they are real: natural, reproducible or only constructed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Limit
from ...stats.intervals import add_shares
from . import latent_classes
from .algorithms import (
    CLASSES,
    FIT_ROWS,
    METHODS,
    NEIGHBOURS,
    RESAMPLE_ROWS,
    STARTS,
    Data,
    jaccard,
    kmeans,
    solve,
    stability,
    use,
)
from .embedding import USED, blocks, embed, project, usable
from .null_reference import Continuum

__all__ = ["jaccard", "kmeans"]  # of `families`, where callers have always found them

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
        jaccard_min`` of k-means``, jaccard_classes, jaccard_min_classes`` of latent classes``, chosen``: one row for
        each number of segments tried.
    columns : DataFrame
        ``attribute, kind, known, verdict``: what the segments are made of.
    bootstraps : int
        Resamples behind each Jaccard figure.
    points : ndarray, shape (customers, components)
        Where the customers stand, see `embedding.embed`.
    method : {"neighbours", "classes"}
        What made the segments, see `families`.
    families : DataFrame
        ``method, k, told`` (share of the differences in a column left out that segments made of the others tell)``,
        base`` (customers asked so, and in a resample)``, jaccard, jaccard_min, agreement`` (adjusted
        Rand index of both methods)``, chosen``: one row for each method at its best number of segments.
    """

    labels: pd.Series
    kind: str
    p: float
    table: pd.DataFrame
    k_table: pd.DataFrame
    columns: pd.DataFrame
    bootstraps: int
    points: np.ndarray = field(repr=False)
    method: str = NEIGHBOURS
    families: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)

    @property
    def fitted_on(self) -> int:
        """Customers that the segments were made from; all others were assigned to them."""
        return min(len(self.labels), FIT_ROWS)

    @property
    def resampled(self) -> int:
        """Customers in each resample."""
        return min(len(self.labels), RESAMPLE_ROWS)

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

    Two ways are compared (`families`): k-means on the embedding of mixed data, and latent classes. Whether there are
    segments at all is tested against simulated bases without any (`continuum`), by k-means. Of each way, only numbers
    of segments at which all come back in resamples are considered. If there are segments, k-means takes the smallest
    number whose explained variance exceeds that of the simulated bases as much as any other's, give or take one
    standard error (as with the gap statistic of Tibshirani, Walther & Hastie 2001), latent classes that with the
    lowest BIC; if not, both take the largest number of parts. Between the two, a way whose segments all come back is
    preferred, then the one whose segments tell more of columns that had no part in making them.

    Where there are more than `families.FIT_ROWS` customers, segments are made from so many and everybody is assigned;
    resamples have `families.RESAMPLE_ROWS` customers at most.

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
        Of samples, resamples, simulations and first guesses.

    Returns
    -------
    Segmentation
    """
    import sklearn.cluster  # noqa: F401  (a library that is loaded later would not be limited to one thread)
    from threadpoolctl import threadpool_limits

    columns = list(columns) if columns is not None else active_columns(profile)
    profile = _as_shown(profile)
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
        families=compared.assign(method=compared["method"].map(METHODS)),
    )


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
    """One row for each method at its best number of segments, see `Segmentation.families`."""
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
    return len(usable(profile, columns)) >= MIN_COLUMNS


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


def verdict(jaccard: float) -> str:
    """What a mean bootstrap Jaccard says about a segment.

    >>> verdict(0.8)
    'stable'
    """
    return next(text for bar, text in VERDICTS if round(jaccard, 6) >= bar)
