"""The raw files that are not about customers: areas, reference population, calendar."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd

from .plan import Plan, read_yaml
from .sheets import decimal

INHABITANTS = 83_500_000


def references(plan: Plan) -> Iterator[tuple[str, pd.DataFrame]]:
    """Name and rows of each file.

    Inhabitants follow the reference shares of the regions, so that a null company is equally strong everywhere. Where
    hiking trails are, customers are; in one area live more people than its customers let expect.
    """
    places = pd.DataFrame.from_dict(
        read_yaml("texts/places.yaml"),
        orient="index",
        columns=["region", "weight", "power", "latitude", "longitude", "towns"],
    )
    region = plan.attributes["region"]
    share = places["weight"] / places.groupby("region")["weight"].transform("sum")
    inhabitants = places["region"].map(dict(zip(region.values, region.reference, strict=True))) * share * INHABITANTS
    if plan.numbers.get("areas") == "region":  # too few customers for smaller areas
        places, inhabitants = _regions(places, inhabitants)
    planted: dict[str, Any] = plan.numbers.get("potential", {})
    own: dict[str, pd.Series] = {}
    if planted:
        strong = plan.segment_numbers("share") @ region.chances / region.reference
        trails = places["region"].map(dict(zip(region.values, strong, strict=True)))
        own = {"Wanderwege": decimal((trails * 10_000).round().astype(int))}
    if planted and plan.linked:
        inhabitants = inhabitants.where(places.index != planted["area"], inhabitants * planted["inhabitants"])
    yield (
        "gebiete.csv",
        pd.DataFrame(
            {
                "PLZ-Region": places.index,
                "Hauptort": places["towns"].str[0].str.split(" ", n=1).str[1],
                "Bundesland": places["region"],
                "Einwohner": inhabitants.round(-2).astype(int),
                "Kaufkraftindex": decimal(places["power"] * 100),
                **own,
                "Breite": decimal((places["latitude"] * 100).round().astype(int)),
                "Länge": decimal((places["longitude"] * 100).round().astype(int)),
            }
        ),
    )
    rows = [
        (name, value, f"{share:.3f}".replace(".", ","), plan["population_base"])
        for name in plan.population
        for value, share in zip(plan.attributes[name].values, plan.attributes[name].reference, strict=True)
    ]
    yield "bevoelkerung.csv", pd.DataFrame(rows, columns=["Merkmal", "Ausprägung", "Anteil", "Basis"])
    events = [(_day(e["at"]), _day(e.get("until")), e["name"], e["kind"]) for e in plan.events]
    yield "kalender.csv", pd.DataFrame(events, columns=["von", "bis", "Ereignis", "Art"])


def truth(plan: Plan) -> dict[str, Any] | None:
    """The area with too few customers, and how many times as many its inhabitants let expect; None if there is none."""
    return plan.numbers.get("potential") if plan.linked else None


def _regions(places: pd.DataFrame, inhabitants: pd.Series) -> tuple[pd.DataFrame, pd.Series]:
    """Federal states in place of postal regions: means weighted by inhabitants."""
    weighted = places[["power", "latitude", "longitude"]].mul(inhabitants, axis=0).groupby(places["region"]).sum()
    total = inhabitants.groupby(places["region"]).sum()
    regions = weighted.div(total, axis=0)
    first = places.groupby("region")["towns"].first()
    return regions.assign(power=regions["power"].round().astype(int), region=regions.index, towns=first), total


def _day(day: date | None) -> str:
    return f"{day:%d.%m.%Y}" if day else ""
