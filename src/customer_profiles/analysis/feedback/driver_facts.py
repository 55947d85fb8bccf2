"""Everything that might go with an answer: what its comment mentions, the service before it, and who gave it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...codes import OTHER
from ...messages import N_
from ..demographics.categories import banded, values_of

TOPIC, SERVICE, TRAIT = N_("topic of the comment"), N_("service"), N_("trait of the customer")

LEAST = 10
"""Answers that a value needs; rarer values of a driver are put together."""

MOST_VALUES = 8
"""Values of a driver that are told apart; the rarer ones are put together, so that many values are no advantage."""

MEMORY_DAYS = 180
"""A ticket or an order bears on an answer if it is the customer's last one, and not older than this."""

REST = N_("all other values")


@dataclass(frozen=True)
class Candidates:
    """Answers to one question and everything that might go with them.

    Parameters
    ----------
    metric : str
        Which score, see `metrics.METRICS`; "" where there are no answers.
    score : Series
        One answer per customer on the usual scale.
    values : DataFrame
        Values of each candidate as text, same index; missing where unknown.
    kinds : dict
        `TOPIC`, `SERVICE` or `TRAIT` by candidate.
    """

    metric: str
    score: pd.Series
    values: pd.DataFrame
    kinds: dict[str, str]


def candidates(
    said: pd.DataFrame,
    feedback: pd.DataFrame,
    profile: pd.DataFrame,
    attributes: Iterable[str],
    tickets: pd.DataFrame,
    transactions: pd.DataFrame,
    topics: pd.DataFrame | None = None,
    cases: pd.DataFrame | None = None,
) -> Candidates:
    """Collect what is known of each answer.

    Parameters
    ----------
    said : DataFrame
        Answers to one question, one for each customer, as `metrics.latest` gives them.
    feedback : DataFrame
        The rows they come from; columns that the contract does not have are service facts of the answer.
    profile : DataFrame
        ``customer_no`` and the attributes.
    attributes : iterable of str
        Traits to consider; numbers are banded.
    tickets, transactions : DataFrame
        As in the contract; may be empty. Of each customer the last one up to the day of the answer counts.
    topics : DataFrame, optional
        ``row`` (index of `feedback`)``, theme``: what comments are about.
    cases : DataFrame, optional
        ``row`` (index of `tickets`)``, theme, weight``: what tickets are about.
    """
    if said.empty:
        return Candidates("", pd.Series(dtype=float), pd.DataFrame(), {})
    said = said.reset_index(drop=True)
    attributes = [name for name in attributes if name in profile]
    traits = banded(profile, attributes).apply(values_of).assign(customer_no=profile["customer_no"])
    traits = (
        said[["customer_no"]].merge(traits, on="customer_no", how="left", validate="m:1").drop(columns="customer_no")
    )
    heard = _mentioned(said["row"], topics)
    service = _side_by_side(_own(said, feedback), _ticket(said, tickets, cases), _order(said, transactions))
    values = _side_by_side(heard, service, traits).apply(_few_values)
    values = values[[name for name in values if values[name].nunique() > 1]]
    kinds = dict.fromkeys(traits, TRAIT) | dict.fromkeys(service, SERVICE) | dict.fromkeys(heard, TOPIC)
    return Candidates(said["metric"].iloc[0], said["score"], values, {name: kinds[name] for name in values})


def _few_values(column: pd.Series) -> pd.Series:
    """A driver with few values, each of them frequent; what cannot be told apart is put together."""
    counts = column.value_counts()
    kept = sorted(counts.index, key=lambda value: (-counts[value], value))[:MOST_VALUES]
    kept = [value for value in kept if counts[value] >= LEAST]
    merged = column.where(column.isna() | column.isin(kept), REST)
    return merged.where(merged != REST) if (merged == REST).sum() < LEAST else merged


def _side_by_side(*parts: pd.DataFrame) -> pd.DataFrame:
    """Columns of all parts; of two with one name the first."""
    table = pd.concat(parts, axis=1)
    return table.loc[:, ~table.columns.duplicated()]


def _own(said: pd.DataFrame, feedback: pd.DataFrame) -> pd.DataFrame:
    """Columns of the answers that a source added under ``attributes``, and what the answer is about."""
    known = {"customer_id", "customer_no", "at", "source", "metric", "score", "scale", "text", "language", "about"}
    extra = [name for name in feedback if name not in known | {"direction", "person_no"}]
    extra = [name for name in extra if feedback[name].notna().any()]
    return banded(feedback.loc[said["row"], extra].reset_index(drop=True), extra).apply(values_of)


