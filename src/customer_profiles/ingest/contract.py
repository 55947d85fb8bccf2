"""The canonical tables: their columns, what each may hold, and which are personal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import pandas as pd

Kind = Literal["id", "text", "category", "integer", "number", "date", "datetime", "boolean"]

DTYPES: dict[Kind, str] = {
    "id": "str",
    "text": "str",
    "category": "str",
    "integer": "Int64",
    "number": "float64",
    "date": "datetime64[us]",
    "datetime": "datetime64[us]",
    "boolean": "boolean",
}


@dataclass(frozen=True)
class Field:
    """One column of a canonical table.

    Parameters
    ----------
    kind : str
        How its text is cast. ``id`` and ``text`` stay as written; ``category`` may have a closed list.
    required : bool
        A row without it is set aside.
    low, high : float, optional
        Range, both ends included.
    allowed : tuple of str
        Closed list of values; empty: any.
    personal : bool
        Used to find the same person in several sources, then dropped.
    trait : bool
        Describes who a customer is and may be compared between groups.
    """

    kind: Kind
    required: bool = False
    low: float | None = None
    high: float | None = None
    allowed: tuple[str, ...] = ()
    personal: bool = False
    trait: bool = False

    def broken(self, values: pd.Series) -> list[str]:
        """Rules of the contract that values of the column's type break."""
        rules = {
            "is missing": self.required and values.isna().any(),
            f"less than {self.low}": self.low is not None and (values < self.low).any(),
            f"more than {self.high}": self.high is not None and (values > self.high).any(),
            "not in the list": self.allowed and not values.dropna().isin(self.allowed).all(),
        }
        return [rule for rule, is_broken in rules.items() if is_broken]


_PERSONAL = Field("text", personal=True)
_TRAIT = Field("category", trait=True)

_DESCRIPTION = {
    "name": _PERSONAL,
    "first_name": _PERSONAL,
    "last_name": _PERSONAL,
    "email": _PERSONAL,
    "phone": _PERSONAL,
    "street": _PERSONAL,
    "birth_date": Field("date"),
    "age": Field("integer", low=0, high=120, trait=True),
    "age_band": _TRAIT,
    "gender": Field("category", allowed=("female", "male", "diverse"), trait=True),
    "income": Field("number", low=0, trait=True),
    "income_band": _TRAIT,
    "education": _TRAIT,
    "marital_status": _TRAIT,
    "household_size": _TRAIT,
    "children": _TRAIT,
    "occupation": _TRAIT,
    "country": _TRAIT,
    "region": _TRAIT,
    "postal_code": Field("id"),
    "city": Field("category"),
    "latitude": Field("number", low=-90, high=90),
    "longitude": Field("number", low=-180, high=180),
    "company": _PERSONAL,
    "domain": _PERSONAL,
    "industry": _TRAIT,
    "employees": Field("integer", low=0, trait=True),
    "employees_band": _TRAIT,
    "revenue": Field("number", trait=True),
    "revenue_band": _TRAIT,
    "interests": _TRAIT,
    "values": _TRAIT,
    "lifestyle": _TRAIT,
    "signup_date": Field("date"),
    "status": _TRAIT,
    "preferred_channel": _TRAIT,
    "consent": Field("boolean"),
}
_CUSTOMER = Field("id", required=True)
_AT = Field("datetime", required=True)

