"""How good the data of each source are: complete, valid, unique, consistent and current, per field and in one score.

Completeness is the share of filled cells. Validity is the share of filled cells that could be read and keep the
contract. Uniqueness is the share of rows that repeat no earlier one. Consistency is the share of values, among those
that another source gives for the same customer, on which the sources agree. Currency is, of a source that describes
customers, the share of values recorded within the given number of days; of a source of events, it falls from 1 (an
event on the day of the run) to 0 (no event for so many days), files of one system taken together.
The score is 100 times the mean of those that are known.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from ...ingest.ages import HAPPENED, UNKNOWN
from ...ingest.contract import OF_CUSTOMERS
from ...messages import N_, Finding, Limit
from ...stats.intervals import wilson

DIMENSIONS = {
    "completeness": N_("completeness"),
    "validity": N_("validity"),
    "uniqueness": N_("uniqueness"),
    "consistency": N_("consistency"),
    "currency": N_("currency"),
}
# One value in twenty that another source contradicts is more than moves and typing errors of a year explain.
MANY_CONTRADICTIONS = 0.05
# From here on a share is shown as 100 %, and is no weakness.
NEARLY_ALL = 0.995
# Days since the last trace at which its age is counted in a class of its own: a quarter, a year, two years.
AGE_CLASSES = (90, 365, 730)


def by_field(
    completeness: pd.DataFrame,
    checks: pd.DataFrame,
    shared_addresses: pd.DataFrame,
    contradictions: pd.DataFrame,
    ages: pd.DataFrame,
    as_of: date,
) -> pd.DataFrame:
    """Quality of each field of each source, from the tables that `collect` wrote.

    Returns
    -------
    DataFrame
        source, table, field, base (used rows), filled (share), valid (share of filled cells) with valid_low and
        valid_high (Wilson), unique (share of addresses that only one customer uses), consistent (share of customers
        whose other sources agree), age_median (days between the value's recording and the run's date), basis (what
        tells that age: for values of a record never changed since, it is the age they have at most).
    """
    table = completeness[["source", "table", "field", "base", "share"]].rename(columns={"share": "filled"})
    valid = checks.assign(kept=checks.base - checks.n)
    valid["valid"] = valid.kept.div(valid.base).where(valid.base > 0)
    valid["valid_low"], valid["valid_high"] = wilson(valid.kept, valid.base)
    keys = ["source", "field"]
    table = _joined(table, valid[[*keys, "valid", "valid_low", "valid_high"]])
    table = _joined(table, shared_addresses.assign(unique=1 - shared_addresses.share)[[*keys, "unique"]])
    table = _joined(table, contradictions.assign(consistent=1 - contradictions.share)[[*keys, "consistent"]])
    told = _median_ages(ages, as_of)
    table = _joined(table, told)
    of_rows = told[told.source.isin(ages.source[ages.basis == HAPPENED])].set_index("source")
    for name in ("age_median", "basis"):  # what an event tells is as old as the event
        table[name] = table[name].where(table[name].notna(), table.source.map(of_rows[name]))
    return table


def scores(
    completeness: pd.DataFrame,
    checks: pd.DataFrame,
    reconciliation: pd.DataFrame,
    contradictions: pd.DataFrame,
    ages: pd.DataFrame,
    inventory: pd.DataFrame,
    as_of: date,
    max_age_days: int,
) -> pd.DataFrame:
    """Score of each source and what it is made of; the module's docstring says how.

    Returns
    -------
    DataFrame
        source, table, completeness, validity with validity_low and validity_high (Wilson), uniqueness, consistency,
        currency (shares; missing where nothing tells them), quality (0–100), weakest (name of the lowest share);
        lowest score first.
    """
    table = reconciliation[["source", "table"]].set_index("source")
    cells = completeness.groupby("source")[["n", "base"]].sum()
    table["completeness"] = cells.n / cells.base
    checked = checks.groupby("source")[["n", "base"]].sum().reindex(table.index, fill_value=0)
    kept = checked.base - checked.n
    table["validity"] = (kept / checked.base).where(checked.base > 0)
    table["validity_low"], table["validity_high"] = wilson(kept, checked.base)
    rows = reconciliation.set_index("source")
    table["uniqueness"] = (1 - rows.duplicate / rows["read"]).where(rows["read"] > 0)
    compared = contradictions.groupby("source")[["n", "base"]].sum()
    table["consistency"] = 1 - compared.n / compared.base
    table["currency"] = _currency(ages, inventory, as_of, max_age_days)
    shares = table[list(DIMENSIONS)].astype("float64")
    table["quality"] = (100 * shares.mean(axis=1)).round().astype("Int64")
    known = shares.notna().any(axis=1)
    lowest = shares[known].min(axis=1)
    table["weakest"] = shares[known].idxmin(axis=1).map(DIMENSIONS).where(lowest < NEARLY_ALL)
    return table.reset_index().sort_values(["quality", "source"], ignore_index=True)


def trace_ages(last_traces: pd.DataFrame, as_of: date, max_age_days: int) -> pd.DataFrame:
    """Customers by the days since they last did something or their data were recorded.

    Returns
    -------
    DataFrame
        days (class, ``unknown`` if no source tells), n, base (all customers), share with share_low and share_high.
    """
    age = _days_since(last_traces.day, as_of)
    ends = sorted({*AGE_CLASSES, max_age_days})
    names = [f"{low}–{high}" for low, high in zip([0, *(end + 1 for end in ends)], ends, strict=False)]
    names.append(f"{ends[-1] + 1}+")
    classes = pd.Series(np.array(names, dtype="object")[np.searchsorted(ends, age.fillna(0))], index=age.index)
    counts = classes.where(age.notna(), "unknown").value_counts().reindex([*names, "unknown"], fill_value=0)
    table = counts[(counts > 0) | (counts.index != "unknown")].rename_axis("days").reset_index(name="n")
    table["base"] = len(last_traces)
    table["share"] = table.n / table.base
    table["share_low"], table["share_high"] = wilson(table.n, table.base)
    return table


def findings(
    scored: pd.DataFrame,
    contradictions: pd.DataFrame,
    cleaning: pd.DataFrame,
    last_traces: pd.DataFrame,
    as_of: date,
    max_age_days: int,
) -> list[Finding]:
    """What a reader has to know of the quality of the data: too old, contradicting, changed."""
    return [
        *_outdated(last_traces, as_of, max_age_days),
        *_weakest(scored),
        *_contradicting(contradictions),
        *_cleaned(cleaning),
    ]


def limits(ages: pd.DataFrame) -> list[Limit]:
    """Sources of which nothing tells how old their values are."""
    told = ages.groupby("source").basis.agg(lambda basis: set(basis) != {UNKNOWN})
    return [
        Limit(
            N_("How old the data of the source “{source:label}” are is not known."),
            {"source": source},
            needs=N_("a column that says when a record was last changed, given as updated_at in dataset.yaml"),
        )
        for source in told.index[~told.astype(bool)]
    ]


def _joined(table: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    return table.merge(more, on=["source", "field"], how="left", validate="one_to_one")


def _days_since(days: pd.Series, as_of: date) -> pd.Series:
    """Whole days up to the run's date; what was recorded after it is as new as can be."""
    return (pd.Timestamp(as_of) - days).dt.days.clip(lower=0)


