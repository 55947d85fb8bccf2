"""A division of the customers into segments, what speaks for it, and how that is told."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Text
from ...results import NOBODY, ONE_MARGIN, Result
from ...stats import effect_sizes
from .algorithms import FIT_ROWS, NEIGHBOURS, RESAMPLE_ROWS
from .columns import with_implied
from .embedding import USED

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
KINDS = {
    "natural": N_(
        "Customers form {k:count} natural segments: between some of them there are clearly fewer customers than on "
        "either side ({p:p}). Stable are {firm:count} of them: found again in {bootstraps:count} resamples with "
        "an overlap of at least {valid:share}."
    ),
    "reproducible": N_(
        "Customers differ gradually: no natural segments, since nowhere is there an emptier space between groups. The "
        "division into {k:count} parts can be repeated: each part is found again in {bootstraps:count} "
        "resamples, with an overlap of {low:share} to {high:share}."
    ),
}
NOT_ANY = N_(
    "Customers differ gradually and form no segments: nowhere is there an emptier space between groups, and no "
    "division into {fewest:count} to {most:count} parts is found again when customers are drawn anew."
)

TEST = N_("binomial tests for a valley along the discriminant of each pair; bootstrap Jaccard")

TABLE = [
    "segment",
    "n",
    "base",
    "share",
    "share_low",
    "share_high",
    "jaccard",
    "jaccard_low",
    "jaccard_high",
    "verdict",
]


@dataclass(frozen=True, repr=False)
class Segmentation:
    """Segments of all customers and what speaks for them; empty where none could be looked for.

    Parameters
    ----------
    labels : Series of int
        Segment of each customer, 1 for the largest; index of the profile. All missing where there are no segments.
    kind : {"natural", "reproducible", "none", ""}
        With an emptier space between them; or not, but found again in every resample; or neither, so that there are
        none; or not looked for.
    p : float
        Of the clearest valley between segments, corrected for all that were tried.
    table : DataFrame
        ``segment, n, base, share, share_low, share_high, jaccard, jaccard_low, jaccard_high, verdict``.
    k_table : DataFrame
        ``k, explained`` (by k-means)``, groups, groups_classes`` (set apart by a valley, by k-means and by latent
        classes)``, jaccard, jaccard_min`` of k-means``, jaccard_classes, jaccard_min_classes`` of latent classes``,
        chosen``: one row for each number of segments tried.
    columns : DataFrame
        ``attribute, kind, known, verdict``: what the segments are made of.
    bootstraps : int
        Resamples behind each Jaccard figure.
    points : ndarray, shape (customers, components)
        Where the customers stand, see `embedding.embed`.
    method : {"neighbours", "classes"}
        What made the segments, see `algorithms`.
    methods : DataFrame
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
    points: np.ndarray
    method: str = NEIGHBOURS
    methods: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __len__(self) -> int:
        return len(self.table)

    def __repr__(self) -> str:
        if not len(self):
            return f"<Segmentation: no segments of {len(self.labels):,} customers>"
        sizes = ", ".join(f"{row.segment}: {row.n:,} ({row.verdict})" for row in self.table.itertuples())
        return (
            f"<Segmentation: {len(self)} {self.kind} segments of {len(self.labels):,} customers by "
            f"{', '.join(self.made_from())}; {sizes}>"
        )

    def numbered(self, labels: pd.Series) -> Segmentation:
        """The same segments under other numbers: `labels` names each customer's, in the order of the profile."""
        names = dict(zip(self.labels, labels, strict=True))
        table = self.table.assign(segment=self.table["segment"].map(names).astype(int))
        return replace(self, labels=labels.rename("segment"), table=table)

    def made_from(self) -> list[str]:
        """Columns that the segments were made of."""
        return self.columns.loc[self.columns["verdict"] == USED, "attribute"].tolist()

    def formed_by(self) -> list[str]:
        """Columns that the segments were made of, and those that say the same under another name."""
        return with_implied(self.made_from())


