"""What is planted in the demo company, read from ``plan.yaml``; a null company is the same plan made flat."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import yaml

FOLDER = Path(__file__).parent
# In a null company everybody is a customer all the time; the volumes stay what they are with people coming and going.
ACTIVE = 0.65
COMMON, TELLING = 0.15, 1.5  # share of a group, and ratio to the other groups, that make a value typical
HIT = 1.25  # mean of a pain's rate over all customers, beside that of the customers whom it does not hit


@dataclass(frozen=True)
class Attribute:
    """A characteristic with a few values and the chance of each.

    Parameters
    ----------
    name : str
        Column of the profile, or ``order_channel`` and ``favourite``, which show only in the orders.
    values : list of str
        Its values.
    reference : ndarray, shape (values,)
        Shares in the reference population.
    by : str
        What the chances depend on: ``segment`` or an attribute drawn before.
    chances : ndarray, shape (groups, values)
        Shares in each group; rows add up to one.
    """

    name: str
    values: list[str]
    reference: np.ndarray
    by: str
    chances: np.ndarray

    def most_typical(self, group: int) -> str | None:
        """The value that tells a group best from the others, among those that are not rare in it; None: no value."""
        others = np.delete(self.chances, group, axis=0).mean(axis=0)
        ratio = np.where(self.chances[group] >= COMMON, self.chances[group] / others, 0)
        return self.values[int(ratio.argmax())] if ratio.max() >= TELLING else None


@dataclass(frozen=True)
class Plan:
    """Everything a company is made from; the sections of ``plan.yaml``, lists where order matters.

    ``linked`` is False in a null company: tickets, scores, texts and orders of a person have nothing in common.
    ``folder`` holds the texts, ``population`` names the attributes of the reference population.
    """

    title: str
    folder: str
    population: list[str]
    start: date
    as_of: date
    linked: bool
    segments: dict[str, dict[str, float]]
    attributes: dict[str, Attribute]
    pains: dict[str, dict[str, Any]]
    events: list[dict[str, Any]]
    numbers: dict[str, Any]

    @property
    def days(self) -> int:
        """Length of the period in days, both ends included."""
        return (self.as_of - self.start).days + 1

    def day(self, day: date) -> int:
        """Days from the start of the period to `day`."""
        return (day - self.start).days

    def segment_numbers(self, name: str) -> np.ndarray:
        """One number of each segment, in the order of the segments."""
        return np.array([numbers[name] for numbers in self.segments.values()])

    def __getitem__(self, section: str) -> Any:
        """A section of plain numbers."""
        return self.numbers[section]


def load_plan(null: bool = False, kind: str = "b2c") -> Plan:
    """Read the plan of the company whose customers are persons (b2c) or companies; `null`: without its structure."""
    sections = read_yaml("plan.yaml" if kind == "b2c" else f"plan_{kind}.yaml")
    segments = sections.pop("segments")
    attributes: dict[str, Attribute] = {}
    for name, rows in sections.pop("attributes").items():
        attributes[name] = _attribute(name, rows, segments, attributes)
    plan = Plan(
        title=sections.pop("title"),
        folder=sections.pop("folder"),
        population=sections.pop("population"),
        start=sections.pop("start"),
        as_of=sections.pop("as_of"),
        linked=True,
        segments=segments,
        attributes=attributes,
        pains=sections.pop("pains"),
        events=sections.pop("events"),
        numbers=sections,
    )
    return _flat(plan) if null else plan


def read_yaml(name: str) -> Any:
    """A data file of this package."""
    return yaml.load((FOLDER / name).read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def moment(day: date) -> datetime:
    """Midnight at the start of a day."""
    return datetime(day.year, day.month, day.day)


def _attribute(name: str, rows: dict[str, Any], segments: dict, drawn: dict[str, Attribute]) -> Attribute:
    by = rows.get("by", "segment")
    groups = list(segments) if by == "segment" else drawn[by].values
    values = [str(value) for value in rows["reference"]]
    reference = np.array(list(rows["reference"].values()))
    times = [{str(value): times for value, times in rows.get(group, {}).items()} for group in groups]
    chances = reference * [[row.get(value, 1.0) for value in values] for row in times]
    return Attribute(name, values, reference, by, chances / chances.sum(axis=1, keepdims=True))


def _flat(plan: Plan) -> Plan:
    """The same company with every dependence taken out and every mean about where it was."""
    shares = plan.segment_numbers("share")
    names = list(next(iter(plan.segments.values())))
    everyone = {name: float(plan.segment_numbers(name) @ shares) for name in names} | {"share": 1.0, "stays": 1.0}
    everyone |= {name: everyone[name] * ACTIVE for name in ("orders", "sessions")}
    rates = np.array([pain["rate"] for pain in plan.pains.values()])
    alike = {
        key: float(rates @ [pain[key] for pain in plan.pains.values()] / rates.sum()) for key in ("hours", "reopened")
    }
    score = plan["score"]
    own = {section: plan[section] | values for section, values in plan.numbers.get("null", {}).items()}
    sources = own.get("sources", plan["sources"])
    return replace(
        plan,
        linked=False,
        segments={"everyone": everyone},
        attributes={
            name: replace(a, by="segment", chances=a.reference[None, :]) for name, a in plan.attributes.items()
        },
        pains={
            name: {"rate": pain["rate"] * HIT, "ratio": 1.0, "effect": 0.0, "category": pain["category"]} | alike
            for name, pain in plan.pains.items()
        },
        events=[event | {"effect": 0.0, "times": 1.0} for event in plan.events],
        numbers=plan.numbers
        | own
        | {
            "sources": sources | {"shop": 1.0, "shop_only": 0.0, "placeholder": 0.0},
            "links": {"same_email": 1.0},
            "missing": plan["missing"] | {"email": 0.0},
            "prices": dict.fromkeys(plan["prices"], 90),
            "app_share": dict.fromkeys(plan["app_share"], 0.33),
            "texts": plan["texts"] | {"wrong_category": 1.0},
            "voucher": plan.numbers.get("voucher", {}) | {"brings": 0.0, "moves": 0.0},
            "leavers": plan.numbers.get("leavers", {}) | {"share": 0.0},
            "affinity": plan.numbers.get("affinity", {}) | {"share": 0.0},
            "prospects": plan["prospects"] | {"times": {}, "foreign": {}},
            "score": {"start": score["start"] - 0.9, "person": 0.0, "answer": float(np.hypot(1.4, score["answer"]))},
        },
    )
