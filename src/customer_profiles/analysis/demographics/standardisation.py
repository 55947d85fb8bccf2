"""Would a difference remain if both sides were of the same ages? Direct standardisation, and Simpson's paradox.

Any declared trait may turn a difference round, or hide one, if its mix differs between the sides. All are tried, as one
family; of the others than the age only those are listed that do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from ...errors import InputRejected
from ...messages import N_, Finding, Text
from ...results import Disclosure, Result
from ...stats.claims import Claims, shown
from ...stats.comparisons import MIN_EXPECTED, adjust, family_size, measurements
from ...stats.effect_sizes import from_d
from ...stats.intervals import z_value
from .associations import MadeOf, one_source
from .categories import values_of

STANDARDS = ("age_band", "employees_band")
"""What most other traits depend on: the age of a person, the size of a company. The first that is known is used."""

CROSS = " & "
"""Between the two attributes, and their two values, of a row of the reference that is a cross-table."""

COVERED = 0.95
"""Part of the base's weight that strata with members of the group must have; below it nothing is standardised."""

ADDED = ("index_standardised", "index_standardised_low", "index_standardised_high")
SHOWN = (
    *("by", "attribute", "value", "n", "index", "index_low", "index_high", *ADDED),
    *("verdict", "p_adjusted", "strata", "strata_above"),
)
"""Columns that a page has room for; shares and bases are those of the index table."""

REVERSED, EXPLAINED, REMAINS = N_("turns round"), N_("no longer established"), N_("remains")
MASKED = N_("hidden by the mix")
MASKED_TOLD = 3
"""Differences that another mix hides, told at most; the table has all."""

_TEST = N_("direct standardisation, z test, Benjamini–Hochberg")


class Standardised(NamedTuple):
    """Shares weighted to common strata, their standard errors, and the part of the weights that is covered."""

    share: np.ndarray
    error: np.ndarray
    covered: np.ndarray


def direct(k: ArrayLike, n: ArrayLike, weights: ArrayLike) -> Standardised:
    """Share that a group would have if its strata were as large as those of a standard.

    Parameters
    ----------
    k, n : array_like, shape (..., strata)
        Counts and bases in each stratum of the group.
    weights : array_like, shape (strata,)
        Sizes of the strata in the standard; they need not add up to one.

    Returns
    -------
    Standardised
        Strata without members of the group are left out, and ``covered`` is the weight of the others. The error is
        that of independent binomial shares, taken at (k + ½) / (n + 1) so that it never vanishes.

    References
    ----------
    Keiding & Clayton (2014), Statistical Science 29:529–558; the example is that of Freedman, Pisani & Purves
    (2007), Statistics, 4th ed., section 2.4: admissions to Berkeley, weighted by the applicants of each department.

    >>> men, women = [825, 560, 325, 417, 191, 373], [108, 25, 593, 375, 393, 341]
    >>> applicants = [sum(both) for both in zip(men, women)]
    >>> print(f"{direct([512, 353, 120, 138, 53, 22], men, applicants).share:.2f}")
    0.39
    >>> print(f"{direct([89, 17, 202, 131, 94, 24], women, applicants).share:.2f}")
    0.43
    """
    k, n = np.broadcast_arrays(np.asarray(k, float), np.asarray(n, float))
    weights = np.asarray(weights, float) / max(float(np.sum(weights)), 1e-300)
    used = np.where(n > 0, weights, 0.0)
    covered = used.sum(axis=-1)
    used = used / np.where(covered > 0, covered, np.nan)[..., None]
    of = np.where(n > 0, n, 1.0)
    smooth = (k + 0.5) / (of + 1)
    return Standardised(
        (used * k / of).sum(axis=-1), np.sqrt((used**2 * smooth * (1 - smooth) / of).sum(axis=-1)), covered
    )


def standard_of(names: Iterable[str], population: pd.DataFrame | None = None) -> str:
    """Attribute to standardise by, of `STANDARDS`: known, and known of the reference if there is one; else ""."""
    known = set(names) if population is None else set(names) & set(margins(population)["attribute"])
    return next((name for name in STANDARDS if name in known), "")


def is_cross(names: pd.Series) -> pd.Series:
    """Which attributes of a reference are two at once: a row of a cross-table."""
    return names.astype("str").str.contains(CROSS, regex=False)


