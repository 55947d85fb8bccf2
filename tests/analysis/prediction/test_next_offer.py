"""The next offer: tried on what was bought later, learnt from nothing of it, and made only of what may be offered."""

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.prediction import next_offer, purchases

LAST = pd.Timestamp("2025-12-31")
DAYS = 100


def lines(seed=1, n=300, items=8, circles=1, often=6.0):
    """Order lines of 400 days, by customers of one circle or of several, each with items of its own."""
    rng, rows = np.random.default_rng(seed), []
    for customer in range(n):
        days = np.sort(rng.integers(0, 400, rng.poisson(often) + 1))
        what = rng.integers(0, items // circles, len(days)) * circles + customer % circles
        at = [LAST - pd.Timedelta(days=int(400 - day)) for day in days]
        rows += [(customer, day, f"item {item}") for day, item in zip(at, what, strict=True)]
    return pd.DataFrame(rows, columns=["customer_no", "at", "category"])


def of(table, **rules):
    return purchases.purchases(table, "category", LAST.date(), DAYS, **rules)


def test_lines_of_a_day_count_once_and_nothing_after_the_day_of_the_run():
    table = lines()
    twice = pd.concat([table, table.assign(at=table["at"] + pd.Timedelta(minutes=1))], ignore_index=True)
    beyond = table.head(50).assign(at=LAST + pd.Timedelta(days=3))
    once, same = of(table), of(pd.concat([twice, beyond], ignore_index=True))
    assert once.period == same.period == (table["at"].max() - table["at"].min()).days // 4
    for left, right in zip(once.days, same.days, strict=True):
        assert (left != right).nnz == 0
    by_hand = table.assign(day=table["at"].dt.normalize()).drop_duplicates(["customer_no", "day", "category"])
    counts = by_hand.groupby(["customer_no", "category"]).size()
    owned = pd.DataFrame(once.owned(2).toarray(), once.customers, once.items).stack()
    pd.testing.assert_series_equal(owned[owned > 0].sort_index(), counts.astype(float), check_names=False)


def test_nothing_of_the_last_period_is_learnt_before_it():
    table = lines(circles=2)
    bought = of(table)
    end = table["at"].max().normalize() - pd.Timedelta(days=bought.period)
    rng = np.random.default_rng(0)
    late = table["at"] > end + pd.Timedelta(days=1)
    other = table.assign(category=table["category"].where(~late, rng.permutation(table["category"])))
    before, after = next_offer.learn(bought, 1), next_offer.learn(of(other), 1)
    order = [list(of(other).items).index(item) for item in bought.items]
    np.testing.assert_allclose(before.lately, after.lately[order])
    np.testing.assert_allclose(before.alike, after.alike[np.ix_(order, order)])


def test_offers_that_were_bought_are_counted_as_by_hand():
    table = lines()
    bought = of(table)
    found = next_offer.tried(bought).frame
    row = found[(found["bought"] == next_offer.NEW) & (found["way"] == next_offer.SELLERS)].iloc[0]
    end, start = (table["at"].max().normalize() - pd.Timedelta(days=back * bought.period) for back in (1, 2))
    day = table["at"].dt.normalize()
    known, recent = table[day <= end], table[(day <= end) & (day > start)]
    popular = recent.groupby("category")["customer_no"].nunique()
    hits = []
    for customer in recent["customer_no"].unique():
        new = set(bought.items) - set(known.loc[known["customer_no"] == customer, "category"])
        if new:
            best = max(new, key=lambda item: (popular.get(item, 0), -list(bought.items).index(item)))
            later = table[(table["customer_no"] == customer) & (day > end)]
            hits.append(best in set(later["category"]))
    assert row["n"] == len(hits)
    assert row["share"] == pytest.approx(np.mean(hits))
    assert row["share_low"] < row["share"] < row["share_high"]


def test_other_customers_are_asked_only_where_they_know_better():
    plain, tied = (next_offer.tried(of(lines(3, 600, circles=circles))) for circles in (1, 2))
    assert next_offer.chosen(plain)[next_offer.NEW] != next_offer.ALIKE
    assert next_offer.chosen(tied)[next_offer.NEW] == next_offer.ALIKE
    told = {finding.id: finding for finding in tied.claims(tied.frame.assign(hidden=False))}
    assert told["offers.new"].values["share"] > told["offers.new"].values["rest"]


def test_what_may_not_be_offered_is_not():
    bought = of(lines(), exclude=["item 1"], once=["item 2"])
    given = next_offer.customers(bought, next_offer.chosen(next_offer.tried(bought)))
    assert not given.isin(["item 1"]).any().any()
    assert not given["next_repeat"].eq("item 2").any()
    assert given["next_offer"].eq("item 2").any()
    owned = pd.DataFrame(bought.owned(2).toarray() > 0, bought.customers, bought.items)
    offer = given["next_offer"].dropna()
    assert not owned.to_numpy()[owned.index.get_indexer(offer.index), owned.columns.get_indexer(offer)].any()
    again = given["next_repeat"].dropna()
    assert owned.to_numpy()[owned.index.get_indexer(again.index), owned.columns.get_indexer(again)].all()


@pytest.mark.parametrize("table", [lines(n=60), lines().iloc[:0], lines().assign(category="all the same")])
def test_nothing_is_said_of_too_little(table):
    bought = purchases.purchases(table, purchases.item_column(table, None), LAST.date(), DAYS)
    found = next_offer.tried(bought)
    assert found.frame.empty
    assert next_offer.customers(bought, next_offer.chosen(found)).empty
    assert len(next_offer.limits(found)) == 1
