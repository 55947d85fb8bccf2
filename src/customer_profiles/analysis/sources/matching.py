"""How good the matching of records to persons is: measured where the truth is known, estimated where it is not.

Pairs are what matching decides on, so precision and recall of pairs tell how it works; B-cubed averages over records
instead, so that one large wrong group does not drown the rest.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ...messages import N_, Finding, Limit
from ...stats.intervals import Estimate, bootstrap_interval, wilson, z_value

USED, STRICT, LOOSE = N_("matching as used"), N_("stricter matching"), N_("looser matching")
PRECISION, RECALL = N_("joined pairs that are one person"), N_("pairs of one person that are joined")
# Below this, every hundredth joined pair is two people: figures per customer should be read with the band.
GOOD_PRECISION = 0.99
_MOST_PATTERNS = 15


def pairwise(found: ArrayLike, true: ArrayLike) -> dict[str, Estimate]:
    """Precision and recall of the pairs that two groupings of records make.

    Parameters
    ----------
    found, true : array_like, shape (records,)
        Group of each record.

    Returns
    -------
    dict
        ``precision`` and ``recall`` with Wilson intervals over pairs; NaN where there is no pair to judge.

    >>> pairwise([0, 0, 1, 1], [0, 0, 0, 1])["precision"].value
    0.5
    """
    found, true = _codes(found), _codes(true)
    both = _pairs(_codes(found * (true.max(initial=0) + 1) + true))
    return {name: _share(both, _pairs(groups)) for name, groups in (("precision", found), ("recall", true))}


def b_cubed(found: ArrayLike, true: ArrayLike, seed: int = 1, resamples: int = 500) -> dict[str, Estimate]:
    """B-cubed precision and recall: of each record's group, the share that is right, averaged over records.

    Intervals are bootstrap percentiles over true persons, because the records of one person stand or fall together.

    Parameters
    ----------
    found, true : array_like, shape (records,)
        Group of each record.

    References
    ----------
    Bagga & Baldwin (1998), "Entity-Based Cross-Document Coreferencing Using the Vector Space Model", COLING-ACL.

    >>> round(b_cubed([0, 0, 1, 1], [0, 0, 0, 1])["precision"].value, 3)
    0.75
    """
    found, true = _codes(found), _codes(true)
    both = _codes(found * (true.max(initial=0) + 1) + true)
    right = np.bincount(both)[both]
    persons = np.bincount(true)
    scores = {}
    for name, groups in (("precision", found), ("recall", true)):
        share = right / np.bincount(groups)[groups]
        per_person = np.column_stack([np.bincount(true, weights=share), persons])
        scores[name] = bootstrap_interval(
            per_person, lambda rows: rows[:, 0].sum() / rows[:, 1].sum(), seed=seed, resamples=resamples
        )
    return scores


def estimate(evidence: pd.DataFrame) -> pd.DataFrame:
    """Quality of the matching without known truth, from the probabilities of the pairs that were weighed.

    Parameters
    ----------
    evidence : DataFrame
        Pairs by what agreed in them: ``joined``, ``pairs``, ``expected`` (how many of them are one person, by their
        probabilities) and ``variance``; see collect's table ``match_evidence``.

    Returns
    -------
    DataFrame
        ``measure``, ``share`` with ``share_low, share_high``, ``base`` (pairs) and ``expected_errors`` (pairs wrongly
        joined, or missed). The interval is that of chance if the probabilities are right; pairs that share no key were
        never weighed and are not in it.
    """
    joined = evidence["joined"].to_numpy(dtype=bool)
    right = float(evidence.loc[joined, "expected"].sum())
    wrong = float(evidence.loc[joined, "pairs"].sum()) - right
    missed = float(evidence.loc[~joined, "expected"].sum())
    spread = z_value() * math.sqrt(float(evidence["variance"].sum()))
    rows = []
    for measure, errors, base in ((PRECISION, wrong, right + wrong), (RECALL, missed, right + missed)):
        if base > 0:
            share = 1 - errors / base
            low, high = max(0.0, share - spread / base), min(1.0, share + spread / base)
            rows.append((measure, share, low, high, round(base), errors))
    names = ["measure", "share", "share_low", "share_high", "base", "expected_errors"]
    return pd.DataFrame(rows, columns=names).astype({"measure": "str", "base": "int64"})


def borderline(evidence: pd.DataFrame) -> pd.DataFrame:
    """What doubtful pairs look like: which fields agree and which do not, without any value.

    Returns
    -------
    DataFrame
        One row per outcome of the comparisons, the most frequent first: a column for each field, ``joined``, ``n``
        (doubtful pairs) and ``probability`` that such a pair is one person.
    """
    doubtful = evidence[evidence["borderline"] > 0]
    table = doubtful.assign(n=doubtful["borderline"], probability=doubtful["expected"] / doubtful["pairs"])
    table = table.drop(columns=["pairs", "expected", "variance", "borderline"])
    fields = [name for name in table if name not in ("n", "probability")]
    return table.sort_values(["n", *fields], ascending=[False] + [True] * len(fields), ignore_index=True).head(
        _MOST_PATTERNS
    )


def band(profile: pd.DataFrame, alternatives: pd.DataFrame) -> pd.DataFrame:
    """Headline figures as they would be if records were joined more strictly or more loosely.

    Parameters
    ----------
    profile : DataFrame
        One row per customer, with ``customer_no`` and, where known, ``orders`` and ``spend``.
    alternatives : DataFrame
        Customers that would fall into parts or become one; see collect's table ``match_alternatives``.

    Returns
    -------
    DataFrame
        A row each for stricter matching, matching as used and looser matching: ``matching``, ``customers`` and, where
        orders are known, ``buyers``, ``repeat_share`` (of the buyers, with two orders or more), ``spend_per_customer``
        and ``spend_per_buyer``.
    """
    known = {"orders", "spend"} <= set(profile)
    orders = profile["orders"].to_numpy(dtype="int64") if known else np.zeros(len(profile), dtype="int64")
    spend = math.fsum(profile["spend"].fillna(0)) if known else 0.0
    customer = pd.Series(orders, index=profile["customer_no"].to_numpy())
    parts, merges = (alternatives[alternatives["matching"] == name] for name in (STRICT, LOOSE))
    whole, alone = (customer[~customer.index.isin(rows["customer_no"])].to_numpy() for rows in (parts, merges))
    merged = customer.reindex(merges["customer_no"]).groupby(merges["alternative"].to_numpy()).sum()
    ways = {
        STRICT: np.r_[whole, parts["orders"].to_numpy(dtype="int64")],
        USED: orders,
        LOOSE: np.r_[alone, merged.to_numpy(dtype="int64")],
    }
    return pd.DataFrame([{"matching": name} | _headline(counts, spend, known) for name, counts in ways.items()])


def _headline(orders: np.ndarray, spend: float, known: bool) -> dict[str, float]:
    figures: dict[str, float] = {"customers": len(orders)}
    if known:
        buyers = int((orders > 0).sum())
        figures |= {
            "buyers": buyers,
            "repeat_share": float((orders > 1).sum() / buyers) if buyers else math.nan,
            "spend_per_customer": spend / len(orders) if len(orders) else math.nan,
            "spend_per_buyer": spend / buyers if buyers else math.nan,
        }
    return figures


def won(provenance: pd.DataFrame) -> pd.DataFrame:
    """How often each source's value won, by field, and how often the sources disagree.

    Parameters
    ----------
    provenance : DataFrame
        One row per customer and field: ``field, source, n_candidates, disagreeing``; see collect's table.

    Returns
    -------
    DataFrame
        ``field, source, n`` (customers whose value is from this source), ``base`` (customers with a value), ``share``,
        ``several`` (customers for whom several records have the field) and ``disagree_share`` (of those, with more than
        one value).
    """
    by_field = provenance.assign(
        several=provenance["n_candidates"] > 1, disagree=provenance["disagreeing"] > 0
    ).groupby("field", observed=True, sort=False)
    fields = by_field.agg(base=("several", "size"), several=("several", "sum"), disagree=("disagree", "sum"))
    counts = provenance.groupby(["field", "source"], observed=True, sort=False).size().rename("n").reset_index()
    table = counts.merge(fields, left_on="field", right_index=True, validate="many_to_one")
    table["share"] = table["n"] / table["base"]
    table["disagree_share"] = table["disagree"] / table["several"].where(table["several"] > 0)
    table = table.astype({"field": "str", "source": "str"}).drop(columns="disagree")
    table = table.sort_values(["field", "n", "source"], ascending=[True, False, True], ignore_index=True)
    return table[["field", "source", "n", "base", "share", "several", "disagree_share"]]


def findings(evidence: pd.DataFrame, figures: pd.DataFrame, moved: pd.DataFrame) -> list[Finding]:
    """What chapter 01 says about the matching.

    Parameters
    ----------
    evidence : DataFrame
        As for `estimate`.
    figures : DataFrame
        As `band` returns it.
    moved : DataFrame
        What became of the customers of the last run: ``change, n, base, accounts_moved, accounts``; may be empty.
    """
    return _expected(evidence) + _spread(figures) + _moves(moved)


def limits(evidence: pd.DataFrame, identities: pd.DataFrame) -> list[Limit]:
    """What cannot be told about the matching.

    Parameters
    ----------
    evidence : DataFrame
        As for `estimate`.
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


