"""A randomised mailing with two arms and one control group, from CSV files to the facts of chapter 08.

The effects must be the plain differences of the means, however the arms are written down.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import scipy
from in_process import run_notebooks
from statsmodels.stats.proportion import confint_proportions_2indep

N = 3000
SENT = pd.Timestamp("2008-03-20")
ARMS = ["Mens E-Mail", "Womens E-Mail", "No E-Mail"]
DATASET = """
name: mailing
title: Mailing
as_of: 2008-06-30
sources:
  - name: crm
    system: crm
    path: customers.csv
    table: customers
    columns: {customer_id: id}
    attributes: {zip_area: zip_area, newbie: newbie}
  - name: sent
    system: email
    path: customers.csv
    table: campaigns
    columns:
      customer_id: id
      at: sent
      responded_at: visited
      %s
      control_group: {column: segment, values: {"No E-Mail": true, "Mens E-Mail": false, "Womens E-Mail": false}}
  - name: orders
    system: shop
    path: orders.csv
    table: transactions
    columns: {customer_id: id, at: at, amount: amount}
"""
MAPPINGS = {
    "the campaign is the arm": ("campaign: segment", ""),
    "one name for all, the arm is its kind": ("campaign: {value: Spring}\n      kind: segment", "spring_"),
    "the name and the arm in a row": ("campaign: {join: [name, segment]}", "spring_"),
}


def mailing(n=N):
    """Customers with their arm, when they visited the shop, and what they spent."""
    rng = np.random.default_rng(7)
    table = pd.DataFrame({"id": [f"C{i:06d}" for i in range(n)], "name": "Spring", "sent": SENT})
    table["segment"] = rng.choice(ARMS, n)
    table["newbie"] = rng.choice(["yes", "no"], n)
    table["zip_area"] = rng.choice(["Urban", "Surburban", "Rural"], n)
    lift = table["segment"].map(dict(zip(ARMS, (0.18, 0.08, 0.0), strict=True)))
    visits = rng.random(n) < 0.11 + lift
    table["visited"] = (SENT + pd.to_timedelta(rng.integers(0, 14, n), unit="D")).where(visits)
    buys = visits & (rng.random(n) < 0.4)
    return table.assign(spend=np.where(buys, rng.lognormal(4, 1, n).round(2), 0.0))


def means(table, arm):
    """Effect of an arm with its interval, for each outcome."""
    ours, others = (table[table["segment"] == name] for name in (arm, "No E-Mail"))
    found = {}
    for outcome, of in (("response", lambda t: t["visited"].notna()), ("order", lambda t: t["spend"] > 0)):
        a, b = of(ours), of(others)
        ends = confint_proportions_2indep(a.sum(), len(a), b.sum(), len(b), method="newcomb", compare="diff")
        found[outcome] = (a.mean() - b.mean(), *ends)
    ends = scipy.stats.ttest_ind(ours["spend"], others["spend"], equal_var=False).confidence_interval()
    return found | {"spend": (ours["spend"].mean() - others["spend"].mean(), *ends)}


OTHER_LAYOUTS = {
    "one arm, who was held back is a column, answers have no day": """
name: mailing
title: Mailing
as_of: 2008-06-30
sources:
  - name: sent
    system: email
    path: customers.csv
    table: campaigns
    columns:
      customer_id: id
      at: sent
      campaign: name
      responded: {column: came, values: {yes: true, no: false}}
      control_group: {column: held, values: {"1": true, "0": false}}
""",
    "two arms, answers in a file of their own that does not know the arm": """
name: mailing
title: Mailing
as_of: 2008-06-30
sources:
  - name: sent
    system: email
    path: customers.csv
    table: campaigns
    columns:
      customer_id: id
      at: sent
      campaign: name
      kind: segment
      control_group: {column: segment, values: {"No E-Mail": true, "Mens E-Mail": false, "Womens E-Mail": false}}
  - name: answers
    system: email
    path: answers.csv
    table: campaigns
    columns: {customer_id: id, at: visited, campaign: {value: Spring}, responded_at: visited}
""",
}
CRM = """  - name: crm
    system: crm
    path: customers.csv
    table: customers
    columns: {customer_id: id}
    attributes: {zip_area: zip_area, newbie: newbie}
"""


@pytest.mark.parametrize("layout", OTHER_LAYOUTS)
def test_other_layouts_of_the_same_trial_give_the_same_effect(layout, tmp_path, monkeypatch):
    """Nothing is known of orders; of two arms each stands beside those held back."""
    monkeypatch.setenv("CUSTOMER_PROFILES_HOME", str(tmp_path))
    monkeypatch.setattr("IPython.display.display", lambda *args, **kwargs: None)
    table, folder = mailing(), tmp_path / "data" / "mailing"
    folder.mkdir(parents=True)
    two = "two" in layout
    table = table if two else table[table["segment"] != "Womens E-Mail"]
    flags = {"came": table["visited"].notna(), "held": table["segment"] == "No E-Mail"}
    written = table.assign(came=flags["came"].map({True: "yes", False: "no"}), held=flags["held"].astype(int))
    written.to_csv(folder / "customers.csv", index=False)
    table.dropna(subset="visited")[["id", "visited"]].to_csv(folder / "answers.csv", index=False)
    (folder / "dataset.yaml").write_text(OTHER_LAYOUTS[layout] + CRM)
    run_notebooks(folder / "dataset.yaml", tmp_path / "run", chapters=("01", "07", "08"))
    facts = json.loads((tmp_path / "run" / "chapters" / "08" / "facts.json").read_text())
    arms = {"Mens E-Mail": "spring_mens_e_mail", "Womens E-Mail": "spring_womens_e_mail"}
    arms = arms if two else {"Mens E-Mail": "spring"}
    assert facts["campaigns_with_control"] == len(arms)
    assert not any(name.endswith(("_order", "_spend")) for name in facts)
    for arm, name in arms.items():
        expected = means(table, arm)["response"]
        found = [facts[f"effect_{name}_response{end}"] for end in ("", "_low", "_high")]
        assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_the_effects_of_two_arms_are_exact_however_they_are_mapped(mapping, tmp_path, monkeypatch, record_property):
    columns, prefix = MAPPINGS[mapping]
    monkeypatch.setenv("CUSTOMER_PROFILES_HOME", str(tmp_path))
    monkeypatch.setattr("IPython.display.display", lambda *args, **kwargs: None)
    table, folder = mailing(), tmp_path / "data" / "mailing"
    folder.mkdir(parents=True)
    table.to_csv(folder / "customers.csv", index=False)
    orders = table[table["spend"] > 0].assign(at=table["visited"], amount=table["spend"])
    orders[["id", "at", "amount"]].to_csv(folder / "orders.csv", index=False)
    (folder / "dataset.yaml").write_text(DATASET % columns)
    run_notebooks(folder / "dataset.yaml", tmp_path / "run", chapters=("01", "07", "08"))
    facts = json.loads((tmp_path / "run" / "chapters" / "08" / "facts.json").read_text())
    assert facts["campaigns_with_control"] == 2
    for arm in ("Mens E-Mail", "Womens E-Mail"):
        for outcome, expected in means(table, arm).items():
            fact = f"effect_{prefix}{arm.lower().replace(' ', '_').replace('-', '_')}_{outcome}"
            found = [facts[f"{fact}{end}"] for end in ("", "_low", "_high")]
            record_property("error_of_effects", float(np.abs(np.subtract(found, expected)).max()))
            assert found == pytest.approx(expected, abs=1e-6)
