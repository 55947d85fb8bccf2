"""What a contact changed: customers who got it beside those who were held back from it at random.

A control group makes the difference of two means the effect, nothing has to be modelled for it. What counts comes after
the contact; what customers did before it and who they are only tells whether the groups were alike to begin with.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import scipy

from ...messages import N_, Finding, Text
from ...results import NOBODY, OVERLAPPING, Result
from ...stats.claims import Claims
from ...stats.comparisons import adjust, exact_binomial_p, family_size, two_proportions
from ...stats.effect_sizes import from_points, from_shares
from ...stats.group_tests import chi2_test
from ..demographics.categories import values_of
from ..segments.embedding import is_number

RESPONSE, ORDER, SPEND = "responded", "ordered", "spend"
FACT = {RESPONSE: "response", ORDER: "order", SPEND: "spend"}
MIN_ARM = 50
"""Customers who were contacted, and who were held back, without which nothing is compared."""
DIFFERENT = 0.01
"""Corrected p-value from which two groups were not alike to begin with: as for a mismatch of sizes, where a false alarm
throws a whole trial away (Fabijan et al. 2019, KDD, 2156–2164)."""
BEFORE_DAYS = 365
PAST = ["bought_before", "spend_before"]
ENDS = ("", "_low", "_high")


@dataclass(frozen=True)
class Trial:
    """A campaign with a control group.

    Parameters
    ----------
    campaign : str
    rows : DataFrame
        One row per customer: ``customer_no, at, held`` (back)``, responded``; with orders ``ordered, spend`` after the
        contact, and ``bought_before, spend_before`` of the year before it.
    days : int
        Days after the contact that are looked at; a day that was not over at the end of the records is not.
    drawn : int
        Customers of all campaigns that have the control group together, and the group itself.
    """

    campaign: str
    rows: pd.DataFrame
    days: int
    drawn: int

    @property
    def reactions(self) -> list[str]:
        """What can be compared; a response only where those who were held back can respond, too."""
        rows = self.rows
        known = [RESPONSE] if rows.loc[rows["held"], RESPONSE].any() else []
        known += [ORDER] if ORDER in rows else []
        return known + ([SPEND] if SPEND in rows and rows[SPEND].ne(0).any() else [])


def contacts(campaigns: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """One row per campaign and customer; the first contact decides who was held back.

    Parameters
    ----------
    campaigns : DataFrame
        Table of the contract.
    as_of : date
        Later contacts do not count.

    Returns
    -------
    DataFrame
        ``campaign, customer_no, at, held, responded, of``, and ``cost`` if the table has it; what came before the
        contact is no response to it. A campaign that was sent in several kinds is as many campaigns; ``of`` is the
        name of all of them.
    """
    rows = campaigns.dropna(subset=["customer_no", "at", "campaign"])
    rows = rows[rows["at"] < pd.Timestamp(as_of) + pd.Timedelta(days=1)].sort_values("at", kind="stable")
    rows = rows.assign(campaign=rows["campaign"].astype(str), held=_flag(rows, "control_group"))
    rows["of"] = rows["campaign"]
    if "kind" in rows:
        # Answers may come from a file of their own, which does not know what was sent.
        rows["kind"] = rows["kind"].fillna(rows.groupby(["campaign", "customer_no"])["kind"].transform("first"))
        kinds = rows["kind"].where(~rows["held"]).groupby(rows["campaign"]).transform("nunique")
        arm = rows["campaign"] + ": " + rows["kind"].astype(str)
        rows["campaign"] = arm.where((kinds > 1) & rows["kind"].notna(), rows["campaign"])
    when = rows["responded_at"] if "responded_at" in rows else pd.Series(pd.NaT, rows.index)
    early = when.notna() & (when.dt.normalize() < rows["at"].dt.normalize())
    rows["responded"] = (_flag(rows, "responded") | when.notna().to_numpy()) & ~early.to_numpy()
    any_answer = rows.groupby(["campaign", "customer_no"])["responded"].transform("any")
    once = rows.assign(responded=any_answer).drop_duplicates(["campaign", "customer_no"])
    names = ["campaign", "customer_no", "at", "held", "responded", "of", *({"cost"} & set(once))]
    return once[names].reset_index(drop=True)


def trials(sent: pd.DataFrame, lines: pd.DataFrame, days: int, as_of: date) -> list[Trial]:
    """Every campaign with a control group of its own, or one that it shares with others of its time.

    Parameters
    ----------
    sent : DataFrame
        From `contacts`. A campaign of which everybody was held back is the control group of those sent meanwhile.
    lines : DataFrame
        Order lines: ``customer_no, at, amount``; may be empty.
    days : int
        Days after a contact in which orders count, see `Trial`.
    as_of : date
    """
    found = []
    held, day = sent.groupby("campaign")["held"], sent["at"].dt.normalize()
    nobody, without = held.transform("all"), ~held.transform("any")
    for campaign, rows in sent[~nobody].groupby("campaign", sort=False):
        drawn = len(rows)
        if not rows["held"].any():
            meanwhile = day.between(day[rows.index].min(), day[rows.index].max())
            drawn = sent.loc[(nobody | without) & meanwhile, "customer_no"].nunique()
            shared = sent[nobody & meanwhile & ~sent["customer_no"].isin(rows["customer_no"])]
            rows = pd.concat([rows, shared.drop_duplicates("customer_no")])
        rows = rows.drop(columns="campaign").reset_index(drop=True)
        if min(rows["held"].sum(), (~rows["held"]).sum()) < MIN_ARM:
            continue
        rest = (pd.Timestamp(as_of) - rows["at"].dt.normalize()).dt.days
        over = rest >= days
        # Where few have been watched for so long, all are watched for as long as the last one.
        watched, rows = (days, rows[over]) if over.mean() > 0.5 else (int(rest.min()), rows)
        if min(rows["held"].sum(), (~rows["held"]).sum()) >= MIN_ARM:
            found.append(
                Trial(str(campaign), _with_orders(rows.reset_index(drop=True), lines, watched), watched, drawn)
            )
    return found


def balance(found: Iterable[Trial], profile: pd.DataFrame, traits: pd.DataFrame, control_share: float = 0.0) -> Result:
    """Whether those contacted and those held back were alike before: all traits of all campaigns one family.

    Parameters
    ----------
    found : iterable of Trial
    profile : DataFrame
        For ``tenure_days``.
    traits : DataFrame
        By ``customer_no``: what a contact cannot change.
    control_share : float
        Share of the customers that was to be held back; 0: not known, and sizes are not compared.

    Returns
    -------
    Result
        ``campaign, attribute, p, p_adjusted, claim``: ``claim`` where they differed (`DIFFERENT`).
    """
    tenure = profile.set_index("customer_no").reindex(columns=["tenure_days"]).dropna(axis=1, how="all")
    known = traits.join(tenure)
    tests = []
    for trial in found:
        held = trial.rows["held"].to_numpy()
        if control_share:
            p = float(exact_binomial_p(held.sum(), trial.drawn, control_share))
            tests.append({"campaign": trial.campaign, "attribute": "control_group", "p": p})
        columns = known.reindex(trial.rows["customer_no"]).reset_index(drop=True).join(trial.rows.filter(PAST))
        tests += [{"campaign": trial.campaign, "attribute": n, "p": _apart(columns[n], held)} for n in columns]
    table = adjust(pd.DataFrame(tests, columns=["campaign", "attribute", "p"]))
    table["claim"] = table["p_adjusted"] <= DIFFERENT
    return Result(
        "campaign_balance",
        table,
        Text(N_("Whether contacted customers and the control group were alike before the contact")),
        NOBODY,
        family=family_size(table),
    )


def effects(found: list[Trial], checked: Result) -> Result:
    """What each campaign changed: difference of the means of those contacted and those held back.

    Parameters
    ----------
    found : list of Trial
    checked : Result
        From `balance`; a campaign whose groups differed before is shown and not tested.

    Returns
    -------
    Result
        ``campaign, reaction, n`` (who did)``, base, share, n_rest, base_rest, share_rest, brought`` (difference of the
        shares, Newcombe's interval); of ``reaction`` spend ``mean, mean_rest, brought_spend`` (Welch's).
    """
    unlike = set(checked.frame.loc[checked.frame["claim"], "campaign"])
    rows = [_effect(trial, reaction) for trial in found for reaction in trial.reactions]
    table = pd.DataFrame(rows, columns=EFFECTS).astype(dict.fromkeys(EFFECTS[2:], float))
    table["p"] = table["p"].where(~table["campaign"].isin(unlike))
    table = adjust(table)
    return Result(
        "campaign_effects",
        table,
        Text(N_("What campaigns brought, compared with a control group")),
        OVERLAPPING,
        lambda frame: did_and_spent(SHARES, SPENDS, frame, family_size(table)),
        family=family_size(table),
        about=Text(
            N_("Customers more of 100 contacted than of 100 held back. {n:count} were contacted or held back."),
            {"n": len(set().union(*(trial.rows["customer_no"] for trial in found)))},
        ),
        note=Text(
            N_(
                "The control group was held back at random; orders count within {days:count} days after the contact. "
                "Traits compared before the contact: {k:count}; where they differed nothing is claimed."
            ),
            {"days": max((trial.days for trial in found), default=0), "k": checked.family},
        ),
    )


def told(checked: Result) -> list[Text]:
    """A sentence for each campaign whose groups differed before."""
    message = N_("The control group of “{campaign:label}” was another kind of customers, so its effect is not known.")
    unlike = checked.frame.loc[checked.frame["claim"], "campaign"].unique()
    return [Text(message, {"campaign": str(name)}) for name in unlike]


def facts(measured: pd.DataFrame, earned: pd.DataFrame) -> dict[str, float]:
    """``effect_<campaign>_<reaction>`` with ``_low`` and ``_high``: share of the contacted, or money for each.

    And ``roi_<campaign>``; both of what a page shows of `effects` and `returns`.
    """
    found: dict[str, float] = {"campaigns_with_control": int(measured["campaign"].nunique())}
    for row in measured.itertuples():
        column, unit = ("brought_spend", 1) if row.reaction == SPEND else ("brought", 100)
        found |= named(f"effect_{row.campaign}_{FACT[row.reaction]}", row, column, unit)
    for row in earned.itertuples():
        found |= named(f"roi_{row.campaign}", row, "roi")
    return found


def named(name: str, row: Any, column: str, unit: float = 1) -> dict[str, float]:
    """A number of a row and its interval as facts, nothing where it is not shown."""
    name = re.sub(r"\W+", "_", name.lower())
    numbers = {f"{name}{end}": float(getattr(row, f"{column}{end}")) / unit for end in ENDS}
    return numbers if np.isfinite(list(numbers.values())).all() else {}


EFFECTS = [
    *("campaign", "reaction", "watched_days", "n", "base", "share", "n_rest", "base_rest", "share_rest"),
    *("brought", "brought_low", "brought_high", "mean", "mean_rest"),
    *("brought_spend", "brought_spend_low", "brought_spend_high", "effect", "p"),
]


def _flag(rows: pd.DataFrame, name: str) -> np.ndarray:
    if name not in rows:
        return np.zeros(len(rows), bool)
    return rows[name].astype("boolean").fillna(False).to_numpy(bool)


def _with_orders(rows: pd.DataFrame, lines: pd.DataFrame, days: int) -> pd.DataFrame:
    """What each customer ordered and spent in the days after the contact, and in the year before."""
    if not len(lines):
        return rows
    bought = lines.loc[lines["customer_no"].isin(rows["customer_no"]), ["customer_no", "at", "amount"]]
    near = bought.merge(rows[["customer_no", "at"]].rename(columns={"at": "contact"}), on="customer_no")
    # Of orders that have a day and no hour nobody can tell which of the day of the contact came before it.
    day, since = near["contact"].dt.normalize(), near["contact"]
    since = day if (near["at"] == near["at"].dt.normalize()).all() else since
    end = day + pd.Timedelta(days=days + 1)
    after = near[(near["at"] >= since) & (near["at"] < end)]
    before = near[(near["at"] < since) & (near["at"] >= since - pd.Timedelta(days=BEFORE_DAYS))]
    customer = rows["customer_no"]

    def spent(part: pd.DataFrame) -> np.ndarray:
        return customer.map(part.groupby("customer_no")["amount"].sum()).fillna(0.0).to_numpy(float)

    def ordered(part: pd.DataFrame) -> np.ndarray:  # what is given back is no order
        return customer.isin(part.loc[~part["amount"].lt(0), "customer_no"]).to_numpy()

    return rows.assign(
        ordered=ordered(after), spend=spent(after), bought_before=ordered(before), spend_before=spent(before)
    )


def _apart(column: pd.Series, held: np.ndarray) -> float:
    """p-value of "a trait does not tell who was held back": Welch's test of a number, χ² of values."""
    if is_number(column):
        numbers = column.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        if np.nanstd(numbers) == 0:
            return np.nan
        return float(scipy.stats.ttest_ind(numbers[held], numbers[~held], equal_var=False, nan_policy="omit").pvalue)
    counts = pd.crosstab(values_of(column), held)
    # Values that hardly anybody has are taken together: χ² needs five in each cell.
    rare = counts.sum(axis=1) * min(held.mean(), 1 - held.mean()) < 5
    counts = pd.concat([counts[~rare], counts[rare].sum().to_frame().T]) if rare.sum() > 1 else counts[~rare]
    return chi2_test(counts.to_numpy()).p if len(counts) else np.nan


