"""Who reacts to a contact more than others, and, without a control group, who responded more often."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from ...messages import N_, Finding, Limit, Text
from ...needs import NEEDS
from ...results import OVERLAPPING, Disclosure, Result
from ...stats.claims import Claims
from ...stats.comparisons import adjust, family_size, two_proportions
from ...stats.effect_sizes import from_shares
from ..demographics.categories import Orders
from ..journeys import clustered
from ..journeys.groups import Members, difference, members, teller
from .trials import MIN_ARM, RESPONSE, SPEND, Trial

MIN_HITS = 10
"""Customers of the smaller side who would do it, on average of all: with fewer the normal approximation is too thin."""
TOGETHER = ["campaign", "reaction", "attribute"]
COLUMNS = [
    *(*TOGETHER, "value", "n", "base", "share", "n_rest", "base_rest", "share_rest"),
    *("brought", "brought_low", "brought_high", "brought_others", "effect", "p"),
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
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)
    table = adjust(table.loc[table["p"].notna(), COLUMNS], TOGETHER)
    family = family_size(table, TOGETHER)
    table = table.sort_values(["claim", "effect"], ascending=False, kind="stable").reset_index(drop=True)
    return Result(
        "campaign_groups",
        table,
        Text(N_("Who reacts to a contact more than others")),
        Disclosure(within=(*TOGETHER,)),
        lambda frame: GROUPS.tell(frame, family),
        family=family,
        about=Text(N_("Customers more of 100 contacted than of 100 held back, in each group.")),
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
    """The groups of every attribute, for each reaction that customers did or did not."""
    rows = trial.rows
    known = traits.reindex(rows["customer_no"]).reset_index()
    if "bought_before" in rows:
        known["bought_before"] = rows["bought_before"].to_numpy()
    names = [name for name in known if name != "customer_no"]
    return [
        _compared(group, rows[reaction].to_numpy(bool), rows["held"].to_numpy())
        .assign(campaign=trial.campaign, reaction=reaction, attribute=group.attribute)
        .reindex(columns=COLUMNS)
        for group in members(known, names, orders)
        for reaction in trial.reactions
        if reaction != SPEND
    ]


def _compared(group: Members, did: np.ndarray, held: np.ndarray) -> pd.DataFrame:
    """Every value of an attribute: the effect in the group, that among all others, and whether they are the same."""
    inside = group.member.astype(float)
    outside = group.known[:, None] - inside
    effects, spreads, least = [], [], []
    for side in (inside, outside):
        (k1, n1), (k0, n0) = (((did & arm) @ side, arm.astype(float) @ side) for arm in (~held, held))
        with np.errstate(divide="ignore", invalid="ignore"):
            p1, p0, all_of = k1 / n1, k0 / n0, (k1 + k0) / (n1 + n0)
            # The spread is at least that of both arms alike: an arm with hardly any hit shows hardly any of its own.
            alike = all_of * (1 - all_of) * (1 / n1 + 1 / n0)
            spreads.append(np.maximum(p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0, alike))
            least.append(np.where(np.minimum(n1, n0) < MIN_ARM, 0, np.minimum(n1, n0) * np.minimum(all_of, 1 - all_of)))
        effects.append((k1, n1, p1, k0, n0, p0))
    (k1, n1, p1, k0, n0, p0), others = effects
    apart = two_proportions(k1, n1, k0, n0)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (p1 - p0 - others[2] + others[5]) / np.sqrt(spreads[0] + spreads[1])
        table = {"value": group.values, "n": k1.astype(int), "base": n1.astype(int), "share": p1}
        table |= {"n_rest": k0.astype(int), "base_rest": n0.astype(int), "share_rest": p0, "brought": 100 * apart.value}
        table |= {"brought_low": 100 * apart.low, "brought_high": 100 * apart.high}
        table |= {"brought_others": 100 * (others[2] - others[5])}
        enough = np.minimum(*least) >= MIN_HITS
        size = from_shares(p1, np.clip(p0 + others[2] - others[5], 0, 1))  # beside what the others would make of it
        table |= {"p": np.where(enough, 2 * special.ndtr(-np.abs(z)), np.nan), "effect": size}
    return pd.DataFrame(table)


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
