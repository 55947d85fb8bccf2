"""How good the data of each source are: complete, valid, unique, consistent and current, per field and in one score.

Completeness is the share of filled cells. Validity is the share of filled cells that could be read and keep the
contract. Uniqueness is the share of rows that repeat no earlier one. Consistency is the share of values, among those
that another source gives for the same customer, on which the sources agree. Currency is, of a source that describes
customers, the share of values recorded within the given number of days; of a source of events, it falls from 1 (an
event on the day of the run) to 0 (no event for so many days), files of one system taken together.
The score is 100 times the mean of those that are known.
"""

from __future__ import annotations

import pandas as pd

from ...codes import UNKNOWN
from ...messages import N_, Finding, Limit, Text
from ...results import NOBODY, OVERLAPPING, Result
from ...stats.claims import fact
from ...stats.intervals import wilson

DIMENSIONS = {
    "completeness": N_("completeness"),
    "validity": N_("validity"),
    "uniqueness": N_("uniqueness"),
    "consistency": N_("consistency"),
    "currency": N_("currency"),
}
MANY_CONTRADICTIONS = 0.05
"""One value in twenty that another source contradicts is more than moves and typing errors of a year explain."""

NEARLY_ALL = 0.995
"""From here on a share is shown as 100 %, and is no weakness."""

DESCRIBING = ("customers", "contacts", "leads")
"""Tables whose rows describe somebody, field by field; a row of another is as old as what it tells."""


def by_field(
    completeness: pd.DataFrame,
    checks: pd.DataFrame,
    shared_addresses: pd.DataFrame,
    contradictions: pd.DataFrame,
    ages: pd.DataFrame,
) -> Result:
    """Quality of each field of each source, from the tables that `collect` wrote.

    Parameters
    ----------
    completeness, checks, shared_addresses, contradictions : DataFrame
        By ``source, field``.
    ages : DataFrame
        Values by ``source, table, field, basis, age`` (days, missing if nothing tells), ``n``.

    Returns
    -------
    Result
        source, table, field, base (used rows), filled (share), valid (share of filled cells) with valid_low and
        valid_high (Wilson), unique (share of addresses that only one customer uses), consistent (share of customers
        whose other sources agree), age_median (days between the value's recording and the run's date), basis (what
        tells that age: for values of a record never changed since, it is the age they have at most).
    """
    table = completeness[["source", "table", "field", "base", "share"]].rename(columns={"share": "filled"})
    valid = _with_validity(checks[["source", "field", "n", "base"]])
    table = _joined(table, valid.drop(columns=["n", "base"]))
    table = _joined(table, shared_addresses.assign(unique=1 - shared_addresses["share"]), "unique")
    table = _joined(table, contradictions.assign(consistent=1 - contradictions["share"]), "consistent")
    told = _median_ages(ages)
    table = _joined(table, told, "age_median", "basis")
    of_rows = told[~told["table"].isin(DESCRIBING)].set_index("source")
    for name in ("age_median", "basis"):
        table[name] = table[name].where(table[name].notna(), table["source"].map(of_rows[name]))
    about = Text(N_("Share of the rows in which the field is filled."))
    return Result("by_field", table, Text(N_("Quality of each field")), NOBODY, about=about)


def scores(
    rows: pd.DataFrame, filled: pd.DataFrame, checked: pd.DataFrame, differing: pd.DataFrame, currency: pd.Series
) -> Result:
    """Score of each source and what it is made of; the module's docstring says how.

    Parameters
    ----------
    rows : DataFrame
        What became of the rows: ``source, table, read, duplicate``.
    filled, checked, differing : DataFrame
        By source: cells (``n`` of ``base``) that are filled, that broke the contract, and that another source
        contradicts.
    currency : Series
        By source; see `currency.recent_share`.

    Returns
    -------
    Result
        source, table, completeness, validity with validity_low and validity_high (Wilson), uniqueness, consistency,
        currency (shares; missing where nothing tells them), quality (0–100), weakest (name of the lowest share);
        lowest score first.
    """
    rows = rows.set_index("source")
    table = rows[["table"]].copy()
    table["completeness"] = filled["n"] / filled["base"]
    valid = _with_validity(checked.reindex(table.index, fill_value=0))
    table[["validity", "validity_low", "validity_high"]] = valid[["valid", "valid_low", "valid_high"]]
    table["uniqueness"] = (1 - rows["duplicate"] / rows["read"]).where(rows["read"] > 0)
    table["consistency"] = 1 - differing["n"] / differing["base"]
    table["currency"] = currency
    shares = table[list(DIMENSIONS)].astype("float64")
    table["quality"] = (100 * shares.mean(axis=1)).round().astype("Int64")
    known = shares.notna().any(axis=1)
    lowest = shares[known].min(axis=1)
    table["weakest"] = shares[known].idxmin(axis=1).map(DIMENSIONS).where(lowest < NEARLY_ALL)
    table = table.reset_index().sort_values(["quality", "source"], ignore_index=True)
    title, about = Text(N_("Quality of each source")), Text(N_("Score from zero to one hundred."))
    return Result("source_quality", table, title, NOBODY, claims=_weakest, about=about)