def _expected(evidence: pd.DataFrame) -> list[Finding]:
    table = estimate(evidence).set_index("measure")
    if PRECISION not in table.index:
        return []
    row = table.loc[PRECISION]
    message = N_(
        "Of {n:count} pairs of records joined because they are alike, {share:share} are expected to be one person "
        "({low:share} to {high:share})."
    )
    values = {"n": int(row["base"]), "share": row["share"], "low": row["share_low"], "high": row["share_high"]}
    interval = (float(row["share_low"]), float(row["share_high"]))
    return [
        Finding(message, values, id="01.matching", n=int(row["base"]), table="match_quality", interval=interval,
                test=N_("sum of the match probabilities"))
    ]  # fmt: skip


def _spread(figures: pd.DataFrame) -> list[Finding]:
    low, high = int(figures["customers"].min()), int(figures["customers"].max())
    if low == high:
        return []
    used = int(figures.loc[figures["matching"] == USED, "customers"].iloc[0])
    message = N_(
        "{n:count} customers are counted; with stricter or looser matching it would be {low:count} to {high:count}."
    )
    values = {"n": used, "low": low, "high": high}
    interval = (float(low), float(high))
    return [Finding(message, values, id="01.matching.band", n=used, table="matching_band", interval=interval)]


def _moves(moved: pd.DataFrame) -> list[Finding]:
    if moved.empty or not int(moved["accounts"].iloc[0]):
        return []
    accounts, changed = int(moved["accounts"].iloc[0]), int(moved["accounts_moved"].sum())
    message = N_(
        "Of {n:count} accounts known to the last run, {changed:count} ({share:share}) belong to a customer with "
        "another number now."
    )
    values = {"n": accounts, "changed": changed, "share": changed / accounts}
    return [Finding(message, values, id="01.ids", n=accounts, table="id_changes")]


def _codes(groups: ArrayLike) -> np.ndarray:
    return np.unique(np.asarray(groups), return_inverse=True)[1].astype("int64")


def _pairs(codes: np.ndarray) -> int:
    size = np.bincount(codes) if len(codes) else np.zeros(1, dtype="int64")
    return int((size * (size - 1) // 2).sum())


def _share(k: int, n: int) -> Estimate:
    if not n:
        return Estimate(math.nan, math.nan, math.nan)
    low, high = wilson(k, n)
    return Estimate(k / n, float(low), float(high))
