"""Prospects of the demo company: where they come from, what is known of them, who buys and when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from .draws import choose, scatter
from .plan import Plan
from .sheets import CODES

STREAM = 19
"""Beside the seed: what is drawn here takes nothing from the stream of the customers."""
HEADERS = {"age_band": "Altersgruppe", "region": "Bundesland", "interests": "Interesse"}
ORIGINS = {
    "recommendation": "Empfehlung",
    "web form": "Webformular",
    "trade fair": "Messe",
    "purchased list": "Adresskauf",
}


def prospects(plan: Plan, customers: int, seed: int) -> pd.DataFrame:
    """The rows of ``interessenten.csv``.

    Who has an origin or a trait that the plan names buys with as many times the odds; whoever buys does so after an
    exponential delay, and the file knows of it only if that was by the end of the period.
    """
    rng, planned = np.random.default_rng([seed, 0, STREAM]), plan["prospects"]
    n = round(customers * planned["per_customer"])
    table = pd.DataFrame({"origin": choose(rng, list(planned["origin"]), n, list(planned["origin"].values()))})
    for name in planned["traits"]:
        attribute = plan.attributes[name]
        table[name] = choose(rng, attribute.values, n, attribute.reference)
    odds = np.full(n, planned["bought"] / (1 - planned["bought"]))
    for name in table:
        odds *= [planned["times"].get(value, 1.0) for value in table[name]]
    day = rng.integers(0, plan.days, n)
    buys = rng.random(n) < odds / (1 + odds)
    bought = np.where(buys, day + np.ceil(rng.exponential(planned["delay"], n)).astype(int), plan.days)
    foreign = planned["foreign"]
    table["day"], table["bought"] = day, bought
    table = pd.concat(
        [table, _foreign(plan, round(customers * foreign.get("per_customer", 0)), seed)], ignore_index=True
    )
    days = np.array([f"{plan.start + timedelta(days=i):%d.%m.%Y}" for i in range(plan.days)] + [""], dtype=object)
    return pd.DataFrame(
        {
            "Nr": [f"I-{number:06d}" for number in scatter(np.arange(len(table)), 48_271, 999_983)],
            "Eingang": days[table["day"]],
            "Herkunft": table["origin"].map(ORIGINS),
            **{HEADERS[name]: [CODES.get(name, {}).get(v, v) for v in table[name]] for name in planned["traits"]},
            "Kauf am": days[np.minimum(table["bought"], plan.days)],
        }
    )


def _foreign(plan: Plan, n: int, seed: int) -> pd.DataFrame:
    """Prospects of a region and with an interest that no customer has, too young to have bought."""
    rng, planned = np.random.default_rng([seed, 1, STREAM]), plan["prospects"]
    table = pd.DataFrame({"origin": ["web form"] * n, "bought": plan.days})
    for name in planned["traits"]:
        attribute = plan.attributes[name]
        usual = choose(rng, attribute.values, n, attribute.reference)
        table[name] = planned["foreign"].get(name, pd.Series(usual, dtype=object))
    return table.assign(day=plan.days - 1 - rng.integers(0, planned["foreign"].get("days", 1), n))


def truth(plan: Plan) -> dict[str, Any]:
    """What was planted: ratios of odds, the mean delay in days, and what only foreign prospects have."""
    planned = plan["prospects"]
    return {
        "odds": planned["times"],
        "bought": planned["bought"],
        "delay_days": planned["delay"],
        "foreign": planned["foreign"],
    }
