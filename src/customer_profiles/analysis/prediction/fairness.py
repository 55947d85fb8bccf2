"""Whether the chance to be lost treats groups of customers alike: whom it picks, whom it finds, how well it fits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Text
from ...results import Disclosure, Result
from ...stats.claims import Claims, shown
from ...stats.comparisons import MIN_EXPECTED, corrected, two_proportions
from ...stats.effect_sizes import from_points
from ...stats.group_tests import welch
from ...stats.intervals import add_shares
from ..demographics.categories import values_of
from .churn import Tried

GROUPS = ("gender", "age_band", "region")
CALLED = N_("on the list of whom to call")
FOUND = N_("among the likeliest, of those who were lost")
FITS = N_("lost, beside the chance that was foreseen")
MIN_BASE = 50
"""Customers of a group and of all others from which they are compared."""
FOUR_FIFTHS = 0.8
COLUMNS = [
    *("measure", "attribute", "value", "n", "base", "share", "share_low", "share_high", "n_rest", "base_rest"),
    *("share_rest", "expected_share"),
    *("difference", "difference_low", "difference_high", "below_four_fifths", "p", "p_adjusted", "effect", "claim"),
]


def called(loss: pd.Series, capacity: int) -> pd.Series:
    """Who is called, of all whose expected loss is known: those of whom most is expected to be lost."""
    known = loss.dropna()
    first = known[known > 0].sort_values(ascending=False, kind="stable").head(capacity)
    return pd.Series(known.index.isin(first.index), known.index)


def parity(tried: Tried, listed: pd.Series, profile: pd.DataFrame) -> Result:
    """Groups of customers against all others, in what the chance to be lost does to them.

    Parameters
    ----------
    tried : Tried
        On whom it was tried.
    listed : Series of bool
        From `called`; nobody where nothing was foreseen.
    profile : DataFrame
        With those of `GROUPS` that are known.

    Returns
    -------
    Result
        ``measure``: `CALLED` (selection rate), `FOUND` (true-positive rate: of those who were lost, who was among as
        large a part with the highest chance as the list has) and `FITS` (calibration: who was lost, less the chance);
        ``attribute, value, n, base, share`` with interval``, n_rest, base_rest, share_rest``; ``expected_share``
        (`FITS`)``; difference`` with interval (percentage points; Newcombe's, of `FITS` Welch's)``;
        below_four_fifths`` (`CALLED`: of the highest share of the attribute)``, p, p_adjusted, effect, claim``. All
        rows are one family.

    References
    ----------
    Hardt, Price & Srebro (2016), Equality of opportunity in supervised learning, NeurIPS 29; four fifths: Uniform
    Guidelines on Employee Selection Procedures (1978), 29 CFR 1607.4 D, a rule of thumb.
    """
    title = Text(N_("Whether the chance to be lost treats groups alike"))
    if not listed.any() or not len(tried.p):
        return Result("churn_fairness", pd.DataFrame(columns=COLUMNS), title, WITHIN)
    who = profile.set_index("customer_no")
    top = tried.p.rank(ascending=False, method="first") <= listed.mean() * len(tried.p)
    sides = {
        CALLED: (listed, None),
        FOUND: (top[tried.lost.to_numpy(bool)], None),
        FITS: (tried.lost.astype(bool), tried.p),
    }
    rows = [
        _row(hit, expected, group == value) | {"measure": measure, "attribute": name, "value": value}
        for measure, (hit, expected) in sides.items()
        for name in GROUPS
        if name in who
        for group in [values_of(who[name]).reindex(hit.index).dropna()]
        if group.nunique() > 1
        for value in sorted(group.unique())
    ]
    table, family = corrected(rows, COLUMNS, ["measure", "attribute"])
    highest = table["share"].where(table["base"] >= MIN_BASE).groupby([table["measure"], table["attribute"]])
    below = table["share"] < FOUR_FIFTHS * highest.transform("max")
    table["below_four_fifths"] = below.astype("boolean").where(table["measure"].eq(CALLED))
    return Result(
        "churn_fairness",
        add_shares(table),
        title,
        WITHIN,
        claims=lambda frame: _claims(frame, family),
        family=family,
        about=Text(N_("Percentage points against all other customers, with the interval; hollow dots may be chance.")),
        note=Text(
            N_(
                "On the list: of {n:count} customers with a chance to be lost now; the other two: of {tried:count} on "
                "whom it was tried. A difference is not unfair by itself: groups may be lost more often. A share on "
                "the list below four fifths of the highest is marked: a rule of thumb, no test."
            ),
            {"n": len(listed), "tried": len(tried.p)},
        ),
    )


WITHIN = Disclosure(within=("measure", "attribute"))


def _row(hit: pd.Series, expected: pd.Series | None, member: pd.Series) -> dict[str, float]:
    """A group against all others whose group is known."""
    hit = hit.loc[member.index].astype(float)
    here, rest = hit[member], hit[~member]
    n1, n0 = len(here), len(rest)
    row = {"n": int(here.sum()), "base": n1, "share": here.mean(), "n_rest": int(rest.sum())}
    row |= {"base_rest": n0, "share_rest": rest.mean()}
    few = min(hit.sum(), len(hit) - hit.sum()) * min(n1, n0) / len(hit) < MIN_EXPECTED
    if expected is None:
        found, spread = two_proportions(row["n"], n1, row["n_rest"], n0), hit.std()
    else:
        p = expected.loc[member.index]
        row["expected_share"] = p[member].mean()
        left = hit - p  # who was lost, less the chance
        side = (value for part in (left[member], left[~member]) for value in (part.mean(), part.std(), len(part)))
        found, spread = welch(*side), left.std()
    ends = dict(
        zip(("difference", "difference_low", "difference_high"), (100 * float(x) for x in found[:3]), strict=True)
    )
    tested = min(n1, n0) >= MIN_BASE and not few
    effect = float(from_points(found.value, spread))
    return row | ends | {"p": float(found.p) if tested else np.nan, "effect": effect}


MESSAGES = {
    CALLED: N_("“{value:value}”: {share:part} are on the list of whom to call, of all others {rest:part}."),
    FOUND: N_(
        "“{value:value}”: of those who were lost {share:part} would have been called, of all others {rest:part}."
    ),
    FITS: N_(
        "The chance fits “{value:value}” otherwise than other customers: {expected:part} foreseen, {share:part} lost."
    ),
}
CLAIMS = Claims(
    "fairness",
    lambda row: MESSAGES[row.measure],
    {"expected": "expected_share"},
    key=("attribute", "value"),
    nothing=N_(
        "No difference was found between groups of customers in whom the chance to be lost picks and how well it fits "
        "(compared: {family:count})."
    ),
    test=N_("Wilson interval; Fisher’s exact or χ² test, of the chance Welch’s t test; Benjamini–Hochberg"),
    estimate="share",
    reach="base",
)


def _claims(table: pd.DataFrame, family: int) -> list[Finding]:
    """The surest difference of each measure, the surest first; or that there is none."""
    rows = table[table["claim"].fillna(False).astype(bool)].sort_values("p_adjusted", kind="stable")
    if rows.empty:
        return CLAIMS.tell(table, family)
    told = shown(rows).drop_duplicates("measure").itertuples()
    subject = {CALLED: "called", FOUND: "found", FITS: "fits"}
    return [replace(CLAIMS, subject=f"fairness.{subject[row.measure]}").one(row, family) for row in told]