def _effect(trial: Trial, reaction: str) -> dict[str, Any]:
    """One row of `effects`."""
    rows = trial.rows
    did = rows[RESPONSE if reaction == RESPONSE else ORDER]
    held = rows["held"].to_numpy()
    counts = {"n": int(did[~held].sum()), "base": int((~held).sum())}
    counts |= {"n_rest": int(did[held].sum()), "base_rest": int(held.sum())}
    row: dict[str, Any] = {"campaign": trial.campaign, "reaction": reaction, "watched_days": trial.days, **counts}
    if reaction == SPEND:
        ours, others = rows.loc[~held, SPEND], rows.loc[held, SPEND]
        found = scipy.stats.ttest_ind(ours, others, equal_var=False)
        low, high = found.confidence_interval()
        row |= {"mean": ours.mean(), "mean_rest": others.mean(), "p": float(found.pvalue)}
        row |= {"brought_spend": ours.mean() - others.mean(), "brought_spend_low": low, "brought_spend_high": high}
        return row | {"effect": float(from_points(row["brought_spend"], rows[SPEND].std()))}
    found = two_proportions(counts["n"], counts["base"], counts["n_rest"], counts["base_rest"])
    share, rest = counts["n"] / counts["base"], counts["n_rest"] / counts["base_rest"]
    row |= {"share": share, "share_rest": rest, "brought": 100 * float(found.value), "p": float(found.p)}
    row |= {"brought_low": 100 * float(found.low), "brought_high": 100 * float(found.high)}
    return row | {"effect": float(from_shares(share, rest))}