TABLES: dict[str, dict[str, Field]] = {
    "customers": {"customer_id": _CUSTOMER, **_DESCRIPTION, "updated_at": Field("datetime")},
    "contacts": {  # persons at the companies that are a b2b data set's customers
        "contact_id": _CUSTOMER,
        "account_id": Field("id", personal=True),
        **{
            name: _DESCRIPTION[name]
            for name in ("company", "name", "first_name", "last_name", "email", "phone", "postal_code", "city")
        },
        "role": Field("category"),
        "consent": Field("boolean"),
    },
    "transactions": {
        "customer_id": _CUSTOMER,
        "at": _AT,
        "order_id": Field("id"),
        "product_id": Field("id"),
        "category": Field("category"),
        "quantity": Field("number"),
        "amount": Field("number", required=True),
        "discount": Field("number"),
        "channel": Field("category"),
    },
    "interactions": {
        "customer_id": Field("id"),
        "anonymous_id": Field("id"),
        "at": _AT,
        "channel": Field("category"),
        "kind": Field("category"),
        "session_id": Field("id"),
        "item": Field("text"),
        "duration_s": Field("number", low=0),
        **dict.fromkeys(("device", "source", "medium", "campaign"), Field("category")),
    },
    "tickets": {
        "customer_id": _CUSTOMER,
        "opened_at": _AT,
        "closed_at": Field("datetime"),
        "channel": Field("category"),
        "category": Field("category"),
        "text": Field("text"),
        "resolution": Field("text"),
        "reopened": Field("boolean"),
    },
    "feedback": {
        "customer_id": Field("id"),
        "at": _AT,
        "source": Field("category"),
        "metric": Field("category", allowed=("nps", "csat", "ces", "stars", "rating", "none")),
        "score": Field("number", low=0, high=100),
        "scale": Field("category"),
        "direction": Field("category", allowed=("high is good", "low is good")),
        "text": Field("text"),
        "language": Field("category"),
        "about": Field("category"),
    },
    "campaigns": {
        "customer_id": _CUSTOMER,
        "at": _AT,
        "campaign": Field("category", required=True),
        "kind": Field("category"),
        "channel": Field("category"),
        "responded": Field("boolean"),
        "responded_at": Field("datetime"),
        "control_group": Field("boolean"),
    },
    "leads": {
        "lead_id": _CUSTOMER,
        "customer_id": Field("id"),
        **{name: field for name, field in _DESCRIPTION.items() if not field.personal},
        "at": _AT,
        "converted_at": Field("datetime"),
        "lead_stage": Field("category"),  # the furthest that a prospect has come to, in the order of dataset.yaml
    },
    "events": {
        "at": _AT,
        "until": Field("datetime"),
        "name": Field("text", required=True),
        "kind": Field("category"),
    },
    "areas": {"area": _CUSTOMER, "population": Field("integer", low=0)},
    "branches": {
        "branch": Field("text", required=True),
        "latitude": Field("number", required=True, low=-90, high=90),
        "longitude": Field("number", required=True, low=-180, high=180),
    },
    "population": {
        "attribute": Field("category", required=True),
        "value": Field("category", required=True),
        "share": Field("number", low=0, high=1),
        "count": Field("number", low=0),
        "base": Field("text"),
    },
}

# Of the contacts of a company, from the lowest: the highest of them describes it. Of a lead: how far it has come.
DECISION_LEVEL, DECISION_LEVELS = "decision_level", ("specialist staff", "middle management", "top management")
LEAD_STAGE = "lead_stage"

# Columns that may be filled and that no analysis reads: `check` names them.
UNREAD = {
    "leads": frozenset(("birth_date", "postal_code", "city", "latitude", "longitude", "signup_date", "status")),
}

# The column that says when a row happened; a row after the run's date is not visible to it.
HAPPENED_AT = {"tickets": "opened_at", "customers": "signup_date", "leads": "at"} | dict.fromkeys(
    ("transactions", "interactions", "feedback", "campaigns", "events"), "at"
)

# Tables whose rows belong to a customer, or may: a prospect who has become one.
OF_CUSTOMERS = ("transactions", "tickets", "campaigns", "interactions", "feedback")
WITH_CUSTOMERS = (*OF_CUSTOMERS, "leads")
MAY_BE_ANONYMOUS = ("interactions", "feedback", "leads")

# Tables whose sources may bring columns of their own under `attributes`.
EXTENSIBLE = ("customers", "leads", "areas", *OF_CUSTOMERS)

# Lowest and highest answer of each metric where the source does not declare a scale such as 1-5.
SCORE_RANGES = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7), "stars": (1, 5), "rating": (0, 100)}