def none(profile: pd.DataFrame) -> Segmentation:
    """No segments of these customers: there are too few of them, or too few columns."""
    table = pd.DataFrame(columns=TABLE).astype({"segment": int, "n": int, "base": int, "share": float})
    return Segmentation(
        labels=pd.Series(pd.NA, profile.index, dtype="Int64", name="segment"),
        kind="",
        p=np.nan,
        table=table,
        k_table=pd.DataFrame(columns=["k", "explained", "chosen"]),
        columns=pd.DataFrame(columns=["attribute", "kind", "known", "verdict"]),
        bootstraps=0,
        points=np.zeros((len(profile), 0)),
        methods=pd.DataFrame(columns=["method", "k", "told", "chosen"]),
    )


def stability(found: Segmentation) -> Result:
    """Size of each segment and how firmly it is found again; the claim is whether there are segments at all."""
    return Result(
        "segments",
        found.table,
        Text(N_("Size and stability of each segment")),
        ONE_MARGIN,
        claims=partial(_real, found=found),
        family=len(found.k_table),
        about=Text(
            N_("Overlap in {drawn:count} resamples of {n:count} customers; stable from {valid:ratio}."),
            {"drawn": found.bootstraps, "n": len(found.labels), "valid": VALID},
        ),
    )


def numbers_tried(found: Segmentation) -> Result:
    """What speaks for each number of segments that was tried; the claim is that there are none, where that is so."""
    title = Text(N_("Numbers of segments that were tried"))
    about = Text(N_("Overlap in resamples of the segment that is found again least, by both methods."))
    claims = partial(_not_any, found=found)
    return Result("segment_numbers", found.k_table, title, NOBODY, claims, len(found.k_table), about)


def methods_compared(found: Segmentation) -> Result:
    """Both methods, each at its best number of segments."""
    note = Text(
        N_("Segments were made from {n:count} customers and all were assigned; a resample has {drawn:count}."),
        {"n": min(len(found.labels), FIT_ROWS), "drawn": min(len(found.labels), RESAMPLE_ROWS)},
    )
    title = Text(N_("Both methods, each at its best number of segments"))
    return Result("segment_methods", found.methods, title, NOBODY, note=note)


def facts(found: Segmentation) -> dict[str, int | str]:
    """Number, kind and sizes of the segments; 0 where there are none."""
    if not len(found):
        return {"segments": 0}
    sizes = {f"segment_{row.segment}_customers": int(row.n) for row in found.table.itertuples()}
    told: dict[str, int | str] = {"segments": len(found), "segments_are": found.kind}
    return told | sizes


def verdict(jaccard: float) -> str:
    """What a mean bootstrap Jaccard says about a segment.

    >>> verdict(0.8)
    'stable'
    """
    return next(text for bar, text in VERDICTS if round(jaccard, 6) >= bar)


def _real(table: pd.DataFrame, found: Segmentation) -> list[Finding]:
    """Whether the segments are real, in one sentence; nothing where there are none, see `numbers_tried`."""
    if not len(table):
        return []
    natural = found.kind == "natural"
    chosen = found.k_table[found.k_table["chosen"]].iloc[0]
    base = int(table["base"].iloc[0])
    return [
        Finding(
            KINDS[found.kind],
            {
                "k": len(table),
                "firm": int((table["jaccard"] >= VALID).sum()),
                "valid": VALID,
                "low": float(table["jaccard"].min()),
                "high": float(table["jaccard"].max()),
                "bootstraps": found.bootstraps,
                "p": found.p,
                "tried": len(found.k_table),
            },
            id=f"segments.{found.kind}",
            n=base,
            test=TEST,
            p_adjusted=found.p,
            family=len(found.k_table),
            effect=float(effect_sizes.from_explained(chosen["explained"])) if natural else 0.0,
            reach=base if natural else 0,
            kind="difference" if natural else "nothing",
        )
    ]


def _not_any(table: pd.DataFrame, found: Segmentation) -> list[Finding]:
    """That there are no segments."""
    if found.kind != "none":
        return []
    values = {"fewest": int(table["k"].min()), "most": int(table["k"].max())}
    finding = Finding(NOT_ANY, values, id="segments.none", n=len(found.labels), test=TEST, p_adjusted=found.p)
    return [replace(finding, family=len(table), kind="nothing")]
