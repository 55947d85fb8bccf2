"""What was planted in the b2b demo company: which records are one firm, and whose contacts and visits are whose."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from .firm_sheets import visitor_ids
from .firms import CONTACTS_PER_FIRM
from .plan import Plan
from .sheets import ticket_numbers
from .truth import TruthBook, pairs_of

TABLES = ("accounts", "identities", "duplicates", "contacts", "tickets", "feedback", "visits")
TOP_SHARES = (0.01, 0.05, 0.10)


def rows(plan: Plan, made: dict[str, pd.DataFrame], book: TruthBook) -> Iterator[tuple[str, pd.DataFrame]]:
    """The truth tables of a block of firms."""
    firms, cases, contacts = made["people"], made["tickets"], made["contact_rows"]
    book.count(firms)
    known = ["main_order_channel", "top_category", "employees", "revenue", "in_crm", "in_shop", "group", "namesake"]
    spend = made["lines"].groupby("person")["amount"].sum().reindex(firms["person"]).fillna(0)
    accounts = firms.rename(columns={"person": "account"})
    columns = ["account", "segment", *plan.attributes, *known]
    yield "accounts", accounts[columns].assign(spend_eur=spend.to_numpy() / 100)
    both = [made[ids].rename(columns={f"{ids}_id": "id"})[["person", "id"]].assign(ids=ids) for ids in ("crm", "erp")]
    identities = pd.concat(both, ignore_index=True).sort_values("person", kind="stable")[["person", "ids", "id"]]
    yield "identities", identities.rename(columns={"person": "account"})
    yield "duplicates", pairs_of(identities, made["erp"].set_index("erp_id")["link"])
    by = np.where(contacts["declared"], "number", np.where(contacts["nowhere"], "", "company"))
    by = np.where((by == "company") & (contacts["domain"] != ""), "domain", by)
    yield (
        "contacts",
        pd.DataFrame(
            {
                "contact": contacts["person"],
                "id": contacts["contact_id"],
                "account": contacts["firm"],
                "by": by,
                "consent": contacts["consent"],
            }
        ),
    )
    cases = cases.assign(ticket=ticket_numbers(cases), account=cases["person"] // CONTACTS_PER_FIRM)
    cases = cases.assign(language=np.where(cases["english"], "en", "de")).rename(columns={"person": "contact"})
    yield "tickets", cases[["ticket", "contact", "account", "theme", "second_theme", "language", "text"]]
    said = made["answers"].assign(account=made["answers"]["person"] // CONTACTS_PER_FIRM)
    said = said.rename(columns={"person": "contact"})
    yield "feedback", said[["contact", "account", "metric", "score", "anonymous", "tone", "theme", "text"]]
    visits = made["visits"]
    yield (
        "visits",
        pd.DataFrame(
            {
                "visitor": visitor_ids(visits),
                "contact": visits["person"],
                "account": np.where(visits["person"] >= 0, visits["person"] // CONTACTS_PER_FIRM, -1),
                "session": visits["session"],
                "minute": visits["minute"],
                "logged_in": visits["logged_in"],
            }
        ),
    )


def concentration(spend: np.ndarray) -> list[dict[str, float]]:
    """Share of all sales that the best 1, 5 and 10 % of the firms that buy make."""
    best = np.sort(spend[spend > 0])[::-1]
    return [
        {"top": top, "spend_share": round(float(best[: max(1, round(top * len(best)))].sum() / best.sum()), 4)}
        for top in TOP_SHARES
    ]
