"""How customers want to be reached and served: what they say beside what they do.

Channels are grouped into three ways, by how much a person is needed: self-service, remote, personal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Limit, Text
from ...results import OVERLAPPING, Disclosure, Result
from ...stats import effect_sizes
from ...stats.claims import Claims, shown
from ...stats.comparisons import compare_shares, compared, corrected, family_size
from ...stats.intervals import add_shares
from ..demographics.categories import Orders, counted

SELF, REMOTE, PERSONAL = N_("self-service"), N_("remote"), N_("personal")
WAYS = {
    SELF: "web website online app portal self-service chatbot bot kiosk ivr edi newsletter email_campaign",
    REMOTE: "phone call hotline telephone chat email e-mail mail letter post fax sms whatsapp messenger social video",
    PERSONAL: "store shop branch counter visit field field-sales event personal in-person dealer representative",
}
"""Which channels need nobody, somebody at a distance, and somebody face to face. Others count under no way: map them to
one of these in dataset.yaml."""
_WAY = {channel: way for way, channels in WAYS.items() for channel in channels.split()}

ASKED, BOUGHT, HELPED = N_("what they ask for"), N_("where they buy"), N_("where they ask for help")
EVIDENCE = {ASKED: "preferred_channel", BOUGHT: "main_order_channel", HELPED: "help_channel"}

SHIFTS = ("age_band", "employees_band", "revenue_band")
"""Ordered attributes with which ways of being reached and served may shift: age, of companies the size."""


def ways(channels: pd.Series) -> pd.Series:
    """The way of each channel, missing for one that is not listed in `WAYS`.

    >>> ways(pd.Series(["Phone", "app", "pigeon", "field sales"])).fillna("–").tolist()
    ['remote', 'self-service', '–', 'personal']
    """
    return channels.astype("object").map(
        lambda name: _WAY.get(str(name).strip().lower().replace(" ", "-")), na_action="ignore"
    )


def with_help(profile: pd.DataFrame, tickets: pd.DataFrame) -> pd.DataFrame:
    """The profile with ``help_channel``: that of most of a customer's tickets, unknown where several are equal."""
    known = tickets[["customer_no", "channel"]].dropna() if "channel" in tickets else pd.DataFrame()
    if not len(known):
        return profile
    counts = known.groupby(["customer_no", "channel"]).size()
    most = counts[counts == counts.groupby(level=0).transform("max")].reset_index(level="channel")["channel"]
    most = most[~most.index.duplicated(keep=False)]
    return profile.assign(help_channel=profile["customer_no"].map(most))


def evidence(profile: pd.DataFrame) -> pd.DataFrame:
    """The way that each kind of evidence shows for each customer.

    Parameters
    ----------
    profile : DataFrame
        One row per customer, with the columns of `EVIDENCE` that are known.

    Returns
    -------
    DataFrame
        A column for each kind of evidence, `ASKED` first; missing where it is not known. Index of the profile.
    """
    nothing = pd.Series(None, profile.index, dtype="object")
    return pd.DataFrame({kind: ways(profile.get(column, nothing)) for kind, column in EVIDENCE.items()})


def preferences(seen: pd.DataFrame) -> Result:
    """What customers ask for beside where they buy and where they ask for help.

    Parameters
    ----------
    seen : DataFrame
        From `evidence`.

    Returns
    -------
    Result
        ``evidence, value`` (the way)``, n, base`` (customers of whom it is known)``, share`` with its interval.
    """
    table = pd.DataFrame([(kind, way) for kind in seen for way in WAYS], columns=["evidence", "value"])
    table["n"] = [int(seen[kind].eq(way).sum()) for kind, way in zip(table["evidence"], table["value"], strict=True)]
    table["base"] = table["evidence"].map(seen.notna().sum()).astype(int)
    return Result(
        "channel_preferences",
        add_shares(table[table["base"] > 0].reset_index(drop=True)),
        Text(N_("Asked and observed")),
        Disclosure(within=("evidence",)),
        about=Text(N_("Shares of the customers of whom it is known, of {n:count} customers."), {"n": len(seen)}),
        needs=EVIDENCE[ASKED],
    )


