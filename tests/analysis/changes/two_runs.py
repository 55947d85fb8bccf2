"""A company as two runs know it: customers with a rate of their own, who order, answer and ask for help."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from customer_profiles.analysis import kpis
from customer_profiles.analysis.changes import parts
from customer_profiles.analysis.changes.knowledge import Knowledge

FIRST, LAST = pd.Timestamp("2023-01-01"), pd.Timestamp("2025-12-31")
THEN, NOW = date(2025, 9, 30), date(2025, 12, 31)
SOURCES = {"crm": "customers", "shop": "transactions", "survey": "feedback", "desk": "tickets"}
DEFINITIONS = {"version": "1", "rules": "1", "identity": "1", "parameters 01": "1", "parameters 05": "1"}
DEFINITIONS |= {f"source:{name}": "1" for name in SOURCES}


class Company:
    """Everything that happens to it in three years; nothing changes over time unless a test makes it."""

    def __init__(self, seed: int = 1, customers: int = 400):
        self.rng = rng = np.random.default_rng(seed)
        self.ids = np.array([f"c{i:05d}" for i in range(customers)])
        start = FIRST + pd.to_timedelta(rng.integers(-700, 1090, customers), "D")
        self.profile = pd.DataFrame(
            {
                "customer_id": self.ids,
                "customer_no": range(customers),
                "region": rng.choice(["north", "south", "east"], customers),
                "first_seen_at": start,
            }
        )
        self.accounts = pd.DataFrame(
            {
                "pseudonym": [f"{kind}{i}" for kind in ("crm", "shop") for i in self.ids],
                "customer_id": np.tile(self.ids, 2),
                "ids": np.repeat(["crm", "shop"], customers),
                "known_from": "on file",
            }
        )
        rate = rng.gamma(2, 0.5, customers)
        began = dict(zip(self.ids, start, strict=True))
        self.orders = self._events(12 * rate, began)
        self.orders["order_id"] = [f"o{i}" for i in range(len(self.orders))]
        self.orders["amount"] = rng.lognormal(3, 1, len(self.orders)).round(2)
        self.feedback = self._events(np.full(customers, 6.0), began).assign(source="survey", metric="nps", scale="0-10")
        self.feedback["score"] = rng.choice(
            np.arange(11.0), len(self.feedback), p=[0.02] * 5 + [0.1, 0.1, 0.15, 0.2, 0.2, 0.15]
        )
        self.tickets = self._events(3 * rate, began).rename(columns={"at": "opened_at"})

    def _events(self, expected: np.ndarray, began: dict) -> pd.DataFrame:
        days = (LAST - FIRST).days + 1
        owner = np.repeat(self.ids, self.rng.poisson(expected))
        at = FIRST + pd.to_timedelta(self.rng.integers(0, days, len(owner)), "D")
        events = pd.DataFrame({"customer_id": owner, "at": at})
        events = events[events["at"] >= events["customer_id"].map(began)]
        return events.sort_values("at", ignore_index=True)

    def run(self, as_of: date, definitions: dict | None = None, outcome=None, worth=None, **tables) -> Knowledge:
        """What a run as of a day knows; tables that are given take the place of its own."""
        own = {"transactions": self.orders, "feedback": self.feedback, "tickets": self.tickets}
        own |= {"profile": self.profile, "identities": self.accounts} | tables
        end = pd.Timestamp(as_of) + pd.Timedelta(days=1)
        at = {"transactions": "at", "feedback": "at", "tickets": "opened_at", "profile": "first_seen_at"}
        own |= {name: own[name][own[name][column] < end].reset_index(drop=True) for name, column in at.items()}
        known = own["identities"]["customer_id"].isin(own["profile"]["customer_id"])
        own["identities"] = own["identities"][known].reset_index(drop=True)
        own["segments"] = tables.get("segments", pd.DataFrame({"customer_id": [], "segment": []}))
        own["reconciliation"] = pd.DataFrame(
            [(name, table, len(own.get(table, own["profile"]))) for name, table in SOURCES.items()],
            columns=["source", "table", "read"],
        ).assign(used=lambda rows: rows["read"])
        told = DEFINITIONS | (definitions or {})
        own["standing"] = kpis.standing(own["profile"], outcome, worth)
        own["definitions"] = pd.DataFrame({"part": list(told), "sha256": list(told.values())})
        run = Knowledge(as_of, own)
        return Knowledge(as_of, own | {"headlines": parts.headlines(run)})
