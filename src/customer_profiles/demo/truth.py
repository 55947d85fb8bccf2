"""What was planted, in machine-readable form: ``truth.json`` and the tables in ``truth/``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .plan import Attribute, Plan, read_yaml
from .sheets import ticket_numbers

CLEARLY_OVER, CLEARLY_UNDER = 1.25, 0.80  # ratios to the reference from which a trait counts as planted
OBSERVED = ("main_order_channel", "top_category", "consent", "in_crm", "in_shop", "english")
TABLES = ("persons", "identities", "duplicates", "tickets", "feedback")


class TruthBook:
    """Collects the truth of a company, block by block.

    Parameters
    ----------
    plan : Plan
        What the company is made from.
    tables : tuple of str
        Names of the tables in ``truth/``.
    """

    def __init__(self, plan: Plan, tables: tuple[str, ...] = TABLES):
        self._plan = plan
        self._tables = tables
        self._people = 0
        self._counts: Counter = Counter()
        self._defects: dict[str, Counter] = {}

    def note_defects(self, name: str, broken: int, repeated: int) -> None:
        """Count rows of a raw file that cannot be read, and rows that were written twice."""
        self._defects.setdefault(name, Counter()).update(broken_rows=broken, repeated_rows=repeated)

    def rows(self, made: dict[str, pd.DataFrame]) -> Iterator[tuple[str, pd.DataFrame]]:
        """The truth tables of a block of customers."""
        people, cases = made["people"], made["tickets"]
        self.count(people)
        yield "persons", people[["person", "segment", *self._plan.attributes, *OBSERVED]]
        identities = _identities(made)
        yield "identities", identities
        yield "duplicates", pairs_of(identities, made["shop"].set_index("shop_id")["link"])
        cases = cases.assign(ticket=ticket_numbers(cases), language=_language(cases))
        yield "tickets", cases[["ticket", "person", "theme", "second_theme", "language", "text"]]
        said = pd.concat([made["answers"], made["reviews"]], ignore_index=True)
        said = said.assign(language=_language(said))
        yield "feedback", said[["person", "metric", "score", "anonymous", "tone", "theme", "language", "text"]]

    def save(self, path: Path, **made_with: Any) -> None:
        """Write ``truth.json``."""
        plan = self._plan
        truth = {
            "company": plan.title,
            **made_with,
            "null": not plan.linked,
            "as_of": plan.as_of.isoformat(),
            "segments": self._segments(),
            "traits": self._traits(),
            "pains": self._pains(),
            "drivers": [
                {"theme": name, "effect": pain["effect"], "scale": "0–10, before rounding"}
                for name, pain in sorted(plan.pains.items(), key=lambda item: item[1]["effect"])
                if pain["effect"]
            ],
            "events": [
                {"name": e["name"], "day": e["at"].isoformat(), "kind": e["kind"], "effect": e["effect"]}
                | ({"theme": e["theme"], "times": e["times"]} if "theme" in e else {})
                for e in plan.events
            ],
            "defects": {name: dict(counts) for name, counts in self._defects.items()},
            "tables": {name: f"truth/{name}.parquet" for name in self._tables},
        }
        path.write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    def count(self, people: pd.DataFrame) -> None:
        """Count segments and attributes of a block of customers."""
        self._people += len(people)
        for name in ("segment", *self._plan.attributes):
            self._counts.update({(name, value): int(n) for value, n in people[name].value_counts().items()})

    def _share(self, name: str, value: str) -> float:
        return round(self._counts[name, value] / self._people, 4)

    def _segments(self) -> list[dict[str, Any]]:
        if not self._plan.linked:
            return []
        found = []
        for at, (name, numbers) in enumerate(self._plan.segments.items()):
            own = [attribute for attribute in self._plan.attributes.values() if attribute.by == "segment"]
            traits = {attribute.name: value for attribute in own if (value := attribute.most_typical(at))}
            share = self._share("segment", name)
            found.append({"segment": name, "share": share, "traits": traits, "behaviour": numbers})
        return found

    def _traits(self) -> list[dict[str, Any]]:
        """Values clearly more or less frequent among the customers than in the reference, strongest first."""
        found = []
        for name in self._plan.population:
            attribute = self._plan.attributes[name]
            expected = self._expected(attribute)
            for value, share, reference in zip(attribute.values, expected, attribute.reference, strict=True):
                ratio = share / reference
                if not CLEARLY_UNDER < ratio < CLEARLY_OVER:
                    row = {"attribute": name, "value": value, "reference": float(reference)}
                    row |= {"share": round(float(share), 4), "index": round(float(ratio) * 100)}
                    row["made"] = self._share(name, value)
                    found.append(row | {"direction": "over" if ratio > 1 else "under"})
        return sorted(found, key=lambda row: -abs(np.log(row["index"] / 100)))

    def _expected(self, attribute: Attribute) -> np.ndarray:
        """Share of each value among all customers."""
        if attribute.by == "segment":
            return self._plan.segment_numbers("share") @ attribute.chances
        return self._expected(self._plan.attributes[attribute.by]) @ attribute.chances

    def _pains(self) -> list[dict[str, Any]]:
        themes = {
            language: read_yaml(f"{self._plan.folder}/tickets_{language}.yaml")["themes"] for language in ("de", "en")
        }
        return [
            {
                "theme": name,
                "attribute": pain.get("attribute"),
                "value": str(pain["value"]) if "value" in pain else None,
                "rate": round(pain["rate"], 4),
                "rate_ratio": pain.get("ratio", 1.0),
                "effect": pain["effect"],
                "reopened": round(pain["reopened"], 3),
                "vocabulary": {language: themes[language][name]["vocabulary"] for language in themes},
            }
            for name, pain in self._plan.pains.items()
        ]


def _language(texts: pd.DataFrame) -> np.ndarray:
    return np.where(texts["english"], "en", "de")


def _identities(made: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Every raw id and the person behind it: ``person``, ``ids`` (crm, shop), ``id``."""
    both = [made[ids].rename(columns={f"{ids}_id": "id"})[["person", "id"]].assign(ids=ids) for ids in ("crm", "shop")]
    return pd.concat(both, ignore_index=True).sort_values("person", kind="stable")[["person", "ids", "id"]]


def pairs_of(identities: pd.DataFrame, links: pd.Series) -> pd.DataFrame:
    """Pairs of raw ids of one customer, and by what they can be recognised (empty: two records of the CRM).

    Parameters
    ----------
    identities : DataFrame
        ``person``, ``ids``, ``id``.
    links : Series
        What a record has in common with that of the CRM, by its raw id.
    """
    known = identities.reset_index(drop=True).reset_index(names="at")
    pairs = known.merge(known, on="person", suffixes=("_a", "_b"))
    pairs = pairs[pairs["at_a"] < pairs["at_b"]]
    link = pairs["id_b"].map(links).fillna("")
    return pairs.assign(link=link)[["ids_a", "id_a", "ids_b", "id_b", "link"]].reset_index(drop=True)
