"""How customers want to be reached and served: what they say beside what they do.

Channels are grouped into three ways, by how much a person is needed: self-service, remote, personal.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Limit
from ...stats.comparisons import adjust, compare_shares, compared, shown
from ...stats.intervals import add_shares
from ..demographics.categories import Orders, banded, order_of, values_of

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
    """The profile with ``help_channel``: that of most of a customer's tickets, of equal ones the first by name."""
    known = tickets[["customer_no", "channel"]].dropna() if "channel" in tickets else pd.DataFrame()
    if not len(known):
        return profile
    counts = known.groupby(["customer_no", "channel"]).size().rename("n").reset_index()
    counts = counts.sort_values(["customer_no", "n", "channel"], ascending=[True, False, True], kind="stable")
    most = counts.drop_duplicates("customer_no").set_index("customer_no")["channel"]
    return profile.assign(help_channel=profile["customer_no"].map(most))


def preferences(profile: pd.DataFrame) -> pd.DataFrame:
    """What customers ask for beside where they buy and where they ask for help.

    Parameters
    ----------
    profile : DataFrame
        From `with_help`.

    Returns
    -------
    DataFrame
        ``evidence, value`` (the way)``, n, base`` (customers of whom it is known)``, share`` with its interval.
    """
    parts = []
    for evidence, column in EVIDENCE.items():
        if column in profile and (counts := ways(profile[column]).value_counts()).sum():
            counts = counts.reindex(list(WAYS), fill_value=0).rename_axis("value").rename("n").reset_index()
            parts.append(counts.assign(evidence=evidence, base=counts["n"].sum()))
    if not parts:
        return pd.DataFrame(columns=["evidence", "value", "n", "base", "share", "share_low", "share_high"])
    return add_shares(pd.concat(parts, ignore_index=True)[["evidence", "value", "n", "base"]])


def disagreement(
    profile: pd.DataFrame, attributes: Iterable[str], min_base: int = 50, orders: Orders | None = None
) -> pd.DataFrame:
    """Where customers act otherwise than they ask: each group against all others.

    Parameters
    ----------
    profile : DataFrame
        From `with_help`.
    attributes : iterable of str
        Columns that divide the customers into groups; numbers are banded.
    min_base : int
        Smallest base that is tested.
    orders : mapping, optional
        Order of the values of an attribute.

    Returns
    -------
    DataFrame
        As `comparisons.compared("ratio")`: of the customers who name a way and bought or asked for help in one, the
        share whose way of acting is another; all rows one family. Empty where nobody does both.
    """
    known, differs = _acts_otherwise(profile)
    attributes = [name for name in attributes if name not in EVIDENCE.values()]  # they differ by construction
    parts = []
    for attribute, column in banded(profile[known], attributes).items():
        values = values_of(column)
        order = order_of(column, (orders or {}).get(attribute))
        base = values.value_counts().reindex(order).to_numpy(int)
        n = values[differs[known].to_numpy()].value_counts().reindex(order, fill_value=0).to_numpy(int)
        part = pd.DataFrame({"attribute": attribute, "value": pd.array(order, dtype="str"), "n": n, "base": base})
        parts.append(part.assign(n_rest=n.sum() - n, base_rest=base.sum() - base))
    if not parts or not sum(map(len, parts)):
        return pd.DataFrame(columns=compared("ratio")).astype({"claim": bool})
    return compare_shares(pd.concat(parts, ignore_index=True), min_base, ["attribute"])


