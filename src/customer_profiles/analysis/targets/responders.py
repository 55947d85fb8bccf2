"""Who reacts to a contact more than others, and, without a control group, who responded more often."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from ...messages import N_, Finding, Limit, Text
from ...needs import NEEDS
from ...results import OVERLAPPING, Disclosure, Result
from ...stats.claims import Claims
from ...stats.comparisons import adjust, family_size, two_proportions
from ...stats.effect_sizes import from_points, from_shares
from ...stats.intervals import z_value
from ..demographics.categories import Orders
from ..journeys import clustered
from ..journeys.groups import TEST, Members, difference, members, teller
from .trials import MIN_ARM, RESPONSE, SPEND, Trial, did_and_spent

MIN_HITS = 10
"""Customers of the smaller side who would do it, on average of all: with fewer the normal approximation is too thin."""
MIN_BUYERS = 30
"""The same of customers who spent: amounts differ more than a yes from a no."""
MOST_CAMPAIGNS = 12
"""Campaigns of which is looked at whom they reach, those with most customers."""
TOGETHER = ["campaign", "reaction", "attribute"]
COLUMNS = [
    *(*TOGETHER, "value", "n", "base", "share", "n_rest", "base_rest", "share_rest"),
    *("brought", "brought_low", "brought_high", "brought_others", "mean", "mean_rest", "brought_spend"),
    *("brought_spend_low", "brought_spend_high", "brought_spend_others", "effect", "p"),
]


def by_group(found: list[Trial], checked: Result, traits: pd.DataFrame, orders: Orders | None = None) -> Result:
    """In which groups a contact changes more, or less, than among all other customers.

    Groups are what a contact cannot change: traits, and whether a customer bought in the year before. Segments of
    today are not, since who responded is in them.

    Parameters
    ----------
    found : list of Trial
    checked : Result
        From `trials.balance`; campaigns whose groups differed before are left out.
    traits : DataFrame
        By ``customer_no``.
    orders : mapping, optional
        Order of the values of ordered attributes.

    Returns
    -------
    Result
        `COLUMNS`, ``p_adjusted, claim``; ``p`` that the contact changes as much in the group as elsewhere.
    """
    unlike = set(checked.frame.loc[checked.frame["claim"], "campaign"])
    parts = [part for trial in found if trial.campaign not in unlike for part in _of_trial(trial, traits, orders)]
    none = pd.DataFrame(columns=COLUMNS).astype(dict.fromkeys(COLUMNS[4:], float))
    table = pd.concat(parts, ignore_index=True) if parts else none
    table = adjust(table.loc[table["p"].notna(), COLUMNS], TOGETHER)
    family = family_size(table, TOGETHER)
    table = table.sort_values(["claim", "effect"], ascending=False, kind="stable").reset_index(drop=True)
    return Result(
        "campaign_groups",
        table,
        Text(N_("Who reacts to a contact more than others")),
        Disclosure(within=(*TOGETHER,)),
        lambda frame: did_and_spent(GROUPS, GROUP_SPENDS, frame, family),
        family=family,
        about=Text(
            N_("Customers more of 100 contacted than of 100 held back, or spend more of each contacted, in each group.")
        ),
    )


def reached(sent: pd.DataFrame, profile: pd.DataFrame, names: Iterable[str], orders: Orders | None = None) -> Result:
    """Whom campaigns reach: the share of each group that was contacted, beside that of all other customers.

    Parameters
    ----------
    sent : DataFrame
        From `trials.contacts`; `MOST_CAMPAIGNS` of them.
    profile : DataFrame
        All customers.
    names : iterable of str
        Attributes.
    orders : mapping, optional

    Returns
    -------
    Result
        As `clustered.by_group`, all campaigns one family; a campaign that reached everybody is left out.
    """
    contacted = sent[~sent["held"]].groupby("campaign")["customer_no"].agg(set)
    largest = contacted.loc[contacted.map(len).sort_values(ascending=False, kind="stable").index[:MOST_CAMPAIGNS]]
    who = profile["customer_no"]
    parts = [pd.DataFrame({"step": name, "customer_no": who, "hit": who.isin(of)}) for name, of in largest.items()]
    occasions = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["step", "customer_no", "hit"])
    table, family = clustered.by_group(occasions, profile, names, orders)
    return Result(
        "campaign_reach",
        table.rename(columns={"step": "campaign"}).assign(effect=table["effect"].abs()),
        Text(N_("Whom campaigns reach")),
        Disclosure(within=("campaign", "attribute")),
        teller(REACHED, family, None, ["campaign", "attribute", "value"]),
        family=family,
        about=Text(N_("Share of {n:count} customers on file that was contacted."), {"n": len(profile)}),
    )


def responses(sent: pd.DataFrame) -> Result:
    """Share of those contacted who responded, of campaigns without control group.

    Parameters
    ----------
    sent : DataFrame
        From `trials.contacts`; those held back are left out.

    Returns
    -------
    Result
        ``campaign, n, base, share`` with interval, the best first; empty where nobody ever responded.
    """
    occasions = answered(sent).rename(columns={"campaign": "step"})
    table = clustered.shares(occasions).rename(columns={"step": "campaign"}).drop(columns=["times", "occasions"])
    return Result(
        "campaign_responses",
        table.sort_values("share", ascending=False, kind="stable").reset_index(drop=True),
        Text(N_("Customers who responded to each campaign")),
        OVERLAPPING,
        _best,
        about=Text(N_("Of the customers contacted. Without a control group nobody knows what they had done anyway.")),
        needs="" if len(sent) else "campaigns",
    )


def responding(
    sent: pd.DataFrame, profile: pd.DataFrame, attributes: Iterable[str], orders: Orders | None = None
) -> Result:
    """Which groups responded more often than all others; an association, see `clustered.by_group`."""
    table, family = clustered.by_group(answered(sent).assign(step=RESPONSE), profile, attributes, orders)
    return Result(
        "response_by_group",
        table.drop(columns="step"),
        Text(N_("Who responded more often")),
        Disclosure(within=("attribute",)),
        claims=teller(RESPONDING, family, True, ["attribute", "value"]),
        family=family,
        about=Text(N_("Share of the contacts that were answered: an association, not what the contact brought.")),
    )


def limits(sent: pd.DataFrame, found: list[Trial]) -> list[Limit]:
    """That nobody was held back, so that nobody knows what a contact brought."""
    if not len(sent):
        return [Limit(N_("Which customers a campaign moves"), needs=NEEDS["campaigns"])]
    needs = N_("campaigns from which some customers were held back at random")
    return [] if found else [Limit(N_("What campaigns brought that would not have come anyway"), needs=needs)]


def answered(sent: pd.DataFrame) -> pd.DataFrame:
    """Contacts of campaigns to which anybody responded: a row without answer tells nothing where none is on file."""
    rows = sent[~sent["held"]]
    rows = rows[rows.groupby("campaign")["responded"].transform("any").astype(bool)]
    return rows.rename(columns={"responded": "hit"})[["campaign", "customer_no", "at", "hit"]]


def _of_trial(trial: Trial, traits: pd.DataFrame, orders: Orders | None) -> list[pd.DataFrame]:
    """The groups of every attribute, for each reaction."""
    rows = trial.rows
    known = traits.reindex(rows["customer_no"]).reset_index()
    if "bought_before" in rows:
        known["bought_before"] = rows["bought_before"].to_numpy()
    names = [name for name in known if name != "customer_no"]
    return [
        _compared(group, rows[reaction].to_numpy(float if reaction == SPEND else bool), rows["held"].to_numpy())
        .assign(campaign=trial.campaign, reaction=reaction, attribute=group.attribute)
        .reindex(columns=COLUMNS)
        for group in members(known, names, orders)
        for reaction in trial.reactions
    ]


def _compared(group: Members, did: np.ndarray, held: np.ndarray) -> pd.DataFrame:
    """Every value of an attribute: the effect in the group, that among all others, and whether they are the same.

    Parameters
    ----------
    group : Members
    did, held : ndarray, shape (customers,)
        What each customer did, yes or no, or spent; and who was held back.
    """
    inside, money = group.member.astype(float), did.dtype != bool
    outside, amount, hit = group.known[:, None] - inside, did.astype(float), (did != 0).astype(float)
    means, spreads, least = [], [], []
    for side in (inside, outside):
        (k1, n1, s1, q1), (k0, n0, s0, q0) = (
            ((hit * arm) @ side, arm.astype(float) @ side, (amount * arm) @ side, (amount**2 * arm) @ side)
            for arm in (~held, held)
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            m1, m0, all_of, hits = s1 / n1, s0 / n0, (s1 + s0) / (n1 + n0), (k1 + k0) / (n1 + n0)
            # The spread is at least that of both arms alike: an arm with hardly any hit shows hardly any of its own.
            alike = ((q1 + q0) / (n1 + n0) - all_of**2) * (1 / n1 + 1 / n0)
            spreads.append(np.maximum((q1 / n1 - m1**2) / n1 + (q0 / n0 - m0**2) / n0, alike))
            least.append(np.where(np.minimum(n1, n0) < MIN_ARM, 0, np.minimum(n1, n0) * np.minimum(hits, 1 - hits)))
        means.append((k1, n1, m1, k0, n0, m0))
    (k1, n1, m1, k0, n0, m0), (*_, others1, _, _, others0) = means
    with np.errstate(divide="ignore", invalid="ignore"):
        apart, others = m1 - m0, others1 - others0
        z = (apart - others) / np.sqrt(spreads[0] + spreads[1])
        table = {"value": group.values, "n": k1.astype(int), "base": n1.astype(int), "share": k1 / n1}
        table |= {"n_rest": k0.astype(int), "base_rest": n0.astype(int), "share_rest": k0 / n0}
        table |= {
            "p": np.where(
                np.minimum(*least) >= (MIN_BUYERS if money else MIN_HITS), 2 * special.ndtr(-np.abs(z)), np.nan
            )
        }
    if money:
        width = z_value() * np.sqrt(spreads[0])
        table |= {"mean": m1, "mean_rest": m0, "brought_spend": apart, "brought_spend_others": others}
        table |= {"brought_spend_low": apart - width, "brought_spend_high": apart + width}
        return pd.DataFrame(table | {"effect": np.abs(from_points(apart - others, amount.std()))})
    shares = two_proportions(k1, n1, k0, n0)
    table |= {"brought": 100 * shares.value, "brought_low": 100 * shares.low, "brought_high": 100 * shares.high}
    size = from_shares(m1, np.clip(m0 + others, 0, 1))  # beside what the others would make of it
    return pd.DataFrame(table | {"brought_others": 100 * others, "effect": size})


def _message(row: Any) -> str:
    more = row.brought > row.brought_others
    if row.reaction == RESPONSE and more:
        return N_(
            "Campaign “{campaign:label}” moves {attribute/value:group} most: of 100 contacted {brought:number} respond "
            "because of it, of the other customers {others:number}."
        )
    if row.reaction == RESPONSE:
        return N_(
            "Campaign “{campaign:label}” moves {attribute/value:group} less: of 100 contacted {brought:number} respond "
            "because of it, of the other customers {others:number}."
        )
    if more:
        return N_(
            "Campaign “{campaign:label}” moves {attribute/value:group} most: of 100 contacted {brought:number} order "
            "because of it, of the other customers {others:number}."
        )
    return N_(
        "Campaign “{campaign:label}” moves {attribute/value:group} less: of 100 contacted {brought:number} order "
        "because of it, of the other customers {others:number}."
    )


GROUPS = Claims(
    "campaign_groups",
    _message,
    {name: name for name in ("attribute", "value", "campaign", "brought")} | {"others": "brought_others"},
    key=(*TOGETHER, "value"),
    nothing=N_("No group reacts more to a contact than the others ({family:count} comparisons)."),
    test=N_("difference of two differences of shares, Benjamini–Hochberg"),
    estimate="brought",
    reach="base",
    most=3,
)

GROUP_SPENDS = replace(
    GROUPS,
    message=lambda row: (
        N_(
            "Campaign “{campaign:label}” brings more among {attribute/value:group}: {brought:money} of spend per "
            "customer contacted, {others:money} among the other customers."
        )
        if row.brought_spend > row.brought_spend_others
        else N_(
            "Campaign “{campaign:label}” brings less among {attribute/value:group}: {brought:money} of spend per "
            "customer contacted, {others:money} among the other customers."
        )
    ),
    values=GROUPS.values | {"brought": "brought_spend", "others": "brought_spend_others"},
    nothing="",
    test=N_("difference of two differences of means, Benjamini–Hochberg"),
    estimate="brought_spend",
    most=2,
)

REACHED = Claims(
    "campaign_reach",
    N_(
        "Campaign “{campaign:label}” reached {share:part} of {attribute/value:group}, {rest:part} of the other "
        "customers."
    ),
    {"campaign": "campaign", "attribute": "attribute", "value": "value", "share": "share", "rest": "share_rest"},
    key=("campaign", "attribute", "value"),
    nothing=N_("Campaigns reach all groups alike ({family:count} comparisons)."),
    test=TEST,
    reach="base",
    effect=difference,
    most=2,
)

RESPONDING = Claims(
    "response",
    N_("{attribute/value:group} responded to {share:part} of the contacts, the other customers to {rest:part}."),
    key=("attribute", "value"),
    nothing=N_("No group responded more often than the others ({family:count} comparisons)."),
    test=N_("score test with customers as units, Benjamini–Hochberg"),
    reach="base",
    effect=difference,
    most=3,
)


def _best(table: pd.DataFrame) -> list[Finding]:
    """The campaign to which most of those contacted responded."""
    claims = Claims(
        "campaign_responses",
        N_("Campaign “{campaign:label}” was answered most: {share:part} of the customers contacted responded."),
        {"campaign": "campaign", "share": "share"},
        key=("campaign",),
        estimate="share",
        reach="base",
        effect=0.1,
        kind="fact",
        most=1,
    )
    return claims.tell(table.assign(claim=True), len(table))