def _message(row: Any) -> str:
    if row.reaction == RESPONSE and row.brought > 0:
        return N_(
            "Campaign “{campaign:label}” brought {brought:number} more responses per 100 customers contacted: "
            "{share:share} instead of {rest:share}."
        )
    if row.reaction == RESPONSE:
        return N_(
            "After campaign “{campaign:label}” fewer customers responded than without it: {brought:number} per 100, "
            "{share:share} instead of {rest:share}."
        )
    if row.brought > 0:
        return N_(
            "Campaign “{campaign:label}” brought {brought:number} more buyers per 100 customers contacted within "
            "{days:count} days: {share:share} instead of {rest:share}."
        )
    return N_(
        "After campaign “{campaign:label}” fewer customers ordered within {days:count} days than without it: "
        "{brought:number} per 100, {share:share} instead of {rest:share}."
    )


def _spent(row: Any) -> str:
    if row.brought_spend > 0:
        return N_(
            "Campaign “{campaign:label}” brought {brought:money} more per customer contacted within {days:count} days: "
            "{spend:money} instead of {rest:money}."
        )
    return N_(
        "After campaign “{campaign:label}” customers spent less within {days:count} days than without it: "
        "{brought:money} each, {spend:money} instead of {rest:money}."
    )


SHARES = Claims(
    "campaigns",
    _message,
    {"campaign": "campaign", "days": "watched_days", "brought": "brought", "share": "share", "rest": "share_rest"},
    key=("campaign", "reaction"),
    nothing=N_("No campaign made a difference: customers did the same without it ({family:count} comparisons)."),
    test=N_("difference of shares with Newcombe’s interval, Benjamini–Hochberg"),
    estimate="brought",
    reach="base",
    most=4,
)
SPENDS = replace(
    SHARES,
    message=_spent,
    values={"campaign": "campaign", "days": "watched_days"}
    | {"brought": "brought_spend", "spend": "mean", "rest": "mean_rest"},
    nothing="",
    test=N_("Welch’s test, Benjamini–Hochberg"),
    estimate="brought_spend",
    most=2,
)


def did_and_spent(shares: Claims, spends: Claims, table: pd.DataFrame, family: int) -> list[Finding]:
    """The strongest effects on what customers did, then on what they spent; or that there is none of either."""
    rows = table[table["claim"]].sort_values("effect", ascending=False, kind="stable")
    money = rows["reaction"] == SPEND
    told = [] if len(rows) and money.all() else shares.tell(table, family, rows[~money])
    return told + (spends.tell(table, family, rows[money]) if money.any() else [])