def margins(population: pd.DataFrame) -> pd.DataFrame:
    """The reference by single attributes: as given, and added up from a cross-table where it is not given."""
    cross = is_cross(population["attribute"])
    single = population.loc[~cross]
    given, added = set(single["attribute"]), []
    for pair in population.loc[cross, "attribute"].unique():
        table = _cross_table(population, *pair.split(CROSS, 1))
        assert table is not None  # the pair is one of the reference
        for axis, name in enumerate(pair.split(CROSS, 1)):
            if name not in given:
                given.add(name)
                sums = table.sum(axis=1 - axis)
                part = pd.DataFrame({"attribute": name, "value": sums.index.astype("str"), "share": sums.to_numpy()})
                base = population.loc[population["attribute"] == pair, "base"].iloc[0] if "base" in population else None
                added.append(part.assign(base=base) if base is not None else part)
    return pd.concat([single, *added], ignore_index=True) if added else single.reset_index(drop=True)


def against_rest(
    table: pd.DataFrame,
    group: pd.DataFrame,
    rest: pd.DataFrame,
    by: str,
    others: Iterable[str] = (),
    made_of: MadeOf | None = None,
) -> pd.DataFrame:
    """The index table of a group with what each index would be if the group were of the same ages as the rest.

    Parameters
    ----------
    table : DataFrame
        From `index.compare`.
    group, rest : DataFrame
        The customers it compares, numbers in bands.
    by : str
        Attribute to standardise by first, "" if none is known; its own rows are left out, and those made of it.
    others : iterable of str
        Further attributes whose mix may turn a difference round or hide it.
    made_of : mapping, optional
        What derived attributes are made of.

    Returns
    -------
    DataFrame
        ``by`` and rows of `table` with ``index_standardised`` and its interval (log scale), ``strata`` in which both
        sides have members and ``strata_above`` in which the group's share is the larger; ``p``, ``p_adjusted`` and
        ``claim`` of the standardised difference; ``verdict``: what becomes of an established difference, or that one
        appears (`MASKED`), empty for others.
    """
    parts = []
    for each in dict.fromkeys([by, *others] if by else others):
        strata = sorted(set(values_of(group[each]).dropna()) | set(values_of(rest[each]).dropna()))
        for name, rows in _rows(apart(table, each, made_of), each):
            inside, within = _counts(group, name, each, rows["value"], strata)
            outside, without = _counts(rest, name, each, rows["value"], strata)
            ours, theirs = direct(inside.T, within, without), direct(outside.T, without, without)
            both = (within > 0) & (without > 0)
            above = _above(inside, within, outside / np.where(without > 0, without, 1)[:, None], both)
            part = _standardised(rows, ours, theirs.share, theirs.error, within.sum(), both.sum(), above)
            parts.append(part.assign(by=each))
    return _judged(table, parts, by)


def apart(table: pd.DataFrame, by: str, made_of: MadeOf | None) -> pd.DataFrame:
    """Rows of an index table whose attribute does not hang together by construction with what is taken out."""
    same = [name for name in table["attribute"].unique() if name != by and one_source(name, by, made_of)]
    return table.loc[~table["attribute"].isin(same)]


def against_population(table: pd.DataFrame, profile: pd.DataFrame, population: pd.DataFrame, by: str) -> pd.DataFrame:
    """The index table against a reference with what each index would be if the customers were of its ages.

    Parameters
    ----------
    table : DataFrame
        From `index.compare_with_population`.
    profile : DataFrame
        The customers, numbers in bands.
    population : DataFrame
        ``attribute, value, share``. Its shares of `by` are the standard; a cross-table such as ``age_band & gender``
        tells in addition in how many strata the customers' share is the larger.
    by : str
        Attribute to standardise by.

    Returns
    -------
    DataFrame
        As `against_rest`; the reference is known exactly, so only the customers' share has an error.
    """
    single = margins(population)
    standard = single.loc[single["attribute"] == by].set_index("value")["share"]
    parts = []
    for name, rows in _rows(table, by):
        inside, within = _counts(profile, name, by, rows["value"], list(standard.index))
        known = rows["share_rest"].to_numpy(float)
        if known.sum() > 0.995:  # a complete reference: who it does not know is outside the base
            within = inside.sum(axis=1)
        ours = direct(inside.T, within, standard.to_numpy(float))
        cross = _cross_table(population, by, name)
        strata, above = within[within > 0].size, np.full(len(rows), np.nan)
        if cross is not None:
            cross = cross.reindex(index=standard.index, columns=values_of(rows["value"]), fill_value=0.0)
            sizes = cross.sum(axis=1).to_numpy()
            both = (within > 0) & (sizes > 0)
            above = _above(inside, within, cross.to_numpy() / np.where(sizes > 0, sizes, 1)[:, None], both)
            strata = both.sum()
        part = _standardised(rows, ours, known, np.zeros(len(rows)), within.sum(), strata, above)
        parts.append(part.assign(by=by))
    return _judged(table, parts, by)