def _mentioned(rows: pd.Series, topics: pd.DataFrame | None) -> pd.DataFrame:
    """Whether each answer mentions each topic; an answer without a comment mentions none."""
    if topics is None or topics.empty:
        return pd.DataFrame(index=rows.index)
    topics = topics.loc[topics["row"].isin(rows) & (topics["theme"] != OTHER)]
    names = sorted(topics["theme"].unique())
    return pd.DataFrame(
        {name: np.where(rows.isin(topics.loc[topics["theme"] == name, "row"]), "yes", "no") for name in names},
        index=rows.index,
    ).astype("str")


def _before(said: pd.DataFrame, table: pd.DataFrame, at: str) -> pd.DataFrame:
    """The customer's last row of a table up to the day of each answer; a row of missing values where there is none."""
    left = pd.DataFrame({"customer_no": said["customer_no"], "day": said["at"].dt.normalize(), "place": said.index})
    left = left.dropna(subset=["customer_no", "day"]).astype({"customer_no": "int64"}).sort_values("day", kind="stable")
    right = table.dropna(subset=["customer_no", at]).astype({"customer_no": "int64"})
    right = right.assign(day=right[at].dt.normalize()).sort_values(at, kind="stable").drop(columns=at)
    right["day"] = right["day"].astype(left["day"].dtype)
    memory = pd.Timedelta(days=MEMORY_DAYS)
    joined = pd.merge_asof(left, right, on="day", by="customer_no", tolerance=memory)
    return joined.set_index("place").reindex(said.index)


def _ticket(said: pd.DataFrame, tickets: pd.DataFrame, cases: pd.DataFrame | None) -> pd.DataFrame:
    """Whether there was a ticket before the answer, how many, what the last was about, and how it went."""
    if tickets.empty:
        return pd.DataFrame(index=said.index)
    hours = (tickets["closed_at"] - tickets["opened_at"]).dt.total_seconds() / 3600
    facts = tickets[["customer_no", "opened_at"]].assign(ticket_hours=hours, ticket=True)
    facts = facts.assign(ticket_channel=tickets["channel"], ticket_reopened=tickets["reopened"])
    facts["ticket_theme"] = _main_theme(cases).reindex(tickets.index)
    facts["ticket_count"] = _recent(tickets)
    last = _before(said, facts, "opened_at")
    named, had = said["customer_no"].notna(), last["ticket"].notna()
    found = pd.DataFrame(
        {"ticket_before": np.where(named, np.where(had, "yes", "no"), np.asarray(None))}, index=said.index
    )
    for name in ("ticket_theme", "ticket_count", "ticket_channel", "ticket_reopened", "ticket_hours"):
        if last[name].notna().any():
            column = last[name].astype("boolean") if name == "ticket_reopened" else last[name]
            found[name] = banded(column.to_frame(name), [name]).apply(values_of)[name]
    return found.astype("str")


def _main_theme(cases: pd.DataFrame | None) -> pd.Series:
    """Theme of each ticket, the likelier of two; missing where it fits none."""
    if cases is None or cases.empty:
        return pd.Series(dtype="object")
    told = cases.loc[cases["theme"] != OTHER].sort_values(["weight", "theme"], ascending=[False, True], kind="stable")
    return told.drop_duplicates("row").set_index("row")["theme"]


def _recent(tickets: pd.DataFrame) -> pd.Series:
    """Whether each ticket was the first of its customer within the days that count, or not."""
    order = tickets.sort_values("opened_at", kind="stable")
    since = order["opened_at"] - order.groupby("customer_no")["opened_at"].shift()
    return (since <= pd.Timedelta(days=MEMORY_DAYS)).map({True: "≥ 2", False: "1"}).reindex(tickets.index)


def _order(said: pd.DataFrame, transactions: pd.DataFrame) -> pd.DataFrame:
    """What was bought last before the answer, how, and what the source knows of that order."""
    if transactions.empty:
        return pd.DataFrame(index=said.index)
    known = {"customer_id", "customer_no", "order_id", "product_id", "quantity", "amount", "discount", "at"}
    facts = [name for name in transactions if name not in known and transactions[name].notna().any()]
    last = _before(said, transactions[["customer_no", "at", *facts]], "at")[facts]
    last = banded(last.apply(lambda column: column.infer_objects()), facts).apply(values_of)
    return last.rename(columns={"channel": "order_channel", "category": "order_category"})
