"""Prospects of the demo company: where they come from, what is known of them, who buys and when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from .draws import choose, scatter
from .plan import Plan, read_yaml

STREAM = 19
"""Beside the seed: what is drawn here takes nothing from the stream of the customers."""
HEADERS = {
    "age_band": "Altersgruppe",
    "region": "Bundesland",
    "interests": "Interesse",
    "industry": "Branche",
    "employees_band": "Größenklasse",
}
STEPS = {"": "", "qualified": "qualifiziert", "visited": "besucht", "offer": "Angebot", "order": "Auftrag"}
ORIGINS = {
    "recommendation": "Empfehlung",
    "web form": "Webformular",
    "trade fair": "Messe",
    "purchased list": "Adresskauf",
}


def prospects(plan: Plan, customers: int, seed: int) -> pd.DataFrame:
    """The rows of ``interessenten.csv``.

    Who has an origin or a trait that the plan names takes a step with as many times the odds; whoever takes one does so
    after an exponential delay, and the file knows of it only if that was by the end of the period.
    """
    rng, planned = np.random.default_rng([seed, 0, STREAM]), plan["prospects"]
    n = round(customers * planned["per_customer"])
    table = pd.DataFrame({"origin": choose(rng, list(planned["origin"]), n, list(planned["origin"].values()))})
    for name in planned["traits"]:
        attribute = plan.attributes[name]
        table[name] = choose(rng, attribute.values, n, attribute.reference)
    day = rng.integers(0, plan.days, n)
    at, stage, known = day, np.full(n, "", dtype=object), list(table)
    for step, share in planned["steps"].items():
        odds = np.full(n, share / (1 - share))
        for name in known:
            odds *= [planned["times"].get(step, {}).get(value, 1.0) for value in table[name]]
        takes = (rng.random(n) < odds / (1 + odds)) & (at < plan.days)
        at = np.where(takes, at + np.ceil(rng.exponential(planned["delay"], n)).astype(int), plan.days)
        stage = np.where(at < plan.days, step, stage)
    foreign = planned["foreign"]
    table["day"], table["bought"], table["stage"] = day, at, stage
    table = pd.concat(
        [table, _foreign(plan, round(customers * foreign.get("per_customer", 0)), seed)], ignore_index=True
    )
    days = np.array([f"{plan.start + timedelta(days=i):%d.%m.%Y}" for i in range(plan.days)] + [""], dtype=object)
    codes = read_yaml(f"{plan.folder}/codes.yaml")
    stages = {"Stufe": table["stage"].map(STEPS)} if len(planned["steps"]) > 1 else {}
    return pd.DataFrame(
        {
            "Nr": [f"I-{number:06d}" for number in scatter(np.arange(len(table)), 48_271, 999_983)],
            "Eingang": days[table["day"]],
            "Herkunft": table["origin"].map(ORIGINS),
            **{HEADERS[name]: [codes.get(name, {}).get(v, v) for v in table[name]] for name in planned["traits"]},
            **stages,
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
    """What was planted: steps, ratios of odds, the mean delay of a step in days, and what foreign prospects have."""
    planned = plan["prospects"]
    return {
        "odds": planned["times"],
        "steps": planned["steps"],
        "delay_days": planned["delay"],
        "foreign": planned["foreign"],
    }
