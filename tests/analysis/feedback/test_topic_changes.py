"""New and vanished topics: counted by hand, tested as scipy does, quiet when nothing changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from customer_profiles.analysis.feedback import topic_changes
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.stats import clusters
from customer_profiles.text.themes.discovery import OTHER

SINCE = pd.Timestamp("2025-10-01")


def items(seed: int, n: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    at = pd.Timestamp("2024-07-01") + pd.to_timedelta(rng.integers(0, 549, n), unit="D")
    themes = rng.choice(["parcel", "shop", "price", OTHER], n)
    return pd.DataFrame({"row": range(n), "customer_no": np.arange(n) + 7.0, "at": at, "theme": themes})


def regulars(seed: int, customers: int = 80) -> pd.DataFrame:
    """Customers who write in bursts, each mostly about a theme of their own; nothing changes over time."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(customers), 1 + rng.poisson(rng.gamma(0.5, 12, customers)))
    start = rng.integers(0, 549, customers)
    at = pd.Timestamp("2024-07-01") + pd.to_timedelta((start[who] + rng.integers(0, 20, len(who))) % 549, unit="D")
    own = rng.choice(["parcel", "shop", "price", OTHER], customers)
    theme = np.where(rng.random(len(who)) < 0.8, own[who], rng.choice(["parcel", "shop", "price", OTHER], len(who)))
    return pd.DataFrame({"row": range(len(who)), "customer_no": who.astype(float), "at": at, "theme": theme})


def changed(seed: int) -> pd.DataFrame:
    """From October 2025 on half of those who wrote about the price write about an app, and nobody about shops."""
    table = items(seed)
    now = table["at"] >= "2025-10-01"
    table.loc[now & (table["theme"] == "price"), "theme"] = "app"
    table.loc[now & (table["theme"] == "shop"), "theme"] = "parcel"
    return table


def compared(topics: pd.DataFrame):
    return topic_changes.topic_changes(topics[topics["at"] >= SINCE], topics[topics["at"] < SINCE])


def test_new_and_vanished_topics_are_announced():
    result = compared(changed(1))
    table = result.frame.set_index("theme")
    verdicts = table["verdict"].to_dict()
    assert verdicts == {
        "app": topic_changes.NEW,
        "parcel": topic_changes.GROWING,
        "price": topic_changes.VANISHED,
        "shop": topic_changes.VANISHED,
    }
    found = {f.values["theme"]: f for f in result.claims(result.frame)}
    assert "never before" in found["app"].message
    assert set(found["price"].values) == {"theme", "months", "high", "rest"}


def test_counts_and_tests_by_hand():
    table = changed(2)
    now = table["at"] >= "2025-10-01"
    row = compared(table).frame.set_index("theme").loc["parcel"]
    k1, k0 = ((table["theme"] == "parcel") & now).sum(), ((table["theme"] == "parcel") & ~now).sum()
    assert (row["n"], row["base"], row["n_rest"], row["base_rest"]) == (k1, now.sum(), k0, (~now).sum())
    theirs = stats.fisher_exact([[k1, now.sum() - k1], [k0, (~now).sum() - k0]]).pvalue
    assert row["p"] == pytest.approx(theirs)


def test_nothing_is_new_where_nothing_changes():
    claims = sum(compared(items(seed)).frame["claim"].any() for seed in range(60))
    assert claims <= stats.binom.isf(0.001, 60, 0.05)
    quiet = compared(items(0))
    assert [finding.kind for finding in quiet.claims(quiet.frame)] == ["nothing"]


@pytest.mark.parametrize("draws", [20, pytest.param(400, marks=pytest.mark.slow)])
def test_texts_of_one_customer_are_not_independent(draws, record_property):
    claims = sum(compared(regulars(seed)).frame["claim"].any() for seed in range(draws))
    record_property("claimed", claims / draws)
    assert claims <= stats.binom.isf(0.01, draws, 0.05)


def test_one_customer_who_writes_much_is_no_change():
    table = items(6)
    flood = table[:60].assign(row=range(9000, 9060), customer_no=7.0, theme="app", at=SINCE)
    row = compared(pd.concat([table, flood])).frame.set_index("theme").loc["app"]
    assert (row["n"], row["customers"], bool(row["claim"])) == (60, 1, False)
    anonymous = compared(pd.concat([table, flood.assign(customer_no=np.nan)])).frame.set_index("theme").loc["app"]
    assert (anonymous["customers"], bool(anonymous["claim"])) == (60, True)


def test_errors_are_those_of_a_regression_clustered_by_customer():
    table = regulars(7, customers=3000)
    table["now"] = (table["at"] >= SINCE).astype(float)
    hit = (table["theme"] == "parcel").astype(float)
    counts = [pd.crosstab(part["customer_no"], part["theme"]).reindex(range(3000), fill_value=0)
              for part in (table[table["now"] == 1], table[table["now"] == 0])]  # fmt: skip
    arrays = [array for each in counts for array in (each[["parcel"]].to_numpy(), each.sum(axis=1).to_numpy())]
    effect = float(clusters.design_effects(*arrays)[0])
    fit = sm.OLS(hit, sm.add_constant(table["now"]))
    robust = fit.fit(cov_type="cluster", cov_kwds={"groups": table["customer_no"]}).bse["now"]
    alone = fit.fit(cov_type="HC1").bse["now"]
    assert effect > 2
    assert effect == pytest.approx((robust / alone) ** 2, rel=0.05)


def test_too_few_texts():
    few, none = compared(items(3, n=50)), compared(items(3)[:0])
    assert len(few) == len(none) == 0
    assert (none.needs, none.claims(none.frame)) == ("feedback", [])
    assert len(topic_changes.topic_volumes(items(3)[:0])) == 0


def test_a_topic_of_few_texts_is_hidden_and_not_told():
    table = changed(1)
    app = table.index[table["theme"] == "app"][:-4]
    result = compared(table.drop(index=app[4:]))
    few = replace(result, frame=result.frame.assign(n=result.frame["n"].where(result.frame["theme"] != "app", 4)))
    published = Gate(10).guard(few)
    assert published.frame.loc[published.frame["suppressed"], "theme"].tolist() == ["app"]
    assert "app" not in {claim.values["theme"] for claim in few.claims(published.marks(few.frame))}


def test_a_quarter_with_few_texts_about_a_topic_hides_them():
    rare = pd.concat([items(4), items(5)[:3].assign(row=[9000, 9001, 9002], theme="app", at=SINCE)])
    volumes = topic_changes.topic_volumes(rare)
    hidden = Gate(10).guard(volumes).frame.query("suppressed")
    assert "app" in set(hidden["theme"])
    assert set(hidden["month"]) >= {SINCE}