def contradictions(compared: pd.DataFrame) -> Result:
    """Fields on which sources differ, most contradicted first.

    Parameters
    ----------
    compared : DataFrame
        One row per field: ``field``, ``n`` (customers whose sources differ), ``base`` (customers whose value several
        sources give).

    Returns
    -------
    Result
        field, n, base, share with share_low and share_high.
    """
    table = compared[["field", "n", "base"]].assign(share=compared["n"] / compared["base"])
    table["share_low"], table["share_high"] = wilson(table["n"], table["base"])
    table = table.sort_values(["share", "field"], ascending=[False, True], ignore_index=True)
    title = Text(N_("Customers on whom the sources differ, by field"))
    about = Text(N_("Share of the customers whose value several sources give."))
    return Result("contradictions", table, title, OVERLAPPING, claims=CONTRADICTED, about=about)


def limits(ages: pd.DataFrame) -> list[Limit]:
    """Sources of which nothing tells how old their values are.

    Parameters
    ----------
    ages : DataFrame
        ``source, basis``.
    """
    told = ages.groupby("source")["basis"].agg(lambda basis: set(basis) != {UNKNOWN})
    return [
        Limit(
            N_("How old the data of the source “{source:value}” are is not known."),
            {"source": source},
            needs=N_("a column that says when a record was last changed, given as updated_at in dataset.yaml"),
        )
        for source in told.index[~told.astype(bool)]
    ]


def _with_validity(checks: pd.DataFrame) -> pd.DataFrame:
    """Share of cells that kept the contract, with its interval; missing where there is no cell."""
    kept = checks["base"] - checks["n"]
    low, high = wilson(kept, checks["base"])
    return checks.assign(valid=(kept / checks["base"]).where(checks["base"] > 0), valid_low=low, valid_high=high)


def _joined(table: pd.DataFrame, more: pd.DataFrame, *columns: str) -> pd.DataFrame:
    more = more[["source", "field", *columns]] if columns else more
    return table.merge(more, on=["source", "field"], how="left", validate="one_to_one")


def _median_ages(ages: pd.DataFrame) -> pd.DataFrame:
    """Median age of the values of each field, and what tells it for most of them: source, table, field, …"""
    keys = ["source", "field"]
    dated = ages.dropna(subset="age").sort_values([*keys, "age"])
    counts = dated.groupby(keys)["n"]
    median = dated[counts.cumsum() >= counts.transform("sum") / 2].groupby(keys, as_index=False)["age"].first()
    most = ages.groupby(["source", "table", "field", "basis"], as_index=False)["n"].sum()
    basis = most.sort_values("n", ascending=False).drop_duplicates(keys).drop(columns="n")
    return basis.merge(median.rename(columns={"age": "age_median"}), on=keys, how="left")


def _weakest(table: pd.DataFrame) -> list[Finding]:
    if len(table) < 2 or pd.isna(table["weakest"][0]):
        return []
    worst = table.iloc[0]
    message = N_(
        "Of {n:count} sources, “{source:value}” has the lowest quality score ({quality:count} of 100); it is weakest "
        "in {weakest:label}."
    )
    values = {"n": len(table), **worst[["source", "weakest"]].to_dict(), "quality": int(worst["quality"])}
    return [Finding(message, values, id="quality", n=len(table))]


CONTRADICTED = fact(
    "contradiction",
    N_("For {share:share} of {base:count} customers whom several sources know, the sources differ on “{field:label}”."),
    key=("field",),
    most=1,
    rows=lambda table: table[table["share"] >= MANY_CONTRADICTIONS],
)