def described(table: pd.DataFrame, by: str) -> Result:
    """The index table with the same mix on both sides as a result.

    Parameters
    ----------
    table : DataFrame
        From `against_rest` or `against_population`.
    by : str
        What it was standardised by in the first place; of other mixes those are listed that turn a difference round,
        or hide one.
    """
    together = ["by", "attribute"]
    tested = family_size(table, together) if len(table) else 0
    if len(table):
        new = table["verdict"].isin([REVERSED, MASKED]).groupby([table[name] for name in together]).transform("any")
        table = table[new | (table["by"] == by)].reset_index(drop=True)
    return Result(
        "standardised",
        table,
        Text(N_("Index with the same mix of “{by:label}” on both sides"), {"by": by})
        if by
        else Text(N_("Index with the same mix of another trait on both sides")),
        Disclosure(within=("by", "attribute"), mask=[name for name in measurements(table) if name != "by"]),
        claims=partial(_claims, by=by, family=tested),
        family=tested,
        columns=SHOWN,
    )


def _claims(table: pd.DataFrame, by: str, family: int) -> list[Finding]:
    """A warning for each difference that turns round, what was hidden, and how many differences remain."""
    told = shown(table.loc[table["verdict"] != ""])
    surest = told.sort_values(["p_adjusted", "attribute", "value"], kind="stable")
    surest = surest.drop_duplicates(["verdict", "attribute", "value"])
    found = [TURNED.one(row, family) for row in surest.loc[surest["verdict"] == REVERSED].itertuples()]
    hidden = surest.loc[surest["verdict"] == MASKED].drop_duplicates("attribute").head(MASKED_TOLD)
    found += [HIDDEN.one(row, family) for row in hidden.itertuples()]
    known = told.loc[(told["by"] == by) & (told["verdict"] != MASKED)]
    if known.empty:
        return found
    remain = int((known["verdict"] == REMAINS).sum())
    message = N_(
        "Established differences: {claims:count}. With the same mix of “{by:label}” on both sides still established: "
        "{remain:count}. The others come from that mix, or there are too few customers to tell."
    )
    if remain == len(known):
        message = N_(
            "The mix of “{by:label}” explains none of the established differences: with the same mix on both sides "
            "every one of them remains (established: {claims:count})."
        )
    elif not remain:
        message = N_(
            "With the same mix of “{by:label}” on both sides no difference remains (established without it: "
            "{claims:count}). They come from that mix, or there are too few customers to tell."
        )
    values = {"claims": len(known), "remain": remain, "by": by}
    base = int(table["base"].max())
    return [*found, Finding(message, values, id=f"standardised.{by}", n=base, test=TURNED.test, family=family)]


_MORE = N_(
    "{attribute/value:group} look over-represented (index {index:index}), but only because of the mix of “{by:label}”. "
    "With the mix of the base they are under-represented: index {standardised:index} ({low:index} to {high:index})."
)
_LESS = N_(
    "{attribute/value:group} look under-represented (index {index:index}), but only because of the mix of "
    "“{by:label}”. With the mix of the base they are over-represented: index {standardised:index} ({low:index} to "
    "{high:index})."
)
TURNED = Claims(
    "standardised",
    lambda row: _MORE if row.index > 100 else _LESS,
    {"standardised": "index_standardised"},
    key=("attribute", "value"),
    test=_TEST,
    estimate="index_standardised",
    effect=lambda row: from_d(row.effect),  # Cohen's h is a difference in standard deviations
)
HIDDEN = replace(
    TURNED,
    subject="standardised.hidden",
    message=N_(
        "A difference that the mix of “{by:label}” hides: with the same mix on both sides {attribute/value:group} have "
        "an index of {standardised:index} ({low:index} to {high:index}), without it {index:index}."
    ),
)


