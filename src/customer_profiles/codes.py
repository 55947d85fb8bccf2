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

# Key figures that dataset.yaml may set a target for; `analysis.kpi_definitions` says what each means.
KEY_FIGURES = (
    *("customers", "buyers", "sales", "orders_per_buyer", "tickets_per_100_orders", "tickets"),
    *("nps", "csat", "stars", "ces", "rating"),
)