def shifts(profile: pd.DataFrame, orders: Orders | None = None) -> pd.DataFrame:
    """How the ways shift with age, or with the size of a company.

    Parameters
    ----------
    profile : DataFrame
        From `with_help`.
    orders : mapping, optional
        Order of the values of an attribute, from low to high.

    Returns
    -------
    DataFrame
        ``attribute`` (the first of `SHIFTS` that is known)``, value, evidence, way, n, base`` (customers of that value
        whose way is known)``, share`` with its interval, and the test of a trend of that way over the values:
        ``p, p_adjusted, effect`` (correlation of way and value)``, claim``; one family over all pairs of evidence and
        way. Evidence in which all are alike is left out; empty where nothing has an order.
    """
    attribute = next((name for name in SHIFTS if name in (orders or {}) and name in profile), None)
    columns = ["attribute", "value", "evidence", "way", "n", "base"]
    rows, tests = [], []
    for evidence, column in EVIDENCE.items() if attribute else ():
        way = ways(profile[column]) if column in profile else pd.Series(None, profile.index)
        values = profile[attribute].astype("object")
        known = pd.crosstab(values[way.notna()].to_numpy(), way[way.notna()].to_numpy())
        known = known.reindex([value for value in orders[attribute] if value in known.index])
        if len(known.columns) < 2 or len(known) < 2:  # where all are alike, nothing can shift
            continue
        known = known.reindex(columns=list(WAYS), fill_value=0)
        for name in WAYS:
            hits, base = known[name].to_numpy(), known.sum(axis=1).to_numpy()
            part = pd.DataFrame({"attribute": attribute, "value": known.index, "evidence": evidence, "way": name})
            rows.append(part.assign(n=hits, base=base))
            tests.append({"evidence": evidence, "way": name, **trend_of_shares(hits, base)})
    if not rows:
        return pd.DataFrame(
            columns=[*columns, "share", "share_low", "share_high", "p", "p_adjusted", "effect", "claim"]
        )
    tested = adjust(pd.DataFrame(tests), together=["evidence"])
    table = add_shares(pd.concat(rows, ignore_index=True)).merge(tested, on=["evidence", "way"], validate="m:1")
    table.attrs["family"] = tested.attrs["family"]
    return table


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


def shift_findings(table: pd.DataFrame, chapter: str = "05") -> list[Finding]:
    """Which ways grow or shrink with age, from `shifts` as the gate marks it; or one finding that none does.

    The first and the last value that the page shows stand for the ends.
    """
    message = N_(
        "{attribute:label} from “{first:label}” to “{last:label}”: the share of “{way:label}” goes from "
        "{first_share:share} ({low:share} to {high:share}, n = {n:count}) to {last_share:share} ({last_low:share} to "
        "{last_high:share}, n = {last_n:count}) – {evidence:label}."
    )
    test, family = N_("Cochran–Armitage test of trend, Benjamini–Hochberg"), int(table.attrs.get("family", 0))
    if family and not table["claim"].any():
        nothing = N_(
            "No way of being reached or served grows or shrinks with “{attribute:label}” (compared: {k:count})."
        )
        values = {"attribute": table["attribute"].iloc[0], "k": family}
        n = int(table.groupby(["evidence", "way"])["base"].sum().max())
        return [
            Finding(
                nothing,
                values,
                id=f"{chapter}.shift.nothing",
                n=n,
                table="shifts",
                test=test,
                family=family,
                kind="nothing",
            )
        ]
    said = []
    claims = table[table["claim"].astype(bool) & shown(table)]
    for (evidence, way), rows in claims.groupby(["evidence", "way"], sort=False):
        first, last = rows.iloc[0], rows.iloc[-1]
        values = {"evidence": evidence, "way": way, "attribute": first["attribute"]}
        values |= {"first": first["value"], "first_share": float(first["share"]), "n": int(first["base"])}
        values |= {"low": float(first["share_low"]), "high": float(first["share_high"])}
        values |= {"last": last["value"], "last_share": float(last["share"]), "last_n": int(last["base"])}
        values |= {"last_low": float(last["share_low"]), "last_high": float(last["share_high"])}
        said.append(
            Finding(
                message,
                values,
                id=f"{chapter}.shift.{evidence}.{way}".replace(" ", "_"),
                n=int(rows["base"].sum()),
                table="shifts",
                test=test,
                p_adjusted=float(first["p_adjusted"]),
                family=family,
                effect=abs(float(last["share"]) - float(first["share"])),
                reach=int(rows["base"].sum()),
                kind="difference",
            )
        )
    return said if len(claims) else []


