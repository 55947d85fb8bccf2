"""Whether a segment can be worked with: too narrow, right or too broad, and what merging or splitting it would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Text
from ...results import ONE_MARGIN, Result
from ...stats.intervals import wilson
from .algorithms import jaccard, kmeans
from .personas import Persona

NARROW_SHARE = 0.03  # of the customers: a smaller segment costs as much attention as the others and reaches few
NARROW_CUSTOMERS = 50  # the smallest base that the report compares
AGAIN = 0.60  # Jaccard overlap below which a segment is not found again (Hennig 2008, as in `solution`)
STABLE = 0.75  # and from which each part of a split is
GAIN = 0.5  # any cloud of points can be cut in two; a smaller part of the differences is not worth a segment
SPLITS = 20  # resamples behind the stability of a split
STARTS = 3

NARROW, RIGHT, BROAD, UNTOLD = N_("too narrow"), N_("right"), N_("too broad"), N_("cannot be told")
FEW = N_("too few customers to work with")
VANISHES = N_("not found again when customers are drawn anew")
ALIKE = N_("no trait sets it apart from the others")
TWO = N_("falls into two parts that are found again")
UNKNOWN = N_("nothing is known of it but what it was made from")
WHOLE = N_("large enough, found again, set apart, and of one piece")

CHANNELS = ("preferred_channel", "main_touch_channel", "main_order_channel")
"""Columns of the profile that name a channel on which a customer can be reached."""


@dataclass(frozen=True)
class _Change:
    """What a segment looks like merged with its nearest neighbour, and split in two."""

    merge_with: int
    explained_merged: float
    split_n: int
    split_jaccard: float
    explained_split: float


def judge(
    points: np.ndarray,
    labels: pd.Series,
    table: pd.DataFrame,
    apart: pd.Series | None,
    reached: pd.Series,
    seed: int = 1,
) -> Result:
    """A verdict for each segment.

    A segment is too narrow if it has too few customers, is not found again in resamples, or if no trait sets it apart;
    it is too broad if it falls into two parts, each large enough, that are found again in resamples of its members and
    lie as far apart as segments do: the division adds at least `GAIN` of what a segment explains on average.

    Parameters
    ----------
    points : ndarray, shape (customers, components)
        Where the customers stand, see `embedding.embed`.
    labels : Series of int
        Segment of each customer, in the same order.
    table : DataFrame
        ``segment, n, base, share, jaccard`` of each, see `solution.Segmentation`.
    apart : Series of int, optional
        Number of established traits of each segment, by segment; what formed the segments is none. None where no other
        trait is known: whether the segments differ can then not be told.
    reached : Series of bool
        Whether a channel is known on which a customer can be reached, in the same order; who does not consent is not
        in the profile.
    seed : int
        Of the resamples.

    Returns
    -------
    Result
        ``segment, n, base, share, verdict, reason, jaccard, traits_apart, spread`` (mean squared distance from its
        centre, where all customers have one)``, reach`` with its interval (share with a known channel)``, explained``
        (share of all differences between customers that lies between segments) and what it would be, ``merge_with,
        explained_merged, split_n`` (customers in the smaller part)``, split_jaccard, explained_split``.
    """
    from threadpoolctl import threadpool_limits

    title = Text(N_("Verdict on each segment"))
    about = Text(N_("Share of each segment that can be reached on a known channel, by verdict."))
    if not len(table):
        return Result("segment_verdicts", _no_verdicts(), title, ONE_MARGIN, about=about)
    codes = labels.to_numpy()
    within = _within(points, codes)
    total = float(((points - points.mean(axis=0)) ** 2).sum())
    explained = 1 - sum(within.values()) / total
    known = reached.to_numpy()
    rng = np.random.default_rng(seed)
    rows = []
    with threadpool_limits(1):
        for row in table.sort_values("segment").itertuples():
            inside = codes == row.segment
            change = _change(points, codes, row.segment, within, total, rng, seed)
            least = max(NARROW_CUSTOMERS, NARROW_SHARE * row.base)
            traits = None if apart is None else int(apart.get(row.segment, 0))
            gain = (change.explained_split - explained) / (explained / (len(table) - 1))
            verdict, reason = _verdict(row.n, least, row.jaccard, traits, change, gain)
            # Where no source tells any channel, that nobody can be reached would be said of the exports.
            reach = known[inside].mean() if known.any() else np.nan
            low, high = wilson(known[inside].sum(), row.n if known.any() else 0)
            rows.append(
                {
                    "segment": row.segment,
                    "n": row.n,
                    "base": row.base,
                    "share": row.share,
                    "verdict": verdict,
                    "reason": reason,
                    "jaccard": row.jaccard,
                    "traits_apart": traits or 0,
                    "spread": within[row.segment] / row.n / (total / row.base),
                    "reach": reach,
                    "reach_low": float(low),
                    "reach_high": float(high),
                    "explained": explained,
                    **vars(change),
                }
            )
    return Result("segment_verdicts", pd.DataFrame(rows), title, ONE_MARGIN, claims=_counted, about=about)


def _counted(verdicts: pd.DataFrame) -> list[Finding]:
    """How many segments can be worked with as they are."""
    counts = {name: int((verdicts["verdict"] == name).sum()) for name in (RIGHT, NARROW, BROAD)}
    every = counts[RIGHT] == len(verdicts)
    return [
        Finding(
            _ALL_WORK if every else _SOME_WORK,
            {"k": len(verdicts), "right": counts[RIGHT], "narrow": counts[NARROW], "broad": counts[BROAD]},
            id="segments.verdicts",
            n=int(verdicts["base"].max()),
            test=N_("size, bootstrap Jaccard, established traits, stability of a split"),
        )
    ]


_ALL_WORK = N_(
    "Each of the {k:count} segments can be worked with: large, stable and distinct enough, and of one piece."
)
_SOME_WORK = N_(
    "{right:count} of {k:count} segments can be worked with (too narrow: {narrow:count}, too broad: {broad:count})."
)


def worth_a_page(cards: Sequence[Persona], verdicts: pd.DataFrame) -> list[Persona]:
    """The cards of all segments that are not too narrow to work with."""
    narrow = set(verdicts.loc[verdicts["verdict"] == NARROW, "segment"])
    return [card for card in cards if card.segment not in narrow]


def without_page(cards: Sequence[Persona], verdicts: pd.DataFrame) -> list[Text]:
    """Why segments that are too narrow to work with have no page, one sentence for each reason.

    Parameters
    ----------
    cards : sequence of Persona
        Of all segments, see `worth_a_page`.
    """
    narrow = verdicts[verdicts["verdict"] == NARROW]
    told = []
    for reason, rows in narrow.groupby("reason", sort=False):
        names = [card.name for card in cards if card.segment in set(rows["segment"])]
        if names:
            values = {"k": len(names), "all": len(cards), "reason": reason, "names": _listed(names)}
            told.append(Text(_NO_PAGE, values))
    return told


def _listed(names: Sequence[Text]) -> Text:
    values = {f"name_{at}": name for at, name in enumerate(names)}
    return Text("; ".join(f"“{{{name}:label}}”" for name in values), values)


_NO_PAGE = N_("No page for {k:count} of {all:count} segments ({reason:label}): {names:label}.")


def _no_verdicts() -> pd.DataFrame:
    words, counts = ("verdict", "reason"), ("segment", "n", "base", "traits_apart", "merge_with", "split_n")
    columns = [
        *("segment", "n", "base", "share", "verdict", "reason", "jaccard", "traits_apart", "spread"),
        *("reach", "reach_low", "reach_high", "explained", *_Change.__annotations__),
    ]
    return pd.DataFrame(
        {name: pd.Series(dtype="str" if name in words else int if name in counts else float) for name in columns}
    )


def _verdict(n: int, least: float, jaccard: float, apart: int | None, change: _Change, gain: float) -> tuple[str, str]:
    if n < least:
        return NARROW, FEW
    if jaccard < AGAIN:
        return NARROW, VANISHES
    if apart == 0:
        return NARROW, ALIKE
    if change.split_n >= least and change.split_jaccard >= STABLE and gain >= GAIN:
        return BROAD, TWO
    if apart is None:
        return UNTOLD, UNKNOWN
    return RIGHT, WHOLE


def _change(
    points: np.ndarray,
    codes: np.ndarray,
    segment: int,
    within: dict[int, float],
    total: float,
    rng: np.random.Generator,
    seed: int,
) -> _Change:
    inside = codes == segment
    others = {name: ((points[codes == name].mean(axis=0) - points[inside].mean(axis=0)) ** 2).sum() for name in within}
    nearest = min((name for name in within if name != segment), key=lambda name: (others[name], name))
    both = points[inside | (codes == nearest)]
    rest = sum(within.values()) - within[segment] - within[nearest]
    members = points[inside]
    halves, jaccard = _split(members, rng, seed)
    parts = sum(((members[halves == half] - members[halves == half].mean(axis=0)) ** 2).sum() for half in set(halves))
    return _Change(
        merge_with=int(nearest),
        explained_merged=float(1 - (rest + ((both - both.mean(axis=0)) ** 2).sum()) / total),
        split_n=int(np.bincount(halves, minlength=2).min()),
        split_jaccard=jaccard,
        explained_split=float(1 - (sum(within.values()) - within[segment] + parts) / total),
    )


def _split(members: np.ndarray, rng: np.random.Generator, seed: int) -> tuple[np.ndarray, float]:
    """The best division in two, and the Jaccard overlap of its weaker part, averaged over resamples."""
    halves = kmeans(members, 2, seed, STARTS).labels_
    overlaps = []
    for _ in range(SPLITS):
        rows = np.unique(rng.integers(0, len(members), len(members)))
        again = kmeans(members[rows], 2, seed, STARTS).labels_
        overlaps.append(jaccard(halves[rows], again, 2))
    return halves, float(np.mean(overlaps, axis=0).min())


def _within(points: np.ndarray, codes: np.ndarray) -> dict[int, float]:
    """Sum of squared distances from its centre, of each segment."""
    return {
        int(segment): float(((points[codes == segment] - points[codes == segment].mean(axis=0)) ** 2).sum())
        for segment in np.unique(codes)
    }