def disagreement(
    profile: pd.DataFrame,
    otherwise: pd.Series,
    attributes: Iterable[str],
    min_base: int = 50,
    orders: Orders | None = None,
) -> Result:
    """Where customers act otherwise than they ask: each group against all others.

    Parameters
    ----------
    profile : DataFrame
        Customers who name a way and bought or asked for help in one.
    otherwise : Series of bool
        Whether none of the ways in which each was seen is the named one; same index.
    attributes : iterable of str
        Columns that divide the customers into groups; numbers are banded.
    min_base : int
        Smallest base that is tested.
    orders : mapping, optional
        Order of the values of an attribute.

    Returns
    -------
    Result
        As `comparisons.compared("ratio")`: the share whose way of acting is another; all rows one family. Empty where
        nobody does both.
    """
    attributes = [name for name in attributes if name not in EVIDENCE.values()]  # they differ by construction
    counts = counted(profile, otherwise, attributes, orders)
    title, needs = Text(N_("Who acts otherwise than they ask")), EVIDENCE[ASKED]
    if counts.empty:
        nobody = pd.DataFrame(columns=compared("ratio")).astype({"claim": bool})
        return Result("channel_disagreement", nobody, title, needs=needs)
    table = compare_shares(counts, min_base, ["attribute"])
    family = family_size(table, ["attribute"])
    claims = partial(_otherwise, n=int(otherwise.sum()), base=len(otherwise), family=family)
    about = Text(N_("Of {n:count} customers who name a channel and were seen on one."), {"n": len(otherwise)})
    return Result("channel_disagreement", table, title, claims=claims, family=family, about=about, needs=needs)


def shifts(profile: pd.DataFrame, seen: pd.DataFrame, orders: Orders | None = None) -> Result:
    """How the ways shift with age, or with the size of a company.

    Parameters
    ----------
    profile : DataFrame
        One row per customer.
    seen : DataFrame
        From `evidence`, same index.
    orders : mapping, optional
        Order of the values of an attribute, from low to high.

    Returns
    -------
    Result
        ``attribute`` (the first of `SHIFTS` that is known)``, value, evidence, way, n, base`` (customers of that value
        whose way is known)``, share`` with its interval, and the test of a trend of that way over the values:
        ``p, p_adjusted, effect`` (correlation of way and value)``, claim``; one family over all pairs of evidence and
        way. Evidence in which all are alike is left out; empty where nothing has an order.
    """
    attribute = next((name for name in SHIFTS if name in (orders or {}) and name in profile), None)
    order = orders[attribute] if orders and attribute else ()
    columns = ["attribute", "value", "evidence", "way", "n", "base"]
    rows, tests = [], []
    for kind, way in seen.items() if order else ():
        values = profile[attribute].astype("object")
        known = pd.crosstab(values[way.notna()].to_numpy(), way[way.notna()].to_numpy())
        known = known.reindex([value for value in order if value in known.index])
        if len(known.columns) < 2 or len(known) < 2:  # where all are alike, nothing can shift
            continue
        known = known.reindex(columns=list(WAYS), fill_value=0)
        for name in WAYS:
            hits, base = known[name].to_numpy(), known.sum(axis=1).to_numpy()
            part = pd.DataFrame({"attribute": attribute, "value": known.index, "evidence": kind, "way": name})
            rows.append(part.assign(n=hits, base=base))
            tests.append({"evidence": kind, "way": name, **trend_of_shares(hits, base)})
    title = Text(N_("Ways of being reached and served, by age or size"))
    rule = Disclosure(within=("evidence", "value"))
    if not rows:
        tested = ["share", "share_low", "share_high", "p", "p_adjusted", "effect", "claim"]
        nothing = pd.DataFrame(columns=[*columns, *tested]).astype({"claim": bool})
        return Result("shifts", nothing, title, rule)
    tested, family = corrected(tests, together=["evidence"])
    table = add_shares(pd.concat(rows, ignore_index=True)).merge(tested, on=["evidence", "way"], validate="m:1")
    about = Text(N_("Shares of the customers of whom it is known, of {n:count} customers."), {"n": len(profile)})
    return Result("shifts", table, title, rule, partial(_shifting, family=family), family, about)


