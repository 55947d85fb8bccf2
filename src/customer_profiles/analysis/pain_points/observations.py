"""One list of pains from three kinds of evidence: what customers write, the reasons they state, and what they do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from ...codes import OTHER
from ...messages import N_, Limit
from ...needs import NEEDS
from ..demographics.categories import values_of
from .behaviour import BEHAVIOURS, Tables, occasions

THEME, REASON, BEHAVIOUR = "theme", "reason", "behaviour"
KINDS = (THEME, REASON, BEHAVIOUR)
YEAR_DAYS = 365
"""Customers whom a pain hit in so many days before the run are those whom an action can reach in a year."""

TABLES = ("tickets", "interactions", "transactions", "campaigns")
"""Canonical tables that tell of pains."""

STATED = "customers"
"""Table from which reasons come that a customer states once, such as that of a termination."""

SAYS_NOTHING = frozenset(
    ("other", "others", "unknown", "none", "n/a", "don't know", "sonstiges", "sonstige", "andere", "unbekannt", "keine")
)
"""Stated reasons that state none."""

HITS = {
    "evidence": "str",
    "pain": "str",
    "source": "str",
    "customer_no": "int64",
    "at": "datetime64[us]",
    "row": "int64",
}


def hit_since(rows: pd.DataFrame, since: pd.Timestamp, customers: pd.Series) -> pd.Series:
    """How many of the customers each pain met after a day; what has no day counts whenever it was.

    Parameters
    ----------
    rows : DataFrame
        ``pain, customer_no, at``: hits or occasions of `Evidence`.
    since : Timestamp
    customers : Series of int
        ``customer_no`` of those who are counted.

    Returns
    -------
    Series of int, index pain
    """
    return met_since(rows, since, customers).groupby("pain").size()


def met_since(rows: pd.DataFrame, since: pd.Timestamp, customers: pd.Series) -> pd.DataFrame:
    """Which customers each pain met, ``pain, customer_no``, as `hit_since` counts them."""
    rows = rows[(rows["at"].isna() | (rows["at"] > since)) & rows["customer_no"].isin(customers)]
    return rows[["pain", "customer_no"]].drop_duplicates()


@dataclass(frozen=True)
class Evidence:
    """Every time a pain showed, and every occasion on which it could have.

    Parameters
    ----------
    hits : DataFrame
        ``evidence`` (`KINDS`)``, pain`` (unique name)``, source`` (tables, by +)``, customer_no, at`` (may be
        missing)``, row`` (index of the ticket, -1: none).
    occasions : DataFrame
        Of behaviour only: ``pain, customer_no, at, hit``. Everybody could have written or stated a pain.
    """

    hits: pd.DataFrame
    occasions: pd.DataFrame

    def __len__(self) -> int:
        return len(self.hits)

    @property
    def pains(self) -> pd.DataFrame:
        """Which customer has which pain: ``customer_no, pain, evidence, n`` (how often), each pair once, sorted."""
        keys = ["customer_no", "pain", "evidence"]
        return self.hits.groupby(keys).size().rename("n").reset_index().sort_values(keys, ignore_index=True)

    @property
    def names(self) -> pd.DataFrame:
        """``pain, evidence, source``: every pain once, by kind of evidence and then by name."""
        found = self.hits[["pain", "evidence", "source"]].drop_duplicates()
        place = found["evidence"].map({kind: at for at, kind in enumerate(KINDS)})
        return found.assign(_place=place).sort_values(["_place", "pain"], ignore_index=True).drop(columns="_place")

    def until(self, ends: pd.Series) -> Evidence:
        """What had shown by then: an outcome may be laid to what came before it, and to nothing else.

        Parameters
        ----------
        ends : Series of datetime, index customer_no
            Of each customer; missing: everything counts, as what has no day does.
        """

        def known(rows: pd.DataFrame) -> pd.DataFrame:
            end = rows["customer_no"].map(ends)
            return rows[~(rows["at"] > end)]

        return Evidence(known(self.hits), known(self.occasions))

    def matrix(self, customers: pd.Series, names: pd.DataFrame | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Who is hit, and who could have been, by each of `names`.

        For behaviour the latest occasion of a customer counts: who comes often must not seem to be hit more only for
        that.

        Parameters
        ----------
        customers : Series of int
            ``customer_no`` of the rows.
        names : DataFrame, optional
            The pains of the columns, as in `names`; default those that there are.

        Returns
        -------
        hit, exposed : bool arrays, shape (customers, pains)
        """
        names, place = self.names if names is None else names, pd.Index(customers)
        hit, exposed = np.zeros((len(place), len(names)), bool), np.ones((len(place), len(names)), bool)
        last = self.occasions.drop_duplicates(["pain", "customer_no"], keep="last")
        written = self.hits[self.hits["evidence"] != BEHAVIOUR]
        for column, pain in enumerate(names.itertuples()):
            if pain.evidence != BEHAVIOUR:
                hit[:, column] = place.isin(written.loc[written["pain"] == pain.pain, "customer_no"])
            else:
                rows = last[last["pain"] == pain.pain].set_index("customer_no")["hit"].reindex(place)
                exposed[:, column] = rows.notna()
                hit[:, column] = rows.eq(True).to_numpy(bool)
        return hit, exposed


