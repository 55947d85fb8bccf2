"""Every column of the profile, for people who work with it: ``docs/profile.md``.

``python -m tools.data_dictionary`` (``make messages``) writes the page from the contract, the
builder of the profile and the vocabulary of reports; a test fails when it is out of date.
"""

from __future__ import annotations

from pathlib import Path

from customer_profiles import paths
from customer_profiles.ingest import contract
from customer_profiles.ingest.profile import column_types
from customer_profiles.reporting.labels import column

TYPES = {
    "string": "text",
    "int64": "whole number",
    "float64": "number",
    "timestamp": "point in time",
    "boolean": "yes or no",
    "date": "day",
}
UNITS = {"money": "currency of the data set", "share": "share of one"}
ENDS = {"_days": "days", "_hours": "hours"}
OWN_UNITS = {
    "age": "years",
    "latitude": "degrees",
    "longitude": "degrees",
    "items": "units",
    "resolution_hours": "hours",
}

DEFINITIONS = {
    "customer_id": "Pseudonym of the customer, the same from run to run",
    "customer_no": "Number of the customer within the run; other tables are joined by it",
    "sources": "How many sources know the customer",
    "consent": "Whether the customer has consented; who has not is absent",
    "age": "Age on the day of the run, as given or from the date of birth",
    "age_band": "Age group, as given or from the age",
    "tenure_days": "Days from signing up to the day of the run",
    "signup_date": "Day on which the customer signed up",
    "updated_at": "When the customer’s record was last changed",
    "employees_band": "Company size by staff, as given or from the number of employees",
    "revenue_band": "Company size by revenue, as given or from the revenue",
    "contacts": "Different persons who work at the customer",
    "orders": "Different orders; lines without a number are one order if they have the same time",
    "orders_365d": "Orders in the year up to the day of the run",
    "items": "Sum of quantities; a line without one counts as one",
    "spend": "Sum of amounts, returns subtracted",
    "spend_365d": "Sum of amounts in the year up to the day of the run",
    "basket_value": "Spend per order",
    "recency_days": "Days from the last order to the day of the run",
    "discount_share": "Discounts as a share of the amount before discount",
    "categories": "Different categories bought",
    "top_category": "Category bought most often; unknown if several are equally frequent",
    "main_order_channel": "Channel ordered through most often; unknown if several are equally frequent",
    "main_touch_channel": "Channel of most touchpoints; unknown if several are equally frequent",
    "touchpoints": "Rows of interactions",
    "linked_touchpoints": "Touchpoints without a login that a later login of the same visitor makes the customer’s",
    "sessions": "Different sessions",
    "offers": "Offers sent; the control group got none",
    "offer_responses": "Offers that the customer responded to",
    "open_tickets": "Service tickets that are not closed",
    "resolution_hours": "Median time from opening to closing a ticket",
    "answers": "Answers with a score",
    "comments": "Answers with a text",
    "nps_score": "Likelihood to recommend in the latest answer; of two at the same time the lower",
    "csat_score": "Satisfaction in the latest answer; of two at the same time the lower",
    "stars_score": "Stars in the latest answer; of two at the same time the lower",
    "first_seen_at": "First day known: of signing up, the first order and the first touchpoint",
    "is_new": "Whether the customer was first seen in the last days, `visitors: new_days` in dataset.yaml",
}
"""What a column means where its heading does not say all of it."""

INTRODUCTION = """# The profile, column by column

One row per customer. `01_collect_data` writes it as `profile.parquet`; every other chapter reads it
(`chapter.read("profile")`). A column that no source fills is absent. Counts are zero where the table exists but holds
nothing of the customer. A value that fewer than `privacy: min_group_size` customers have is missing there, for all
chapters; `withheld.parquet` keeps it for the customer's own brief and for `export`. What `dataset.yaml` maps under
`attributes`, or derives, comes on top under the names given there, and so does what is known of a customer's area,
under names that begin with `area_`.

This page is made by `make messages`.
"""


def document() -> str:
    """The page, in Markdown."""
    parts = [INTRODUCTION]
    for table, types in column_types().items():
        origin = "Made of several tables" if table == "profile" else f"From `{table}`"
        parts += [f"## {origin}\n", "| column | type | unit or values | meaning |", "|---|---|---|---|"]
        parts += [f"| `{name}` | {_type(table, name, kind)} | {_unit(table, name, kind)} | {_meaning(name)} |"
                  for name, kind in types.items()]  # fmt: skip
        parts.append("")
    return "\n".join(parts)


def path() -> Path:
    """Where the page stands."""
    return paths.notebooks().parent / "docs" / "profile.md"


def _type(table: str, name: str, kind: str) -> str:
    field = contract.kept(table).get(name) if table in contract.TABLES else None
    return TYPES["date"] if field is not None and field.kind == "date" else TYPES[kind.partition("(")[0]]


def _unit(table: str, name: str, kind: str) -> str:
    """Unit of a number, closed list or range of values."""
    field = contract.kept(table).get(name) if table == "customers" else None
    if field is not None and field.allowed:
        return ", ".join(field.allowed)
    if name.removesuffix("_score") in contract.SCORE_RANGES:
        return "{} to {}".format(*contract.SCORE_RANGES[name.removesuffix("_score")])
    if kind not in ("int64", "float64"):
        return ""
    ending = next((unit for end, unit in ENDS.items() if name.endswith(end)), "")
    unit = OWN_UNITS.get(name) or UNITS.get(column(name, numeric=True).kind) or ending
    return unit or ("number" if name == "customer_no" else "count")


def _meaning(name: str) -> str:
    return DEFINITIONS.get(name) or column(name).label


def main() -> None:
    """Write the page."""
    path().write_text(document(), encoding="utf-8")
    print(f"{path()}: {sum(len(types) for types in column_types().values())} columns")


if __name__ == "__main__":
    main()
