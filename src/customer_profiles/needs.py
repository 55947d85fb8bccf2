"""What a company would have to bring for a question that its data leave open, by canonical table."""

from __future__ import annotations

from .messages import N_

LEFT_OUT = N_("Left out: the data hold no “{needs:label}”.")
"""Said once of an empty result, with the table or the column that it needs."""

NEEDS = {
    "customers": N_("customer master data, for example an export of the CRM"),
    "transactions": N_("order lines, for example an export of the shop"),
    "interactions": N_("events of web or app analytics"),
    "tickets": N_("tickets with their text, for example an export of the service desk"),
    "feedback": N_("surveys such as NPS or CSAT, or reviews"),
    "campaigns": N_("sent and answered mailings, for example an export of the newsletter system"),
    "leads": N_("prospects with the day they came and the day of their first purchase, for example from the CRM"),
    "events": N_("a list of launches, outages, price changes and press reports with their days"),
    "areas": N_("statistics per area, for example population by region"),
    "branches": N_("the company's own places with latitude and longitude"),
    "population": N_(
        "shares of age bands, gender or income in the population, for example from the statistical office"
    ),
}