def declared(attributes: Mapping[str, Any]) -> dict[str, str | None]:
    """Attributes that dataset.yaml marks as a reason, each with the value that means none was asked for.

    Parameters
    ----------
    attributes : mapping
        What the data set says of each attribute: ``reason`` (truth value) and ``missing``.
    """
    marked = {name: known for name, known in attributes.items() if getattr(known, "reason", False)}
    return {name: getattr(known, "missing", None) for name, known in marked.items()}


def possible(evidence: Evidence) -> list[str]:
    """Names of the pains that were found, and of behaviours that could have been."""
    return list(dict.fromkeys([*evidence.names["pain"], *(each.name for each in BEHAVIOURS)]))


def gather(
    tables: Tables,
    profile: pd.DataFrame,
    as_of: date,
    assignments: pd.DataFrame | None = None,
    reasons: Mapping[str, str | None] | None = None,
) -> Evidence:
    """Everything the data tell of what hurts customers.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``tickets, interactions, transactions, campaigns`` as far as a source fills them.
    profile : DataFrame
        One row per customer.
    as_of : date
        Day of the run.
    assignments : DataFrame, optional
        Themes of the tickets, ``row, customer_no, theme``, see `themes.find_themes`.
    reasons : mapping of str to str or None, optional
        Columns of the profile in which customers state a reason, each with the value that means none was asked for.

    Returns
    -------
    Evidence
        Pains that one customer of the profile has at least. A name that two kinds of evidence share gets the kind
        behind it; a reason that two tables state is one pain of both.
    """
    tickets = tables.get("tickets", pd.DataFrame())
    found = occasions(tables, as_of)
    found = found[found["customer_no"].isin(profile["customer_no"])].reset_index(drop=True)
    behaviour = found[found["hit"]].assign(evidence=BEHAVIOUR, row=-1)
    parts = [_themes(assignments, tickets), *_reasons(tickets, profile, reasons or {}), behaviour]
    parts = [part[list(HITS)].astype(HITS) for part in parts if part is not None and len(part)]
    hits = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(HITS)).astype(HITS)
    hits = hits[hits["customer_no"].isin(profile["customer_no"])]
    gives_way = hits["evidence"].eq(REASON) | hits["evidence"].eq(THEME) & hits["pain"].isin(behaviour["pain"])
    shared = hits.groupby("pain")["evidence"].transform("nunique").gt(1) & gives_way
    hits["pain"] = hits["pain"].mask(shared, hits["pain"] + " (" + hits["evidence"] + ")")
    hits["source"] = hits.groupby("pain")["source"].transform(lambda sources: "+".join(sources.unique()))
    return Evidence(hits.reset_index(drop=True), found[found["pain"].isin(behaviour["pain"])].reset_index(drop=True))


def limits(tables: Tables, reasons: Mapping[str, str | None], evidence: Evidence) -> list[Limit]:
    """What further sources would tell of pains, one line for each that is missing."""
    found = []
    tickets = tables.get("tickets", pd.DataFrame())
    if not len(tickets) or "text" not in tickets or not tickets["text"].notna().any():
        found.append(
            Limit(
                N_(
                    "What customers ask for help with in their own words, how long it takes and how often it comes back"
                ),
                needs=NEEDS["tickets"],
            )
        )
    if not reasons and not (len(tickets) and tickets["category"].notna().any()):
        found.append(
            Limit(N_("Which reasons customers state when they complain, return something or leave"), needs=REASONS)
        )
    known = set(evidence.occasions["pain"]) if len(evidence.occasions) else set()
    if not known & {each.name for each in BEHAVIOURS if each.tables[0] == "interactions"}:
        found.append(Limit(N_("Where searches, baskets and deliveries fail customers"), needs=NEEDS["interactions"]))
    return found


REASONS = N_("the reason of a complaint, a return or a termination, as a column that dataset.yaml marks as one")


def _themes(assignments: pd.DataFrame | None, tickets: pd.DataFrame) -> pd.DataFrame | None:
    if assignments is None or not len(assignments):
        return None
    known = assignments[assignments["customer_no"].notna() & (assignments["theme"] != OTHER)]
    at = tickets["opened_at"] if "opened_at" in tickets else pd.Series(pd.NaT, tickets.index)
    hits = known[["row", "customer_no"]].assign(pain=known["theme"], evidence=THEME, source="tickets")
    return hits.join(at.rename("at"), on="row")


def _reasons(tickets: pd.DataFrame, profile: pd.DataFrame, reasons: Mapping[str, str | None]) -> list[pd.DataFrame]:
    """Categories of tickets, and what the profile says of why."""
    parts = []
    if len(tickets) and "category" in tickets:
        filed = tickets[_stated(tickets["category"], None) & tickets["customer_no"].notna()]
        hits = pd.DataFrame({"customer_no": filed["customer_no"], "at": filed["opened_at"], "row": filed.index})
        parts.append(hits.assign(pain=filed["category"].astype("object"), evidence=REASON, source="tickets"))
    for column, none in reasons.items():
        if column not in profile:
            continue
        value = values_of(profile[column])
        stated = profile.loc[_stated(value, none), ["customer_no"]].assign(at=pd.NaT, row=-1)
        stated = stated.assign(pain=value.astype("object"), evidence=REASON, source="customers")
        parts.append(stated.astype({"at": "datetime64[us]"}))
    return parts


def _stated(values: pd.Series, none: str | None) -> pd.Series:
    """Whether each value is a reason."""
    text = values.astype("object")
    says_nothing = text.map(lambda value: isinstance(value, str) and value.casefold() in SAYS_NOTHING)
    return text.notna() & text.ne(none) & ~says_nothing