def trend_of_shares(hits: np.ndarray, base: np.ndarray) -> dict[str, float]:
    """Cochran–Armitage test that a share rises or falls over ordered groups: ``p``, and the correlation as ``effect``.

    Groups score 1, 2, 3 and so on. A share of 0 or 1, or one group, gives NaN. The variance is the exact one of a
    permutation, with n − 1 where Armitage has n.

    References
    ----------
    Cochran (1954), Biometrics 10:417–451; Armitage (1955), Biometrics 11:375–386.
    """
    from statsmodels.stats.contingency_tables import Table

    hits, base = np.asarray(hits, float), np.asarray(base, float)
    table = np.column_stack([base - hits, hits])
    if (table.sum(axis=0) == 0).any() or (base > 0).sum() < 2:
        return {"p": np.nan, "effect": np.nan}
    found = Table(table, shift_zeros=False).test_ordinal_association()
    return {"p": float(found.pvalue), "effect": float(found.zscore / np.sqrt(base.sum() - 1))}


def routing(profile: pd.DataFrame, labels: pd.Series, min_group: int = 10) -> Result:
    """For each segment, the channel to try first and the one to go on with.

    The first is what most members who name a channel ask for; the next is where most of those who asked for help did.
    Where fewer than `min_group` members say or do so, it stays open.

    Parameters
    ----------
    profile : DataFrame
        ``preferred_channel`` and ``help_channel`` of each customer, as far as they are known.
    labels : Series of int
        Segment of each customer, in the same order; all missing where there are no segments.
    min_group : int
        Smallest number of customers behind a channel.

    Returns
    -------
    Result
        ``segment, first_channel, n, base, share`` with its interval, ``then_channel, then_n, then_base``.
    """
    rows = []
    for segment in sorted(labels.dropna().unique()):
        members = profile[(labels == segment).to_numpy(bool)]
        asked = _most(members, "preferred_channel", min_group)
        rows.append((int(segment), *asked, *_most(members, "help_channel", min_group)))
    first, then = ["segment", "first_channel", "n", "base"], ["then_channel", "then_n", "then_base"]
    table = pd.DataFrame(rows, columns=[*first, *then])
    table = add_shares(table.astype(dict.fromkeys(["segment", "n", "base", "then_n", "then_base"], int)))
    if not table[["base", "then_base"]].any(axis=None):  # nobody says or does anything
        table = table[:0]
    return Result(
        "routing",
        table[[*first, "share", "share_low", "share_high", *then]],
        Text(N_("Which channel to try first, and which then")),
        OVERLAPPING,
        needs=EVIDENCE[ASKED],
    )


def limits(profile: pd.DataFrame) -> list[Limit]:
    """What is missing for preferred channels."""
    if "preferred_channel" in profile and ways(profile["preferred_channel"]).notna().any():
        return []
    return [Limit(N_("How customers want to be reached"), needs=N_("a survey or CRM field: the preferred channel"))]


def _otherwise(table: pd.DataFrame, n: int, base: int, family: int) -> list[Finding]:
    """How many act otherwise than they ask, and which groups do so more or less often than the others."""
    row = add_shares(pd.DataFrame({"n": [n], "base": [base]})).iloc[0]
    claims = table[table["claim"].astype(bool)].sort_values("p_adjusted", kind="stable")
    return [OTHERWISE.one(row), *DISAGREEMENT.tell(table, family, add_shares(claims))]


