"""Whom to address now and whom to leave alone: every customer in one list at most, as many as can be addressed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Text
from ...results import ONE_MARGIN, Result
from ...stats.claims import shown
from ..demographics.categories import values_of
from ..segments.channels import SELF, ways

CALL, WRITE, WIN_BACK, ALONE = N_("call"), N_("write to"), N_("win back"), N_("leave alone")
OFFER, SURVEY, REST = N_("make an offer"), N_("ask in a survey"), N_("nothing to do now")
PURPOSES = (CALL, WRITE, WIN_BACK, OFFER, SURVEY, ALONE, REST)
LISTS = PURPOSES[:5]
"""Lists that customers are addressed by, those first on which a budget is spent first."""
AT_RISK, LEFT, GONE = N_("may be lost"), N_("has left"), N_("has probably left")
FITS, NEVER = N_("something new suits them"), N_("has never answered a survey")
OPEN_CASE, NO_CONSENT = N_("has an open case"), N_("consent is not on file")
A_YEAR = 365
LEAST, MOST = 0.1, 0.5
"""Chance to be lost from which a customer may be lost, and has probably left."""
COLUMNS = ["customer_no", "purpose", "place", "reason", "channel", "loss"]


def lists(
    profile: pd.DataFrame,
    predicted: pd.DataFrame,
    outcome: Any,
    capacity: int,
    contacts: int | None = None,
    unmoved: Collection[int] = (),
    fewest: int = 1,
) -> pd.DataFrame:
    """The list of each customer.

    Who has an open case, or has not consented where others have, is left alone whatever may be lost. Of the others,
    those who may be lost are called, or written to if they ask for a channel without a person; those who have left, or
    probably have where nothing on file says who has, are to be won back. Each of the three lists has those with most at
    stake. Of all others, who would buy something new is made an offer, those first who are expected to spend most, and
    who bought within a year and never answered a survey is asked in one, in an order of chance.

    Parameters
    ----------
    profile : DataFrame
        A row per customer.
    predicted : DataFrame
        Table ``predicted_value``: chance to be lost, else to be there still, and what is expected of them or not to
        come.
    outcome : Outcome or None
        Of dataset.yaml; a bad one tells who has left.
    capacity : int
        Customers that can be addressed for each purpose.
    contacts : int, optional
        Customers that the budget is enough for, in the order of `LISTS`.
    unmoved : collection of int
        Numbers of customers whom a contact hardly moves: they are made no offer.
    fewest : int
        Customers without whom there is no list of offers or of a survey: a page would have to hide it with another one.

    Returns
    -------
    DataFrame
        ``customer_no, purpose, place`` (in the list)``, reason, channel, loss``, one row per customer, in the order of
        the profile. `REST` has no place and no reason.
    """
    table = profile[["customer_no"]].merge(predicted.drop(columns="customer_id", errors="ignore"), how="left")
    chance, loss, spent = _chance(table), _loss(table), _numbers(profile, "spend")
    # Where no money is known, orders rank customers; they are no amount.
    stakes = loss if np.isfinite(loss).any() else _chance(table) * _if_they_stay(table, "expected_orders")
    left, stayed = _has_left(profile, outcome)
    gone = left | (~stayed & (chance >= MOST))
    told = [_flag(profile, "open_tickets"), _no_consent(profile)]
    channel = profile["preferred_channel"] if "preferred_channel" in profile else pd.Series(pd.NA, profile.index)
    alone_with_it = (ways(channel) == SELF).to_numpy()
    at_risk = ~gone & (chance >= LEAST) & (stakes > 0)
    chosen = [told[0], told[1], at_risk & ~alone_with_it, at_risk & alone_with_it, left, gone]
    stake = np.where(left | gone, spent, stakes)
    others = ~np.any(chosen, axis=0)
    offered = others & _known(table, "next_offer") & ~profile["customer_no"].isin(unmoved).to_numpy()
    expected = pd.Series(np.nan_to_num(_if_they_stay(table, "expected_spend")))
    offered &= (expected.where(offered).rank(ascending=False, method="first") <= capacity).to_numpy()
    never = others & ~offered & (_numbers(profile, "answers") == 0) & (_numbers(profile, "recency_days") <= A_YEAR)
    chosen += [few & (few.sum() >= fewest) for few in (offered, never)]
    purpose = np.select(chosen, [ALONE, ALONE, CALL, WRITE, WIN_BACK, WIN_BACK, OFFER, SURVEY], REST)
    reason = np.select(chosen, [OPEN_CASE, NO_CONSENT, AT_RISK, AT_RISK, LEFT, GONE, FITS, NEVER], "")
    # Who spends most answers other questions than the rest: whom to ask is left to chance.
    chance_of = pd.util.hash_array(profile["customer_no"].to_numpy()) / 2**64
    stake = np.select([purpose == OFFER, purpose == SURVEY], [expected, chance_of], stake)
    place = pd.Series(np.nan_to_num(stake)).groupby(purpose).rank(ascending=False, method="first").to_numpy()
    over = (place > capacity) & np.isin(purpose, LISTS)
    if contacts is not None:
        turn = np.lexsort((place, pd.Categorical(purpose, PURPOSES).codes, over | ~np.isin(purpose, LISTS)))
        over[turn[contacts:]] |= np.isin(purpose, LISTS)[turn[contacts:]]
    purpose, reason = np.where(over, REST, purpose), np.where(over, "", reason)
    listed = np.isin(purpose, LISTS)
    return pd.DataFrame(
        {
            "customer_no": profile["customer_no"].to_numpy(),
            "purpose": purpose,
            "place": pd.array(np.where(listed, place, np.nan), dtype="Int64"),
            "reason": reason,
            "channel": channel.astype("object").to_numpy(),
            "loss": np.where(np.isin(purpose, (CALL, WRITE)), loss, np.nan),
        }
    )


def counted(listed: pd.DataFrame) -> Result:
    """How many customers are in each list: ``purpose, n, base, share, loss``; the rows add up to all customers.

    Empty where nothing is foreseen of anybody, so that nobody is to be addressed.
    """
    title = Text(N_("Whom to address now"))
    names = ["purpose", "n", "base", "share", "loss"]
    if not listed["purpose"].isin(LISTS[:4]).any():
        return Result("address_lists", pd.DataFrame(columns=names), title, ONE_MARGIN)
    grouped = listed.groupby("purpose")
    table = pd.DataFrame({"n": grouped.size(), "base": len(listed), "loss": grouped["loss"].sum(min_count=1)})
    table = table.reindex([name for name in PURPOSES if name in table.index]).rename_axis("purpose").reset_index()
    table["share"] = table["n"] / table["base"]
    about = Text(
        N_("Each of the {n:count} customers is in one row. The lists are kept with the run."), {"n": len(listed)}
    )
    shown_names = [name for name in names if name != "base"]  # the same in each row, and told below
    return Result("address_lists", table[names], title, ONE_MARGIN, _told, about=about, columns=shown_names)


def facts(table: pd.DataFrame) -> dict[str, int]:
    """Customers in each list, of `counted` as a page shows it: where few are in one, nothing is told."""
    known = table.dropna(subset="n")
    return {f"list_{row.purpose.replace(' ', '_')}": int(row.n) for row in known.itertuples()}


def _told(table: pd.DataFrame) -> list[Finding]:
    rows, found = shown(table).set_index("purpose"), []
    contacted = rows[rows.index.isin((CALL, WRITE))]
    if len(contacted):
        n, loss = int(contacted["n"].sum()), float(contacted["loss"].sum())
        values: dict[str, Any] = {"n": n} | ({"loss": loss} if loss > 0 else {})
        money = N_("Address {n:count} customers first: {loss:money} of what they are expected to spend may be lost.")
        message = money if loss > 0 else N_("Address {n:count} customers first: they may be lost.")
        found.append(Finding(message, values, id="lists.contact", n=n, reach=n, effect=0.2))
    for purpose, message in (
        (
            WIN_BACK,
            N_("{n:count} customers to win back have left, or probably have; those who spent most come first."),
        ),
        (
            ALONE,
            N_("Leave {n:count} customers alone for now: they have an open case, or their consent is not on file."),
        ),
        (OFFER, N_("{n:count} customers can be made an offer: something new suits them.")),
        (SURVEY, N_("Ask {n:count} customers in a survey: they bought within a year and never answered one.")),
    ):
        if purpose in rows.index:
            n = int(rows.loc[purpose, "n"])
            found.append(Finding(message, {"n": n}, id=f"lists.{purpose.replace(' ', '_')}", n=n, reach=n, effect=0.1))
    return found


def _numbers(table: pd.DataFrame, name: str) -> np.ndarray:
    if name not in table:
        return np.full(len(table), np.nan)
    return table[name].astype("Float64").to_numpy(dtype=float, na_value=np.nan)


def _known(table: pd.DataFrame, name: str) -> np.ndarray:
    return table[name].notna().to_numpy() if name in table else np.zeros(len(table), bool)


def _flag(profile: pd.DataFrame, name: str) -> np.ndarray:
    return np.nan_to_num(_numbers(profile, name)) > 0


def _no_consent(profile: pd.DataFrame) -> np.ndarray:
    """Who is not known to have consented; nobody where no consent is on file at all."""
    given = _flag(profile, "consent")
    return ~given if given.any() else np.zeros(len(profile), bool)


def _has_left(profile: pd.DataFrame, outcome: Any) -> tuple[np.ndarray, np.ndarray]:
    """Who is on file as having left, and who as having stayed; nobody of whom nothing is on file."""
    if outcome is None or outcome.good or outcome.column not in profile:
        return np.zeros(len(profile), bool), np.zeros(len(profile), bool)
    status = values_of(profile[outcome.column])
    left = (status == outcome.value).to_numpy(bool, na_value=False)
    return left, status.notna().to_numpy() & ~left


def _chance(table: pd.DataFrame) -> np.ndarray:
    """Chance to be lost: as predicted, else that of not being there any more."""
    alive, churn = _numbers(table, "p_alive"), _numbers(table, "p_churn")
    return np.where(np.isnan(churn), 1 - alive, churn)


def _loss(table: pd.DataFrame) -> np.ndarray:
    """What is expected not to come: as foreseen, else of the spend that a customer who stays would bring."""
    foreseen = _numbers(table, "expected_loss")
    return np.where(np.isfinite(foreseen), foreseen, _chance(table) * _if_they_stay(table, "expected_spend"))


def _if_they_stay(table: pd.DataFrame, name: str) -> np.ndarray:
    """What a customer brings who stays; where that is not known, what is expected counts that some have left."""
    alive = np.where(np.isnan(_numbers(table, "p_churn")), _numbers(table, "p_alive"), 1.0)
    return _numbers(table, name) / np.maximum(alive, 1e-6)
