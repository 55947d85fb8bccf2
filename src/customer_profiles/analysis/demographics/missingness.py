"""Whose values are missing: is a gap spread evenly over the groups of customers, or does it hide some of them?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import partial

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Text
from ...results import OVERLAPPING, Result
from ...stats.claims import Claims, shown
from ...stats.comparisons import MIN_EXPECTED, corrected
from ...stats.group_tests import chi2_test
from .associations import MadeOf, one_source
from .categories import banded, values_of

MIN_GAP = 30
"""Customers without a value, and with one, from which a gap is compared; as for `distributions.who_is_missing`."""

SMALLEST_SHARE = 0.03
"""Values that fewer customers have are taken together, so that no cell decides by a handful of persons."""

OTHERS = "all others"

TOLD = 4
"""Sentences at most; the table holds the rest."""

COLUMNS = [
    *("attribute", "group", "value", "n", "base", "share", "n_rest", "base_rest", "share_rest"),
    *("p", "p_adjusted", "effect", "claim"),
]


def uneven(
    profile: pd.DataFrame, attributes: Iterable[str], spread: pd.DataFrame | None = None, made_of: MadeOf | None = None
) -> Result:
    """For every attribute with a gap: do some groups have the gap more often than others?

    Parameters
    ----------
    profile : DataFrame
        One row per customer.
    attributes : iterable of str
        Attributes whose gaps are looked at; those missing for the very same customers are looked at once.
        They also form the groups, numbers in bands; customers whose group is unknown are left out.
    spread : DataFrame, optional
        The distributions as published, ``attribute, value, suppressed``: a group whose size is hidden there is tested
        with the others, but not named here, because its size could be worked out.
    made_of : mapping of str to collection of str, optional
        What derived attributes are made of. Their gaps follow from those of what they are made of, so they are not
        looked at, and they form no groups for these.

    Returns
    -------
    Result
        A row per gap and grouping that could be tested: the group in which the share without a value lies farthest
        above that of the others, with counts of both; χ² test over all groups, one Benjamini–Hochberg family; effect
        is Cramér's V. Largest effect first.
    """
    attributes = list(attributes)
    there = None if spread is None else spread.loc[~spread["suppressed"].astype(bool)]
    groups = {}
    for name, column in banded(profile, attributes).items():
        codes, names = _codes(column)
        told = names if there is None else there.loc[there["attribute"] == name, "value"]
        groups[name] = (codes, names, np.isin(names, [value for value in told if value != OTHERS]))
    rows, seen = [], set()
    for attribute in (name for name in attributes if name not in (made_of or {})):
        absent = profile[attribute].isna().to_numpy()
        mark = hashlib.sha256(absent.tobytes()).digest()
        if mark in seen or min(absent.sum(), (~absent).sum()) < MIN_GAP:
            continue
        seen.add(mark)
        for name, group in groups.items():
            derived = name in (made_of or {}) and one_source(name, attribute, made_of)
            if name != attribute and not derived and (test := _test(absent, *group)):
                rows.append({"attribute": attribute, "group": name} | test)
    table, family = corrected(rows, COLUMNS)
    table = table.loc[table["value"] != ""]
    table = table.sort_values(["effect", "attribute", "group"], ascending=[False, True, True], ignore_index=True)
    return Result(
        "uneven_gaps",
        table,
        Text(N_("Groups that lack a value most often, most uneven gap first")),
        OVERLAPPING,
        claims=partial(_claims, family=family),
        family=family,
    )


CLAIMS = Claims(
    "gaps",
    N_(
        "“{attribute:label}” is unknown most often for {group/value:group}: {share:share} of them against {rest:share} "
        "of the others (n = {base:count} and {base_rest:count}). What is said about it holds less for them."
    ),
    key=("attribute",),
    nothing=N_(
        "No gap is spread unevenly: no group lacks values more often than chance would allow (compared: "
        "{family:count})."
    ),
    test=N_("χ² test, Benjamini–Hochberg"),
    n=lambda row: int(row.base + row.base_rest),
    reach=lambda row: 0,  # a caveat, not news: established, but of no weight for the summary
    most=TOLD,
)


def _claims(table: pd.DataFrame, family: int) -> list[Finding]:
    """The most uneven gaps, one sentence for each attribute, or that gaps are spread evenly."""
    established = shown(table.loc[table["claim"]]).drop_duplicates("attribute")
    everybody = int((table["base"] + table["base_rest"]).max()) if len(table) and not table["claim"].any() else 0
    return CLAIMS.tell(table, family, established, everybody)


def _codes(column: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Number of each customer's group, −1 where unknown, and the names; rare values are taken together."""
    text = values_of(column)
    sizes = text.value_counts()
    kept = sorted(sizes.index[sizes >= max(SMALLEST_SHARE * sizes.sum(), 1)])
    codes = pd.Index(kept).get_indexer(text.to_numpy(object)) if kept else np.full(len(text), -1)
    rare = (codes < 0) & text.notna().to_numpy()
    return np.where(rare, len(kept), codes), [*kept, OTHERS]


def _test(absent: np.ndarray, codes: np.ndarray, names: list[str], nameable: np.ndarray) -> dict | None:
    """χ² test of a gap over groups, and the group with the largest excess; None where too few are concerned.

    The value is empty where no group with an excess can be named; only its part in the family counts then.
    """
    known = codes >= 0
    base = np.bincount(codes[known], minlength=len(names))
    n = np.bincount(codes[known & absent], minlength=len(names))
    there = base > 0
    if there.sum() < 2 or min(n.sum(), base.sum() - n.sum()) * base[there].min() / base.sum() < MIN_EXPECTED:
        return None
    test = chi2_test(np.vstack([n, base - n]))
    rest, rest_base = n.sum() - n, base.sum() - base
    excess = np.where(there & nameable, n / np.maximum(base, 1) - rest / np.maximum(rest_base, 1), -np.inf)
    at = int(np.argmax(excess))
    shares = {"share": n[at] / base[at], "share_rest": rest[at] / rest_base[at]}
    counts = {"n": int(n[at]), "base": int(base[at]), "n_rest": int(rest[at]), "base_rest": int(rest_base[at])}
    return {"value": names[at] if excess[at] > 0 else "", **counts, **shares, "p": test.p, "effect": test.effect}