def _median_ages(ages: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Median age of the values of each field, and what tells it for most of them."""
    counted = ages.assign(age=_days_since(ages.day, as_of)).sort_values(["source", "field", "age"])
    dated = counted.dropna(subset="age")
    running = dated.groupby(["source", "field"]).n.cumsum()
    half = dated.groupby(["source", "field"]).n.transform("sum") / 2
    median = dated[running >= half].groupby(["source", "field"], as_index=False).age.first()
    most = counted.groupby(["source", "field", "basis"], as_index=False).n.sum().sort_values("n", ascending=False)
    basis = most.drop_duplicates(["source", "field"])[["source", "field", "basis"]]
    return basis.merge(median.rename(columns={"age": "age_median"}), on=["source", "field"], how="left")[
        ["source", "field", "age_median", "basis"]
    ]


def _currency(ages: pd.DataFrame, inventory: pd.DataFrame, as_of: date, max_age_days: int) -> pd.Series:
    """Currency of each source as a share, see the module's docstring."""
    describing = ages[ages.table.isin(["customers", "contacts"]) & ages.day.notna()]
    recent = describing.day >= pd.Timestamp(as_of - timedelta(days=max_age_days))
    fresh = describing.n.where(recent, 0).groupby(describing.source).sum() / describing.groupby("source").n.sum()
    happened = inventory[inventory.table.isin([*OF_CUSTOMERS, "leads"]) & inventory["last"].notna()]
    newest = happened.groupby(["system", "table"])["last"].transform("max").dt.normalize()
    age = _days_since(newest.set_axis(happened.source), as_of)
    return pd.concat([fresh, (1 - age / max_age_days).clip(lower=0)])


def _outdated(last_traces: pd.DataFrame, as_of: date, max_age_days: int) -> list[Finding]:
    customers, age = len(last_traces), _days_since(last_traces.day, as_of)
    old = int((age > max_age_days).sum())
    if not old:
        return []
    low, high = wilson(old, customers)
    message = N_(
        "{share:share} of the customers ({n:count} of {base:count}) have left no trace for more than {days:count} "
        "days: no order, visit, question, answer or change of their data. What is known of them may no longer be true."
    )
    values = {"share": old / customers, "n": old, "base": customers, "days": max_age_days}
    interval = (float(low), float(high))
    return [
        Finding(
            message,
            values,
            id="01.outdated",
            n=customers,
            table="trace_ages",
            interval=interval,
            test=N_("Wilson interval"),
        )
    ]


def _weakest(scored: pd.DataFrame) -> list[Finding]:
    if len(scored) < 2 or pd.isna(scored.weakest[0]):
        return []
    worst = scored.iloc[0]
    message = N_(
        "Of {n:count} sources, “{source:label}” has the lowest quality score ({quality:count} of 100); it is weakest "
        "in {weakest:label}."
    )
    values = {"n": len(scored), **worst[["source", "weakest"]].to_dict(), "quality": int(worst.quality)}
    return [Finding(message, values, id="01.quality", n=len(scored), table="scores")]


def _contradicting(contradictions: pd.DataFrame) -> list[Finding]:
    """The field on which sources differ for the largest share of the customers whom several know."""
    fields = contradictions.sort_values("base", ascending=False).drop_duplicates("field")
    fields = fields[fields.share >= MANY_CONTRADICTIONS].sort_values(["share", "field"], ascending=[False, True])
    message = N_(
        "For {share:share} of {base:count} customers whom several sources know, the sources differ on “{field:label}”."
    )
    return [
        Finding(
            message,
            {"share": row.share, "base": int(row.base), "field": row.field},
            id=f"01.contradiction.{row.field}",
            n=int(row.base),
            table="by_field",
        )
        for row in fields.head(1).itertuples()
    ]


def _cleaned(cleaning: pd.DataFrame) -> list[Finding]:
    values = cleaning[(cleaning.column != "") & (cleaning.rule != "bands")]
    if not len(values):
        return []
    lost = int((values.before - values.after).sum())
    message = N_("Values changed automatically: {n:count} (rules that did so: {rules:count}).")
    if lost:
        message = N_(
            "Values changed automatically: {n:count} (rules that did so: {rules:count}; without a value since: "
            "{lost:count})."
        )
    told = {"n": int(values.n.sum()), "rules": values.rule.nunique(), "lost": lost}
    return [Finding(message, told, id="01.cleaned", n=told["n"], table="cleaning")]