def routing(profile: pd.DataFrame, labels: pd.Series, min_group: int = 10) -> pd.DataFrame:
    """For each segment, the channel to try first and the one to go on with.

    The first is what most members who name a channel ask for; the next is where most of those who asked for help did,
    with a person at a distance or face to face. Where fewer than `min_group` members say or do so, it stays open.

    Parameters
    ----------
    profile : DataFrame
        From `with_help`.
    labels : Series of int
        Segment of each customer, in the same order.
    min_group : int
        Smallest number of customers behind a channel.

    Returns
    -------
    DataFrame
        ``segment, first_channel, n, base, share`` with its interval, ``then_channel, then_n, then_base``.
    """
    rows = []
    for segment in sorted(labels.unique()):
        members = profile[(labels == segment).to_numpy()]
        first = _most(members, "preferred_channel", min_group)
        helped = members[ways(members["help_channel"]).isin([REMOTE, PERSONAL])] if "help_channel" in members else None
        then = _most(helped, "help_channel", min_group) if helped is not None else (None, 0, 0)
        rows.append((int(segment), *first, *then))
    first, then = ["segment", "first_channel", "n", "base"], ["then_channel", "then_n", "then_base"]
    table = add_shares(pd.DataFrame(rows, columns=[*first, *then]))
    return table[[*first, "share", "share_low", "share_high", *then]]


def findings(table: pd.DataFrame, profile: pd.DataFrame, chapter: str = "05") -> list[Finding]:
    """How many act otherwise than they ask, and which groups do so more or less often than the others."""
    known, differs = _acts_otherwise(profile)
    if not known.any():
        return []
    row = add_shares(pd.DataFrame({"n": [int(differs.sum())], "base": [int(known.sum())]})).iloc[0]
    low, high = float(row["share_low"]), float(row["share_high"])
    said = [
        Finding(
            "Of the customers who name a channel and were seen on one, {share:share} act otherwise than they ask "
            "({low:share} to {high:share}, n = {n:count}): they buy or seek help in another way.",
            {"share": float(row["share"]), "low": low, "high": high, "n": int(row["base"])},
            id=f"{chapter}.channels.disagreement",
            n=int(row["base"]),
            table="channel_disagreement",
            interval=(low, high),
            test=N_("Wilson interval"),
            effect=float(row["share"]),
            reach=int(row["n"]),
        )
    ]
    claims = table.loc[table["claim"].astype(bool) & shown(table)].sort_values("p_adjusted", kind="stable").head(3)
    claims = add_shares(claims)
    message = N_(
        "{attribute:label} “{value:label}”: {share:share} act otherwise than they ask ({low:share} to {high:share}, "
        "n = {base:count}) against {rest:share} of the other customers."
    )
    return said + [
        Finding(
            message,
            {
                "attribute": row.attribute,
                "value": row.value,
                "share": float(row.share),
                "low": float(row.share_low),
                "high": float(row.share_high),
                "rest": float(row.share_rest),
                "base": int(row.base),
            },
            id=f"{chapter}.channels.{row.attribute}.{row.value}",
            n=int(row.base),
            table="channel_disagreement",
            interval=(float(row.share_low), float(row.share_high)),
            test=N_("Fisher's exact or χ² test, Benjamini–Hochberg"),
            p_adjusted=float(row.p_adjusted),
            family=int(table.attrs.get("family", len(table))),
            effect=abs(float(row.share) - float(row.share_rest)),
            reach=int(row.base),
            kind="difference",
        )
        for row in claims.itertuples()
    ]


def limits(profile: pd.DataFrame) -> list[Limit]:
    """What is missing for preferred channels."""
    if "preferred_channel" in profile and ways(profile["preferred_channel"]).notna().any():
        return []
    return [Limit(N_("How customers want to be reached"), needs=N_("a survey or CRM field: the preferred channel"))]


def _acts_otherwise(profile: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Whether a customer both names a way and was seen in one, and whether none of those is the named one."""
    asked = ways(profile["preferred_channel"]) if "preferred_channel" in profile else pd.Series(None, profile.index)
    seen = pd.DataFrame({name: ways(profile[name]) for name in (*list(EVIDENCE.values())[1:],) if name in profile})
    known = asked.notna() & seen.notna().any(axis=1)
    return known, known & ~seen.eq(asked, axis=0).any(axis=1)


def _most(members: pd.DataFrame, column: str, min_group: int) -> tuple[str | None, int, int]:
    """Most frequent value of a column, its count and the count of all; of equal ones the first by name."""
    counts = members[column].dropna().astype(str).value_counts() if column in members else pd.Series(dtype=int)
    if not len(counts) or counts.max() < min_group:
        return None, 0, int(counts.sum())
    return min(counts[counts == counts.max()].index), int(counts.max()), int(counts.sum())
