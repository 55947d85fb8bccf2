"""What the columns and the values of published tables are called, and how their numbers are written."""

from __future__ import annotations

from dataclasses import dataclass

from ..messages import N_
from .words import FIELDS, VALUES

KINDS = (
    *("count", "share", "money", "index", "points", "day", "month", "ratio", "number", "p", "label"),
    *("p_value", "short_month", "yes"),  # of table cells and chart axes only
)


@dataclass(frozen=True)
class Column:
    """A column of a published table.

    Parameters
    ----------
    label : str
        English heading, translated through the catalogue.
    kind : str
        Formatter of its values, one of `KINDS`; ``text`` for words that are shown as they are.
    """

    label: str
    kind: str = "text"

    @property
    def is_number(self) -> bool:
        """Whether cells line up on the right."""
        return self.kind not in ("text", "label", "yes")


# What every table of the report may hold: the estimate, its base, and what it is compared with.
MEASURES = {
    "n": Column(N_("Number (n)"), "count"),
    "base": Column(N_("Base"), "count"),
    "share": Column(N_("Share"), "share"),
    "n_rest": Column(N_("Number in the comparison"), "count"),
    "base_rest": Column(N_("Base of the comparison"), "count"),
    "share_rest": Column(N_("Share in the comparison"), "share"),
    "index": Column(N_("Index"), "index"),
    "ratio": Column(N_("Ratio of rates"), "ratio"),
    "difference": Column(N_("Difference"), "number"),
    "nps": Column(N_("Net Promoter Score"), "points"),
    "mean": Column(N_("Mean"), "number"),
    "median": Column(N_("Median"), "number"),
    "score": Column(N_("Score"), "number"),
    "p": Column(N_("p-value"), "p_value"),
    "p_adjusted": Column(N_("p-value, corrected"), "p_value"),
    "effect": Column(N_("Effect size"), "ratio"),
    "claim": Column(N_("Difference established"), "yes"),
    "answers": Column(N_("Answers"), "count"),
    "rate": Column(N_("Customers per so many inhabitants"), "ratio"),
    "population": Column(N_("Inhabitants"), "count"),
    "jaccard": Column(N_("Stability (Jaccard)"), "ratio"),
    "spend_share": Column(N_("Share of spend"), "share"),
    "spend_median": Column(N_("Median spend"), "money"),
    "spend_per_customer": Column(N_("Spend per customer"), "money"),
    "spend_per_buyer": Column(N_("Spend per buyer"), "money"),
    "buyers": Column(N_("Buyers"), "count"),
    "customers": Column(N_("Customers"), "count"),
    "top": Column(N_("Best buyers"), "share"),
    "r": Column(N_("Recency (1–5)"), "count"),
    "f": Column(N_("Frequency (1–5)"), "count"),
    "m": Column(N_("Monetary value (1–5)"), "count"),
    "fm": Column(N_("Frequency and value (1–5)"), "count"),
    "reopened_share": Column(N_("Reopened"), "share"),
    "response": Column(N_("Response rate"), "share"),
    "coverage": Column(N_("Share of customers covered"), "share"),
    "known": Column(N_("Known"), "share"),
    "explained": Column(N_("Explained variance"), "share"),
    "silhouette": Column(N_("Silhouette"), "ratio"),
    "k": Column(N_("Number of groups"), "count"),
    "rows": Column(N_("Rows"), "count"),
    "read": Column(N_("Rows read"), "count"),
    "used": Column(N_("Used"), "count"),
    "set_aside": Column(N_("Set aside"), "count"),
    "duplicate": Column(N_("Duplicate"), "count"),
    "excluded": Column(N_("Excluded"), "count"),
    "records": Column(N_("Records"), "count"),
    "shared": Column(N_("Records joined with others"), "count"),
    "age_days": Column(N_("Days since the last entry"), "count"),
    "median_rest": Column(N_("Median in the comparison"), "number"),
    "mean_rest": Column(N_("Mean in the comparison"), "number"),
    "nps_rest": Column(N_("Net Promoter Score in the comparison"), "points"),
    "good": Column(N_("Good answers"), "count"),
    "middle": Column(N_("Middling answers"), "count"),
    "poor": Column(N_("Poor answers"), "count"),
    "sd": Column(N_("Standard deviation"), "ratio"),
    "tau": Column(N_("Kendall’s tau"), "ratio"),
    "slope": Column(N_("Change per month"), "ratio"),
    "change": Column(N_("Change"), "ratio"),
    "n_before": Column(N_("Answers before"), "count"),
    "mean_before": Column(N_("Mean before"), "number"),
    "p_placebo": Column(N_("p-value against placebo days"), "p_value"),
    "score_n": Column(N_("Customers with a score"), "count"),
    "per": Column(N_("Per inhabitants"), "count"),
    "rate_raw": Column(N_("Rate before shrinkage"), "ratio"),
    "expected": Column(N_("Expected without segments"), "share"),
    "excess": Column(N_("Above chance (standard deviations)"), "ratio"),
    "separation": Column(N_("Separation"), "ratio"),
    "jaccard_min": Column(N_("Stability of the weakest segment"), "ratio"),
    "jaccard_classes": Column(N_("Stability of latent classes"), "ratio"),
    "jaccard_min_classes": Column(N_("Stability of the weakest latent class"), "ratio"),
    "told": Column(N_("Told of a trait that was left out"), "share"),
    "agreement": Column(N_("Agreement of both methods (adjusted Rand)"), "ratio"),
    "to_all": Column(N_("Times as often as among all"), "ratio"),
    "riskiest_n": Column(N_("With the outcome among the riskiest tenth"), "count"),
    "riskiest_base": Column(N_("Customers in the riskiest tenth"), "count"),
    "riskiest_share": Column(N_("Share among the riskiest tenth"), "share"),
    "auc": Column(N_("Area under the curve"), "ratio"),
    "probability": Column(N_("Probability"), "share"),
    "traits_apart": Column(N_("Traits that set it apart"), "count"),
    "spread": Column(N_("Variety (all customers: 1)"), "ratio"),
    "reach": Column(N_("Can be reached"), "share"),
    "explained_merged": Column(N_("Explained variance, if merged with it"), "share"),
    "split_n": Column(N_("Customers in the smaller half, if split"), "count"),
    "split_jaccard": Column(N_("Stability of the halves"), "ratio"),
    "explained_split": Column(N_("Explained variance, if split"), "share"),
    "picked": Column(N_("Picked by the rule"), "count"),
    "precision": Column(N_("Precision"), "share"),
    "recall": Column(N_("Recall"), "share"),
    "then_n": Column(N_("Number who did so"), "count"),
    "then_base": Column(N_("Base of those"), "count"),
    "macro_f1": Column(N_("Macro F1"), "ratio"),
    "accuracy": Column(N_("Accuracy"), "share"),
    "guessing": Column(N_("Macro F1 of guessing"), "ratio"),
    "calibration_error": Column(N_("Calibration error"), "share"),
    "index_standardised": Column(N_("Index with the same mix"), "index"),
    "strata": Column(N_("Groups of that mix"), "count"),
    "strata_above": Column(N_("Of these with a larger share"), "count"),
    "strength": Column(N_("Strength (0 to 1)"), "ratio"),
    "correlation": Column(N_("Rank correlation"), "ratio"),
    "buyers_share": Column(N_("Share of buyers"), "share"),
    "potential": Column(N_("Customers more at the average rate"), "count"),
    "r_low": Column(N_("Recency from"), "count"),
    "r_high": Column(N_("Recency to"), "count"),
    "fm_low": Column(N_("Frequency and value from"), "count"),
    "fm_high": Column(N_("Frequency and value to"), "count"),
    # Scores, drivers and events.
    "overlap": Column(N_("Customers with both scores"), "count"),
    "n_effective": Column(N_("Answers as precise as"), "count"),
    "design_effect": Column(N_("Design effect"), "ratio"),
    "nps_weighted": Column(N_("Net Promoter Score, weighted"), "points"),
    "mean_weighted": Column(N_("Mean, weighted"), "number"),
    "share_weighted": Column(N_("Share, weighted"), "share"),
    "margins": Column(N_("Traits weighted by"), "count"),
    "turn": Column(N_("Change of the slope per month"), "ratio"),
    "p_turn": Column(N_("p-value of the slope"), "p_value"),
    "p_turn_adjusted": Column(N_("p-value of the slope, corrected"), "p_value"),
    "turn_claim": Column(N_("Change of slope established"), "yes"),
    "net": Column(N_("Difference, all else equal"), "number"),
    "without": Column(N_("Score without it"), "number"),
    "lift": Column(N_("Gain without it"), "number"),
    "labels": Column(N_("Scored comments learnt from"), "count"),
    # Quality of the data: shares of cells, rows and values, and what was changed.
    "filled": Column(N_("Filled"), "share"),
    "valid": Column(N_("Valid"), "share"),
    "unique": Column(N_("Used by one customer only"), "share"),
    "consistent": Column(N_("Sources agree"), "share"),
    "age_median": Column(N_("Days since it was recorded (median)"), "count"),
    "completeness": Column(N_("Completeness"), "share"),
    "validity": Column(N_("Validity"), "share"),
    "uniqueness": Column(N_("Uniqueness"), "share"),
    "consistency": Column(N_("Consistency"), "share"),
    "currency": Column(N_("Currency"), "share"),
    "quality": Column(N_("Quality (0–100)"), "count"),
    "before": Column(N_("Values before"), "count"),
    "after": Column(N_("Values after"), "count"),
    # Matching of records.
    "repeat_share": Column(N_("Buyers with two orders or more"), "share"),
    "expected_errors": Column(N_("Expected errors (pairs)"), "number"),
    "several": Column(N_("Customers with several values"), "count"),
    "disagree_share": Column(N_("Of these, sources disagree"), "share"),
    "accounts_moved": Column(N_("Accounts with another number"), "count"),
    "accounts": Column(N_("Accounts known before"), "count"),
    "joined": Column(N_("Joined"), "yes"),
    # Pains.
    "times": Column(N_("How often"), "count"),
    "occasions": Column(N_("Occasions"), "count"),
    "e_value": Column(N_("E-value"), "ratio"),
    "e_limit": Column(N_("E-value of the interval"), "ratio"),
    "person_share": Column(N_("With a person"), "share"),
    "low_scores_more": Column(N_("Low scores above the others’ rate"), "number"),
    # Vulnerable and ideal customers.
    "rank": Column(N_("Rank"), "count"),
    "same_mix": Column(N_("Ratio at the same mix of topics"), "ratio"),
    "value_share": Column(N_("Share of worth"), "share"),
    # Journeys.
    "visits": Column(N_("Visits"), "count"),
    "reached_share": Column(N_("Share of all visits"), "share"),
    "after_days": Column(N_("Days after the beginning"), "count"),
    "added": Column(N_("Of these since the row before"), "count"),
    "at_risk": Column(N_("Still watched"), "count"),
    "median_days": Column(N_("Days until half have done it"), "number"),
    "removal": Column(N_("Orders lost without it"), "share"),
    "contribution": Column(N_("Contribution"), "share"),
    "touch_share": Column(N_("Share of touches"), "share"),
    # Actions.
    "settled_share": Column(N_("Settled at once"), "share"),
    "followed_share": Column(N_("Came back"), "share"),
    "score_after": Column(N_("Score afterwards"), "number"),
    "cliffs_delta": Column(N_("Better rather than worse"), "share"),
    "expected_least": Column(N_("Promised: less frequent by at least"), "share"),
    "expected_most": Column(N_("Promised: less frequent by at most"), "share"),
    "realised": Column(N_("Observed: less frequent by"), "share"),
    "cost_least": Column(N_("Cost per year, at least"), "money"),
    "cost_most": Column(N_("Cost per year, at most"), "money"),
    "spared": Column(N_("Customers spared per year"), "number"),
    "per_thousand": Column(N_("Spared per 1,000 of cost"), "number"),
    "first_share": Column(N_("Chance to come first"), "share"),
    "harm": Column(N_("Points lost, at least"), "number"),
    "best_established": Column(N_("Better than other answers: established"), "yes"),
}