# Names of columns that the product makes itself, while it reads records and in the profile: an attribute of that name
# would be overwritten, or overwrite.
OF_RECORDS = (
    *("customer_no", "person_no", "contact_id", "pseudonym", "sources", "source", "space", "raw_id", "file", "row"),
    *("account_space", "account_id", "is_contact", "found_by", "linked"),
    *("agrees", "refused", "remembered", "withheld", "erased", "counts"),
    *("email", "phone"),
)
OF_PROFILE = (
    *("tenure_days", "first_seen_at", "is_new", "contacts", "orders", "orders_365d", "last_order_at", "items", "spend"),
    *("first_order_at", "spend_365d", "basket_value", "recency_days", "discount_share", "top_category", "categories"),
    *("main_order_channel", "touchpoints", "linked_touchpoints", "first_touch_at", "last_touch_at", "sessions"),
    *("main_touch_channel", "offers", "offer_responses", "tickets", "open_tickets", "reopened_tickets"),
    *("resolution_hours", "answers", "comments", "nps_score", "csat_score", "stars_score", "help_channel", "main_pain"),
    *("order_days", "days_since_first_order", "days_since_last_order", "order_day_value", "recent_order_days"),
    *("period_order_days", "decision_level"),
)

# Special categories of personal data (Art. 9 GDPR): how words for them begin, English and German.
SPECIAL_CATEGORIES = (
    *("ethni", "race", "racial", "religi", "konfession", "faith", "health", "gesundheit", "disease", "krankheit"),
    *(
        "disab",
        "behinder",
        "sexual",
        "sexuell",
        "politi",
        "tradeunion",
        "gewerkschaft",
        "biometr",
        "genetic",
        "genetisch",
    ),
)


def is_special_category(name: str) -> bool:
    """Whether the name of a column speaks of a special category of personal data.

    >>> is_special_category("Konfession"), is_special_category("Trade union"), is_special_category("trace")
    (True, True, False)
    """
    words = re.split(r"[\W_]+", name.lower().replace("trade union", "tradeunion").replace("trade_union", "tradeunion"))
    return any(word.startswith(SPECIAL_CATEGORIES) for word in words)


def traits() -> list[str]:
    """Columns of customers that describe who they are, in the order of the contract."""
    return [name for name, field in TABLES["customers"].items() if field.trait]


def personal() -> list[str]:
    """Columns of customers that are used for matching and never kept."""
    return [name for name, field in TABLES["customers"].items() if field.personal]


def kept(table: str) -> dict[str, Field]:
    """Columns of a table as a run keeps it: without what identifies a person, with the row's customer."""
    fields = {name: field for name, field in TABLES[table].items() if not field.personal}
    if table == "population":
        del fields["count"]
    if "customer_id" in fields:
        fields = {"customer_id": Field("id"), "customer_no": Field("integer"), **fields}
    if table == "contacts":  # the same person in two exports has one number
        fields = {"customer_id": Field("id"), "customer_no": Field("integer"), "person_no": Field("integer"), **fields}
        fields["found_by"] = Field("category")
        del fields["consent"]  # who did not consent is not there
    if table == "interactions":  # whether only a later login tells whose row it is
        fields["linked"] = Field("boolean")
    return fields | ({"sources": Field("integer")} if table == "customers" else {})


def is_taken(table: str, name: str) -> bool:
    """Whether an attribute of a table cannot have a name, because the product has a column of that name.

    Engines take ``Spend`` and ``spend`` for the same.

    >>> is_taken("customers", "Spend"), is_taken("customers", "score"), is_taken("tickets", "spend")
    (True, False, False)
    """
    small, fields = name.casefold(), TABLES.get(table, {})
    of_profile = table in ("customers", "leads") and small in OF_PROFILE
    return small in OF_RECORDS or of_profile or (small in fields and name not in fields)


def empty_table(name: str) -> pd.DataFrame:
    """A table of the contract without rows: what a chapter reads where no source fills the table.

    >>> list(empty_table("events").columns)
    ['at', 'until', 'name', 'kind']
    """
    fields = kept(name) if name in TABLES else {}
    return pd.DataFrame({column: pd.Series([], dtype=DTYPES[field.kind]) for column, field in fields.items()})