OTHERWISE = Claims(
    "channels.disagreement",
    N_(
        "{share:share} of the customers who name a channel are served on another than they ask for ({low:share} to "
        "{high:share}, n = {n:count})."
    ),
    {"n": "base"},
    test=N_("Wilson interval"),
    estimate="share",
    effect="share",
    kind="fact",
)
DISAGREEMENT = Claims(
    "channels",
    N_(
        "Of the {attribute/value:group}, {share:share} asked for another channel ({low:share} to {high:share}, n = "
        "{base:count}), of the other customers {rest:share}."
    ),
    key=("attribute", "value"),
    test=N_("Fisher's exact or χ² test, Benjamini–Hochberg"),
    estimate="share",
    effect=lambda row: effect_sizes.from_shares(row.share, row.share_rest),
    reach="base",
    most=3,
)


def _shifting(table: pd.DataFrame, family: int) -> list[Finding]:
    """Which ways grow or shrink with age, or one finding that none does.

    The first and the last value that the page shows stand for the ends.
    """
    if not family:
        return []
    if not table["claim"].any():
        values = {"attribute": table["attribute"].iloc[0], "k": family}
        n = int(table.groupby(["evidence", "way"])["base"].sum().max())
        test = SHIFTING.test
        return [Finding(_STILL, values, id="shift.nothing", n=n, test=test, family=family, kind="nothing")]
    claims = shown(table[table["claim"].astype(bool)])
    ways_of = claims.groupby(["evidence", "way"], sort=False, as_index=False)
    ends = ways_of.first().merge(ways_of.last(), on=["evidence", "way"], suffixes=("", "_last"))
    ends["everybody"] = ends.merge(ways_of["base"].sum(), on=["evidence", "way"])["base_y"]
    told = SHIFTING.tell(ends, family)
    return [replace(finding, id=finding.id.replace(" ", "_")) for finding in told]


_STILL = N_("No way of being reached or served grows or shrinks with “{attribute:label}” (compared: {k:count}).")
_ENDS = {
    ASKED: N_(
        "{first_share:share} of the {attribute/first:group} ask for “{way:label}” ({low:share} to {high:share}, n = "
        "{n:count}), of the {attribute/last:group} {last_share:share} ({last_low:share} to {last_high:share}, n = "
        "{last_n:count})."
    ),
    BOUGHT: N_(
        "{first_share:share} of the {attribute/first:group} buy by “{way:label}” ({low:share} to {high:share}, n = "
        "{n:count}), of the {attribute/last:group} {last_share:share} ({last_low:share} to {last_high:share}, n = "
        "{last_n:count})."
    ),
    HELPED: N_(
        "{first_share:share} of the {attribute/first:group} seek help by “{way:label}” ({low:share} to {high:share}, "
        "n = {n:count}), of the {attribute/last:group} {last_share:share} ({last_low:share} to {last_high:share}, n = "
        "{last_n:count})."
    ),
}
SHIFTING = Claims(
    "shift",
    lambda row: _ENDS[row.evidence],
    {"first": "value", "first_share": "share", "low": "share_low", "high": "share_high", "n": "base"}
    | {"last": "value_last", "last_share": "share_last", "last_n": "base_last"}
    | {"last_low": "share_low_last", "last_high": "share_high_last"},
    key=("evidence", "way"),
    test=N_("Cochran–Armitage test of trend, Benjamini–Hochberg"),
    n="everybody",
    reach="everybody",
    effect=lambda row: effect_sizes.from_shares(row.share_last, row.share),
    most=len(EVIDENCE) * len(WAYS),
)


def _most(members: pd.DataFrame, column: str, min_group: int) -> tuple[str | None, int, int]:
    """Most frequent value of a column, its count and the count of all; of equal ones the first by name."""
    counts = members[column].dropna().astype(str).value_counts() if column in members else pd.Series(dtype=int)
    if not len(counts) or counts.max() < min_group:
        return None, 0, int(counts.sum())
    return min(counts[counts == counts.max()].index), int(counts.max()), int(counts.sum())