# What a row is about.
KEYS = {
    "attribute": Column(N_("Attribute"), "label"),
    "value": Column(N_("Value"), "label"),
    "theme": Column(N_("Theme"), "label"),
    "pain": Column(N_("Pain"), "label"),
    "outcome": Column(N_("Goes with"), "label"),
    "terms": Column(N_("Typical words")),
    "segment": Column(N_("Segment"), "label"),
    "metric": Column(N_("Measure"), "label"),
    "month": Column(N_("Month"), "month"),
    "language": Column(N_("Language"), "label"),
    "source": Column(N_("Source"), "label"),
    "system": Column(N_("System"), "label"),
    "table": Column(N_("Table"), "label"),
    "field": Column(N_("Field"), "label"),
    "column": Column(N_("Column"), "label"),
    "reason": Column(N_("Reason"), "label"),
    "kind": Column(N_("Kind"), "label"),
    "name": Column(N_("Name"), "label"),
    "verdict": Column(N_("Verdict"), "label"),
    "event": Column(N_("Event"), "label"),
    "group": Column(N_("Group"), "label"),
    "sentiment": Column(N_("Sentiment"), "label"),
    "category": Column(N_("Category"), "label"),
    "ids": Column(N_("Kind of id"), "label"),
    "found_by": Column(N_("Found by"), "label"),
    "merge_with": Column(N_("Nearest segment"), "label"),
    "segment_before": Column(N_("Segment before"), "label"),
    "evidence": Column(N_("Evidence"), "label"),
    "first_channel": Column(N_("First channel"), "label"),
    "then_channel": Column(N_("Then"), "label"),
    "formed_by": Column(N_("Formed the segments"), "yes"),
    "chosen": Column(N_("Chosen"), "yes"),
    "area": Column(N_("Area"), "label"),
    "other": Column(N_("Other trait"), "label"),
    "other_value": Column(N_("Value of the other trait"), "label"),
    "same_as": Column(N_("Says nearly the same as"), "label"),
    "method": Column(N_("Method"), "label"),
    "quadrant": Column(N_("Quadrant"), "label"),
    "at": Column(N_("Day"), "day"),
    "first": Column(N_("First"), "day"),
    "last": Column(N_("Last"), "day"),
    "weakest": Column(N_("Weakest in"), "label"),
    "basis": Column(N_("Age told by"), "label"),
    "days": Column(N_("Days since the last trace"), "label"),
    "keys": Column(N_("Tied to customers by")),
    "gain": Column(N_("What it would tell"), "label"),
    "found": Column(N_("Similar column of the export")),
    "elsewhere": Column(N_("Another source fills it"), "yes"),
    "rule": Column(N_("Rule")),
    "example": Column(N_("Example, masked")),
    "can_be_off": Column(N_("Can be switched off"), "yes"),
    "matching": Column(N_("How records are joined"), "label"),
    "direction": Column(N_("Direction"), "label"),
    "scale": Column(N_("Scale")),
    "good_from": Column(N_("Good answers are")),
    "poor_from": Column(N_("Poor answers are")),
    "definition": Column(N_("Definition")),
    "compared_with": Column(N_("Compared with"), "label"),
    "driver": Column(N_("Driver"), "label"),
    "was": Column(N_("Name before"), "label"),
    "became": Column(N_("What became of them"), "label"),
    "measure": Column(N_("Measure"), "label"),
    "property": Column(N_("Property"), "label"),
    "file": Column(N_("File")),
    "how": Column(N_("Known from"), "label"),
    "criterion": Column(N_("Rule"), "label"),
    "indicator": Column(N_("Sign"), "label"),
    "legal_basis": Column(N_("Legal basis")),
    "way": Column(N_("Way"), "label"),
    "step": Column(N_("Step"), "label"),
    "stage": Column(N_("Stage"), "label"),
    "feature": Column(N_("Feature"), "label"),
    "what": Column(N_("What they do"), "label"),
    "position": Column(N_("Position (0: the contact)")),
    "from_what": Column(N_("From"), "label"),
    "to_what": Column(N_("To"), "label"),
    "touch": Column(N_("Touch"), "label"),
    "action": Column(N_("Action")),
    "owner": Column(N_("Owner")),
    "started_on": Column(N_("Started on"), "day"),
    "effect_from": Column(N_("Effect as"), "label"),
}

