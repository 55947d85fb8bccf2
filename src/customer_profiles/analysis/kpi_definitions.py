"""Definitions of the key figures: what each counts, per what, over which period, and where it should go."""

from __future__ import annotations

from dataclasses import dataclass

from ..messages import N_

YEAR, QUARTER = 12, 3
"""Months that a key figure looks back."""


@dataclass(frozen=True)
class Part:
    """A total: the sum of a column of monthly sums, or the number of customers who have any.

    Parameters
    ----------
    table, column : str
    customers : bool
        Count customers instead of adding up.
    months_before : int
        Look at so many months before the period instead of the period.
    lost : bool
        Only of customers who have nothing in the period.
    """

    table: str
    column: str
    customers: bool = False
    months_before: int = 0
    lost: bool = False


@dataclass(frozen=True)
class KPI:
    """Definition of a key figure.

    Parameters
    ----------
    label, definition : str
        What it is called, and what it counts.
    kind : str
        Formatter of the value.
    top, bottom : Part
        What is counted, and per what; without `bottom` it is a total.
    times : float
        Unit: 100 for "per 100 orders".
    months : int
        Months that it looks back.
    better : int
        1 if more is better, −1 if less is.
    up, down : str
        Sentence if it rose or fell, with ``{value}`` and ``{before}`` in the formatter of `kind`; the summary tells
        no figure without.
    """

    label: str
    definition: str
    kind: str
    top: Part
    bottom: Part | None = None
    times: float = 1.0
    months: int = YEAR
    better: int = 1
    up: str = ""
    down: str = ""


ORDERS, BUYERS = Part("orders", "orders"), Part("orders", "orders", customers=True)
FORMER, LOST = (Part("orders", "orders", customers=True, months_before=YEAR, lost=lost) for lost in (False, True))
ALL = Part("profile", "customers")
KPIS = {
    "buyers": KPI(
        N_("Buyers"),
        N_("Customers with at least one order in the 12 months."),
        "count",
        BUYERS,
        up=N_("More customers buy than a year ago: {value:count}, a year ago {before:count}."),
        down=N_("Fewer customers buy than a year ago: {value:count}, a year ago {before:count}."),
    ),
    "sales": KPI(
        N_("Sales"),
        N_("Sum of all order lines of the 12 months."),
        "money",
        Part("orders", "sales"),
        up=N_("Sales grew to {value:money} within a year, from {before:money}."),
        down=N_("Sales fell to {value:money} within a year, from {before:money}."),
    ),
    "orders_per_buyer": KPI(
        N_("Orders per buyer"),
        N_("Orders of the 12 months over the customers who placed them."),
        "number",
        ORDERS,
        BUYERS,
        # New buyers have had less than a year: that all order more often does not follow.
        up=N_("Orders per buyer rose to {value:number} within a year, from {before:number}."),
        down=N_("Orders per buyer fell to {value:number} within a year, from {before:number}."),
    ),
    "nps": KPI(
        N_("Net Promoter Score"),
        N_("Share of answers of 9 and 10 minus share of answers up to 6, in points from −100 to +100."),
        "points",
        Part("nps", "points"),
        Part("nps", "answers"),
        times=100,
        months=QUARTER,
        up=N_(
            "Customers recommend us more than a year ago: "
            "Net Promoter Score {value:points}, a year ago {before:points}."
        ),
        down=N_(
            "Customers recommend us less than a year ago: "
            "Net Promoter Score {value:points}, a year ago {before:points}."
        ),
    ),
    **{
        name: KPI(
            label,
            N_("Share of good answers among all answers."),
            "share",
            Part(name, "points"),
            Part(name, "answers"),
            months=QUARTER,
            up=N_("More customers are satisfied than a year ago: {value:part}, then {before:part}."),
            down=N_("Fewer customers are satisfied than a year ago: {value:part}, then {before:part}."),
        )
        for name, label in {
            "csat": N_("Satisfied"),
            "stars": N_("Four or five stars"),
            "ces": N_("Found it easy"),
            "rating": N_("Good ratings"),
        }.items()
    },
    "customers": KPI(N_("Customers"), N_("Customers on file, as of the day of the run."), "count", ALL),
    "outcome": KPI(
        N_("Outcome"), N_("Share of customers with the outcome, of those of whom it is known."), "share", ALL, ALL
    ),
    "worth": KPI(N_("Worth of all customers"), N_("Sum of what each customer is worth."), "money", ALL),
    "tickets_per_100_orders": KPI(
        N_("Service cases per 100 orders"),
        N_("Service cases opened in the period for every 100 orders placed in it."),
        "number",
        Part("tickets", "tickets"),
        ORDERS,
        times=100,
        months=QUARTER,
        better=-1,
        up=N_("Service cases rose to {value:number} per 100 orders, from {before:number} a year ago."),
        down=N_("Service cases fell to {value:number} per 100 orders, from {before:number} a year ago."),
    ),
    "tickets": KPI(
        N_("Service cases"),
        N_("Service cases opened in the 12 months."),
        "count",
        Part("tickets", "tickets"),
        better=-1,
        up=N_("Service cases rose to {value:count} within a year, from {before:count}."),
        down=N_("Service cases fell to {value:count} within a year, from {before:count}."),
    ),
    "churn": KPI(
        N_("Lost buyers"),
        N_("Share of the buyers of the 12 months before who bought nothing in the 12 months."),
        "share",
        LOST,
        FORMER,
        better=-1,
    ),
}
INSTEAD = {"tickets": "tickets_per_100_orders"}
"""Figures that are told only where the better one cannot be."""
ONE_SCORE = ("nps", "csat", "stars", "ces", "rating")
"""Of these the first is told."""
