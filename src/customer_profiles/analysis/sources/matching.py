"""How records were matched to customers, how sure that is, and what depends on it."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from ...codes import LOOSE, STRICT, USED
from ...messages import N_, Finding, Limit, Text
from ...results import NOBODY, Disclosure, Result
from ...stats.claims import fact, shown
from ...stats.intervals import z_value

PRECISION, RECALL = N_("joined pairs that are one person"), N_("pairs of one person that are joined")
RECORD_PRECISION = N_("of a record's customer: records that are the same person")
RECORD_RECALL = N_("of a record's person: records that are the same customer")
_MOST_PATTERNS = 15
_HEADLINE = ("buyers", "repeat_share", "spend_per_customer", "spend_per_buyer")


def by_system(identities: pd.DataFrame) -> Result:
    """Accounts of each name space of ids, and the customers they belong to.

    Parameters
    ----------
    identities : DataFrame
        One row per account: ``ids`` (name space), ``customer_no`` and ``shared`` (whether the customer is known by
        another name space, too).

    Returns
    -------
    Result
        ids, records, customers, shared (customers).
    """
    table = identities.groupby("ids").agg(records=("customer_no", "size"), customers=("customer_no", "nunique"))
    shared = identities[identities["shared"]].groupby("ids")["customer_no"].nunique()
    table = table.assign(shared=shared.reindex(table.index, fill_value=0)).reset_index()
    values = {"records": len(identities), "customers": identities["customer_no"].nunique()}
    title = Text(N_("Accounts in each system, and the customers they belong to"))
    return Result("matching", table, title, NOBODY, claims=lambda _: _merged(**values))


def estimate(pairs: pd.DataFrame, records: int) -> Result:
    """Quality of the matching without known truth, from the probabilities of the pairs that were weighed.

    Parameters
    ----------
    pairs : DataFrame
        Pairs by whether they were ``joined``, the index: ``pairs``, ``expected`` (how many of them are one person, by
        their probabilities), ``variance``, ``record_loss`` and ``record_variance``; sums of collect's table
        ``match_evidence``.
    records : int
        Records that were compared.

    Returns
    -------
    Result
        Of the pairs: ``measure``, ``share`` with ``share_low, share_high``, ``base`` (pairs) and ``expected_errors``
        (pairs wrongly joined, or missed). Of the records, on average (B-cubed): the same with ``base`` records. The
        interval is that of chance if the probabilities are right; pairs that share no key were never weighed and are
        not in it.
    """
    right, missed = (float(pairs["expected"].get(joined, 0.0)) for joined in (True, False))
    wrong = float(pairs["pairs"].get(True, 0)) - right
    spread = z_value() * math.sqrt(float(pairs["variance"].sum()))
    rows = []
    for measure, errors, base in ((PRECISION, wrong, right + wrong), (RECALL, missed, right + missed)):
        if base > 0:
            share = 1 - errors / base
            low, high = max(0.0, share - spread / base), min(1.0, share + spread / base)
            rows.append((measure, share, low, high, round(base), errors))
    for measure, joined in ((RECORD_PRECISION, True), (RECORD_RECALL, False)) if rows else ():
        share = 1 - float(pairs["record_loss"].get(joined, 0.0))
        spread = z_value() * math.sqrt(float(pairs["record_variance"].get(joined, 0.0)))
        ends = (max(0.0, share - spread), min(1.0, share + spread))
        rows.append((measure, share, *ends, records, (1 - share) * records))
    names = ["measure", "share", "share_low", "share_high", "base", "expected_errors"]
    table = pd.DataFrame(rows, columns=names).astype({"measure": "str", "base": "int64"})
    return Result("match_quality", table, Text(N_("Expected quality of the matching")), NOBODY, claims=EXPECTED)


def borderline(doubtful: pd.DataFrame) -> Result:
    """What doubtful pairs look like: which fields agree and which do not, without any value.

    Parameters
    ----------
    doubtful : DataFrame
        Rows of collect's table ``match_evidence`` with doubtful pairs, ``borderline`` of them.

    Returns
    -------
    Result
        One row per outcome of the comparisons, the most frequent first: a column for each field, ``joined``, ``n``
        (doubtful pairs) and ``probability`` that such a pair is one person.
    """
    table = doubtful.assign(n=doubtful["borderline"], probability=doubtful["expected"] / doubtful["pairs"])
    table = table.drop(columns=["pairs", "expected", "variance", "record_loss", "record_variance", "borderline"])
    fields = [name for name in table if name not in ("n", "probability")]
    table = table.sort_values(["n", *fields], ascending=[False] + [True] * len(fields), ignore_index=True)
    title = Text(N_("Doubtful pairs of records, by what agrees in them"))
    return Result("borderline", table.head(_MOST_PATTERNS), title, NOBODY)


def sensitivity(profile: pd.DataFrame, alternatives: pd.DataFrame) -> Result:
    """Headline figures as they would be if records were joined more strictly or more loosely.

    Parameters
    ----------
    profile : DataFrame
        One row per customer, with ``customer_no`` and, where known, ``orders`` and ``spend``.
    alternatives : DataFrame
        Customers that would fall into parts or become one; see collect's table ``match_alternatives``.

    Returns
    -------
    Result
        A row each for stricter matching, matching as used and looser matching: ``matching``, ``customers`` and, where
        orders are known, ``buyers``, ``repeat_share`` (of the buyers, with two orders or more), ``spend_per_customer``
        and ``spend_per_buyer``.
    """
    known = {"orders", "spend"} <= set(profile)
    orders = profile["orders"].to_numpy(dtype="int64") if known else np.zeros(len(profile), dtype="int64")
    spend = math.fsum(profile["spend"].fillna(0)) if known else math.nan
    customer = pd.Series(orders, index=profile["customer_no"].to_numpy())
    parts, merges = (alternatives[alternatives["matching"] == name] for name in (STRICT, LOOSE))
    whole, alone = (customer[~customer.index.isin(rows["customer_no"])].to_numpy() for rows in (parts, merges))
    merged = customer.reindex(merges["customer_no"]).groupby(merges["alternative"].to_numpy()).sum()
    ways = {
        STRICT: np.r_[whole, parts["orders"].to_numpy(dtype="int64")],
        USED: orders,
        LOOSE: np.r_[alone, merged.to_numpy(dtype="int64")],
    }
    table = pd.DataFrame([{"matching": name} | _headline(counts, spend) for name, counts in ways.items()])
    return Result(
        "matching_band",
        table.drop(columns=[] if known else list(_HEADLINE)),
        Text(N_("Headline figures by how strictly records are joined")),
        Disclosure("customers", within=None, also=("buyers",)),
        claims=_spread,
    )


def values_by_source(provenance: pd.DataFrame) -> Result:
    """How often each source's value is used, by field, and how often the sources disagree.

    Parameters
    ----------
    provenance : DataFrame
        One row per customer and field: ``field, source``, ``several`` (whether several records have the field) and
        ``differing`` (whether they have more than one value); from collect's table.

    Returns
    -------
    Result
        ``field, source, n`` (customers whose value is from this source), ``base`` (customers with a value), ``share``,
        ``several`` (customers for whom several records have the field) and ``disagree_share`` (of those, with more than
        one value).
    """
    by_field = provenance.groupby("field", observed=True, sort=False)
    fields = by_field.agg(base=("several", "size"), several=("several", "sum"), disagree=("differing", "sum"))
    fields = fields.reset_index()
    counts = provenance.groupby(["field", "source"], observed=True, sort=False).size().rename("n").reset_index()
    table = counts.merge(fields, on="field", validate="many_to_one")
    table["share"] = table["n"] / table["base"]
    table["disagree_share"] = table["disagree"] / table["several"].where(table["several"] > 0)
    table = table.astype({"field": "str", "source": "str"}).sort_values(
        ["field", "n", "source"], ascending=[True, False, True], ignore_index=True
    )
    return Result(
        "provenance",
        table[["field", "source", "n", "base", "share", "several", "disagree_share"]],
        Text(N_("Whose value is used, by field")),
        Disclosure(within=("field",), also=("several",)),
        about=Text(N_("Share of the customers with a value.")),
    )


def id_changes(moved: pd.DataFrame) -> Result:
    """What became of customers since the last run.

    Parameters
    ----------
    moved : DataFrame
        Collect's table ``id_changes``, see `identity.id_ledger.changes`; empty at the first run. It is counted where
        the ids of both runs are at hand, because only counts may be kept.
    """
    return Result("id_changes", moved, Text(N_("What became of the customers of the last run")), NOBODY, claims=_moves)


def limits(evidence: pd.DataFrame, identities: pd.DataFrame) -> list[Limit]:
    """What cannot be told about the matching.

    Parameters
    ----------
    evidence : DataFrame
        Pairs that were weighed; see collect's table ``match_evidence``.
    identities : DataFrame
        One row per account: ``customer_no`` of whom it is.
    """
    if len(evidence) or identities["customer_no"].duplicated().any():
        return []
    return [
        Limit(
            N_("Whether customers appear twice cannot be told: no two records could be compared."),
            needs=N_("names with e-mail, phone, address or birth date"),
        )
    ]


def _headline(orders: np.ndarray, spend: float) -> dict[str, float]:
    customers, buyers = len(orders), int((orders > 0).sum())
    figures = (
        buyers,
        float((orders > 1).sum() / buyers) if buyers else math.nan,
        spend / customers if customers else math.nan,
        spend / buyers if buyers else math.nan,
    )
    return {"customers": customers} | dict(zip(_HEADLINE, figures, strict=True))


def _merged(records: int, customers: int) -> list[Finding]:
    if records == customers:
        return []
    message = N_(
        "{records:count} accounts in different systems belong to {customers:count} customers: "
        "{merged:count} accounts were recognised as a customer already known."
    )
    values = {"records": records, "customers": customers, "merged": records - customers}
    return [Finding(message, values, id="merged", n=records)]


EXPECTED = fact(
    "matching",
    N_(
        "Of {n:count} pairs of records joined because they are alike, {share:share} are expected to be one person "
        "({low:share} to {high:share})."
    ),
    {"n": "base"},
    test=N_("sum of the match probabilities"),
    estimate="share",
    rows=lambda table: table[table["measure"] == PRECISION],
)


def _spread(table: pd.DataFrame) -> list[Finding]:
    low, high = int(table["customers"].min()), int(table["customers"].max())
    used = shown(table[table["matching"] == USED])
    if low == high or used.empty:
        return []
    message = N_(
        "{n:count} customers are counted; with stricter or looser matching it would be {low:count} to {high:count}."
    )
    values = {"n": int(used["customers"].iloc[0]), "low": low, "high": high}
    interval = (float(low), float(high))
    return [Finding(message, values, id="matching.band", n=values["n"], interval=interval)]


def _moves(table: pd.DataFrame) -> list[Finding]:
    accounts, changed = int(table["accounts"].max()), int(table["accounts_moved"].sum())
    if not accounts:
        return []
    message = N_(
        "Of {n:count} accounts known to the last run, {changed:count} ({share:share}) belong to a customer with "
        "another number now."
    )
    values = {"n": accounts, "changed": changed, "share": changed / accounts}
    return [Finding(message, values, id="ids", n=accounts)]