# Columns of the profile: headings of tables, and names of attributes in sentences and charts.
TRAITS = {
    "age": Column(N_("Age"), "number"),
    "age_band": Column(N_("Age group"), "label"),
    "gender": Column(N_("Gender"), "label"),
    "income": Column(N_("Income"), "money"),
    "income_band": Column(N_("Income group"), "label"),
    "education": Column(N_("Education"), "label"),
    "marital_status": Column(N_("Marital status"), "label"),
    "household_size": Column(N_("Household size"), "label"),
    "children": Column(N_("Children"), "label"),
    "occupation": Column(N_("Occupation"), "label"),
    "country": Column(N_("Country"), "label"),
    "region": Column(N_("Region"), "label"),
    "postal_code": Column(N_("Postal code")),
    "city": Column(N_("City")),
    "industry": Column(N_("Industry"), "label"),
    "employees": Column(N_("Employees"), "count"),
    "employees_band": Column(N_("Company size by staff"), "label"),
    "revenue": Column(N_("Revenue"), "money"),
    "revenue_band": Column(N_("Company size by revenue"), "label"),
    "contacts": Column(N_("Contacts"), "number"),
    "interests": Column(N_("Interests"), "label"),
    "values": Column(N_("Values"), "label"),
    "lifestyle": Column(N_("Lifestyle"), "label"),
    "status": Column(N_("Status"), "label"),
    "preferred_channel": Column(N_("Preferred channel"), "label"),
    "signup_date": Column(N_("Customer since"), "day"),
    "tenure_days": Column(N_("Days as a customer"), "number"),
    "sources": Column(N_("Sources"), "count"),
    "orders": Column(N_("Orders"), "number"),
    "orders_365d": Column(N_("Orders in the last year"), "number"),
    "items": Column(N_("Items"), "number"),
    "spend": Column(N_("Spend"), "money"),
    "spend_365d": Column(N_("Spend in the last year"), "money"),
    "basket_value": Column(N_("Spend per order"), "money"),
    "recency_days": Column(N_("Days since the last order"), "number"),
    "first_order_at": Column(N_("First order"), "day"),
    "last_order_at": Column(N_("Last order"), "day"),
    "categories": Column(N_("Different categories bought"), "number"),
    "top_category": Column(N_("Main category"), "label"),
    "main_order_channel": Column(N_("Main order channel"), "label"),
    "discount_share": Column(N_("Share of discounts"), "share"),
    "sessions": Column(N_("Sessions"), "number"),
    "touchpoints": Column(N_("Touchpoints"), "number"),
    "linked_touchpoints": Column(N_("Touchpoints without a login"), "number"),
    "first_touch_at": Column(N_("First touchpoint"), "day"),
    "first_seen_at": Column(N_("First seen"), "day"),
    "is_new": Column(N_("New customer"), "label"),
    "last_touch_at": Column(N_("Last touchpoint"), "day"),
    "main_touch_channel": Column(N_("Main channel of contact"), "label"),
    "offers": Column(N_("Offers received"), "number"),
    "offer_responses": Column(N_("Offers taken up"), "number"),
    "tickets": Column(N_("Service tickets"), "number"),
    "open_tickets": Column(N_("Open tickets"), "number"),
    "reopened_tickets": Column(N_("Reopened tickets"), "number"),
    "resolution_hours": Column(N_("Hours to resolution (median)"), "number"),
    "comments": Column(N_("Comments"), "number"),
    "nps_score": Column(N_("Likelihood to recommend (0–10)"), "number"),
    "csat_score": Column(N_("Satisfaction (1–5)"), "number"),
    "ces_score": Column(N_("Effort"), "number"),
    "stars_score": Column(N_("Stars"), "number"),
    "opened_at": Column(N_("Opened"), "day"),
    "updated_at": Column(N_("Last changed"), "day"),
}

COLUMNS = MEASURES | KEYS | TRAITS


def column(name: str, numeric: bool = False) -> Column:
    """Heading and formatter of a column; one that the vocabulary lacks is called by its own name.

    >>> column("spend_share").kind, column("delivery_days", numeric=True)
    ('share', Column(label='Delivery days', kind='number'))
    """
    if name in COLUMNS:
        return COLUMNS[name]
    if name in FIELDS:
        return Column(FIELDS[name], "number" if numeric else "label")
    kind = "share" if name.endswith("_share") else "number" if numeric else "text"
    return Column(name.replace("_", " ").capitalize(), kind)


def name(key: str) -> str:
    """English name of an attribute or of a coded value, or the key itself.

    >>> name("age_band"), name("Bavaria")
    ('Age group', 'Bavaria')
    """
    return VALUES.get(key) or (TRAITS[key].label if key in TRAITS else FIELDS.get(key, key))