def _rows(table: pd.DataFrame, by: str):
    """Attributes of an index table other than the standard, each with its rows."""
    return [(name, rows) for name, rows in table.groupby("attribute", sort=False) if name != by]


def _counts(profile, attribute, by, values, strata) -> tuple[np.ndarray, np.ndarray]:
    """Customers by stratum and value, and by stratum whatever their value, of those for whom both are known."""
    names = pd.Index([str(value) for value in strata])
    stratum = names.get_indexer(values_of(profile[by]).to_numpy(object))
    text = values_of(profile[attribute])
    value = pd.Index(values.to_numpy(object)).get_indexer(text.to_numpy(object))
    known = (stratum >= 0) & text.notna().to_numpy()
    listed = known & (value >= 0)
    flat = np.bincount(stratum[listed] * len(values) + value[listed], minlength=len(names) * len(values))
    return flat.reshape(len(names), len(values)), np.bincount(stratum[known], minlength=len(names))


def _above(inside, within, other, both) -> np.ndarray:
    """In how many strata the group's share of each value is larger than the other's."""
    share = inside / np.where(within > 0, within, 1)[:, None]
    return ((share > other) & both[:, None]).sum(axis=0).astype(float)


def _standardised(rows, ours, share, error, base, strata, above) -> pd.DataFrame:
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where((ours.share > 0) & (share > 0), ours.share / share, np.nan)
        width = z_value() * np.sqrt((ours.error / ours.share) ** 2 + (error / share) ** 2)
        z = np.abs(ours.share - share) / np.hypot(ours.error, error)
    enough = (ours.covered >= COVERED) & (base * np.minimum(share, 1 - share) >= MIN_EXPECTED)
    part = rows.drop(columns=["p", "p_adjusted"]).rename(columns={"claim": "crude"})
    part["index_standardised"] = np.where(enough, 100 * ratio, np.nan)
    with np.errstate(over="ignore"):  # an interval without end
        part["index_standardised_low"] = part["index_standardised"] * np.exp(-width)
        part["index_standardised_high"] = part["index_standardised"] * np.exp(width)
    part["strata"], part["strata_above"] = strata, above
    # What the index table does not test, for want of customers, is not tested here either.
    return part.assign(p=np.where(enough & rows["p"].notna(), 2 * special.ndtr(-z), np.nan))


def _judged(table: pd.DataFrame, parts: list[pd.DataFrame], by: str) -> pd.DataFrame:
    """All rows, those of `by` first, corrected together, with the verdict on each difference."""
    head = [name for name in table.columns if name not in ("p", "p_adjusted", "claim")]
    columns = ["by", *head, *ADDED, "strata", "strata_above", "p", "p_adjusted", "claim", "verdict"]
    if not parts:
        return pd.DataFrame(columns=columns).astype({"claim": bool, "verdict": "str"})
    result = pd.concat([part.sort_index() for part in parts]).sort_index(kind="stable")
    result = result.sort_values("by", key=lambda each: each != by, kind="stable")
    result = adjust(result, together=["by", "attribute"])
    turned = result["claim"] & ((result["index"] > 100) != (result["index_standardised"] > 100))
    crude, tested = result["crude"].astype(bool), result["p"].notna()
    cases = [crude & tested & turned, ~crude & result["claim"], crude & tested & ~result["claim"], crude & tested]
    result["verdict"] = np.select(cases, [REVERSED, MASKED, EXPLAINED, REMAINS], "")
    return result[columns].reset_index(drop=True)


def _cross_table(population: pd.DataFrame, by: str, name: str) -> pd.DataFrame | None:
    """Shares of the reference by stratum (rows) and value (columns); None where it has no such cross-table."""
    for pair in ((by, name), (name, by)):
        part = population.loc[population["attribute"] == CROSS.join(pair)]
        if len(part):
            values = part["value"].astype("str").str.split(CROSS, regex=False)
            if not values.str.len().eq(2).all():
                raise InputRejected(
                    f"reference population: values of {CROSS.join(pair)!r} must be two, with {CROSS!r} between them"
                )
            first, second = values.str[0].to_numpy(), values.str[1].to_numpy()
            table = pd.crosstab(first, second, part["share"].to_numpy(float), aggfunc="sum").fillna(0.0)
            return table if pair[0] == by else table.T
    return None
