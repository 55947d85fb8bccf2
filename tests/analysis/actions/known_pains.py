"""Evidence of pains as it would be gathered from tickets and behaviour whose pains are known."""

from __future__ import annotations

import pandas as pd

from customer_profiles.analysis.pain_points.observations import BEHAVIOUR, HITS, THEME, Evidence

OCCASIONS = {"pain": "str", "customer_no": "int64", "at": "datetime64[us]", "hit": "bool"}


def evidence_of_tickets(tickets: pd.DataFrame, pains: list[str] | pd.Series) -> Evidence:
    """Each ticket about one pain; "" about none."""
    hits = pd.DataFrame({"evidence": THEME, "pain": list(pains), "source": "tickets", "row": tickets.index})
    hits = hits.assign(customer_no=tickets["customer_no"].to_numpy("int64"), at=tickets["opened_at"].to_numpy())
    hits = hits.loc[hits["pain"] != "", list(HITS)].astype(HITS).reset_index(drop=True)
    return Evidence(hits, pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in OCCASIONS.items()}))


def evidence_of_behaviour(occasions: pd.DataFrame, pain: str = "failed_search") -> Evidence:
    """Occasions ``customer_no, at, hit`` of one behaviour."""
    found = occasions.assign(pain=pain, source="interactions")
    hits = found[found["hit"]].assign(evidence=BEHAVIOUR, row=-1)
    return Evidence(hits[list(HITS)].astype(HITS).reset_index(drop=True), found.astype(OCCASIONS))
