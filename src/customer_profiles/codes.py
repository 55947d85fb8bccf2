"""Words that `ingest` and `identity` write into tables and `analysis` reads, spelt in one place."""

from __future__ import annotations

from .messages import N_

# What tells whose a visitor is.
KNOWN, LINKED = N_("always logged in"), N_("linked by a login")
SHARED, ANONYMOUS = N_("several customers"), N_("never logged in")
VISITORS = (KNOWN, LINKED, SHARED, ANONYMOUS)

# What told the company of a contact.
BY_ID, BY_DOMAIN = N_("number of the account"), N_("domain of the e-mail address")
BY_NAME, WITHOUT_ACCOUNT = N_("name of the company"), N_("company without an account")
WAYS = (BY_ID, BY_DOMAIN, BY_NAME, WITHOUT_ACCOUNT)

# How readily records are joined.
STRICT, USED, LOOSE = N_("stricter matching"), N_("matching as used"), N_("looser matching")

# What tells the age of a value, from the best to none at all.
CHANGED, SIGNED_UP, HAPPENED, UNKNOWN = N_("last change"), N_("signing up"), N_("event"), N_("not told")

SEGMENT_NAME = "segment_{}"
"""Under it dataset.yaml labels a segment, by its number."""

OTHER = N_("Other")
"""Texts that fit no theme well."""

# Name of a theme whose phrases describe few of its texts, by language.
MIXED = {"en": "mixed: {}", "de": "Gemischtes: {}"}


def is_mixed(name: object) -> bool:
    """Whether a theme has a name that describes few of its texts, so that a sentence about it says little.

    >>> is_mixed("mixed: phone, lady"), is_mixed("phone")
    (True, False)
    """
    return isinstance(name, str) and name.startswith(tuple(form.format("") for form in MIXED.values()))


# Key figures that dataset.yaml may set a target for; `analysis.kpi_definitions` says what each means.
KEY_FIGURES = (
    *("customers", "buyers", "sales", "orders_per_buyer", "tickets_per_100_orders", "tickets"),
    *("nps", "csat", "stars", "ces", "rating", "churn", "outcome", "worth"),
)

# Values of a customer's status, in lower case, that mean that the customer has left; others (new, active) do not.
LEFT = frozenset(
    (
        *("churned", "left", "lapsed", "lost", "cancelled", "canceled", "terminated", "former", "closed", "inactive"),
        *("gekündigt", "abgewandert", "ehemalig", "verloren", "inaktiv", "geschlossen"),
    )
)

LAPSED_BY_CHANCE = 0.05
"""Of customers who go on ordering at their own rhythm, this share may count as inactive, or as lapsed: one in twenty
has been silent for that long."""

# Where an id is known from: a record of a customer; one that only the last run holds together with others; neither.
ON_FILE, KEPT, MENTIONED = "on file", "kept", "mentioned"
