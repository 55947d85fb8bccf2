"""Whether a lower price sells more at a time: a planted response is found, and none where prices only come and go."""

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.prediction import prices
from customer_profiles.privacy.disclosure import Gate

CATEGORIES = ["boots", "maps", "tents"]


def shop(seed, elasticity=0.0, n=300, levels=(0.0, 0.1, 0.25), vouchers=0.2, bulk=0.05):
    """A year of order lines; each product's price changes with the weeks, and of boots more are taken when it is low.

    Customers differ in how much they take. Some pay less by a voucher of their own, and who takes many pays less.
    """
    rng = np.random.default_rng(seed)
    lines = 40 * n
    product, customer, day = rng.integers(0, 6, lines), rng.integers(0, n, lines), rng.integers(0, 364, lines)
    off = rng.choice(levels, (6, 53))[product, day // 7]
    mean = 1.5 * rng.lognormal(0, 0.4, n)[customer] * np.exp(-0.3 * np.cos(day / 58))
    mean = mean * np.exp(elasticity * np.log(1 - off)) ** (product < 2)
    quantity = 1 + rng.poisson(mean)
    price = 20 * (1 + product) * (1 - off) * np.where(rng.random(lines) < vouchers, 0.8, 1)
    price = price * np.where(quantity >= 5, 1 - bulk, 1)
    return pd.DataFrame(
        {
            "customer_no": customer,
            "at": pd.Timestamp("2024-01-01") + pd.to_timedelta(day, unit="D"),
            "product_id": [f"product {one}" for one in product],
            "category": np.array(CATEGORIES)[product // 2],
            "quantity": quantity.astype(float),
            "amount": (quantity * price).round(2),
        }
    )


def told(result):
    return result.claims(Gate(10).guard(result).frame.assign(hidden=False))


def test_more_taken_at_lower_prices_is_found_where_it_is():
    found = prices.response(shop(1, elasticity=-1.5))
    assert sorted(found.frame["category"]) == CATEGORIES
    first = found.frame.iloc[0]
    assert first["category"] == "boots"
    assert first["n"] == 300
    assert found.frame["claim"].tolist() == [True, False, False]
    (one,) = told(found)
    assert one.values == {"category": "boots", "change": pytest.approx(first["ratio"] - 1), "less": pytest.approx(0.1)}
    assert one.message.endswith("more at a time.")


def test_the_interval_holds_what_was_planted():
    """One piece is taken anyway, so the others answer to the price: the slope at the mean is less than planted."""
    held = 0
    for seed in range(10):
        lines = shop(seed, elasticity=-1.5, n=150)
        boots = prices.response(lines).frame.set_index("category").loc["boots"]
        usual = lines[lines["category"] == "boots"]
        others = float((usual["quantity"] - 1).sum() / usual["quantity"].sum())
        truth = np.exp(-1.5 * others * np.log(prices.LOWER))
        held += boots["ratio_low"] - 0.01 <= truth <= boots["ratio_high"] + 0.01
    assert held >= 8


def test_it_is_what_statsmodels_says_of_the_same_lines():
    import statsmodels.formula.api as smf
    from statsmodels.genmod.families import Poisson

    lines = shop(3, elasticity=-1.0, n=150)
    found = prices.response(lines).frame.set_index("category")
    known = prices._priced(lines).query("category == 'maps'")
    referee = smf.glm("quantity ~ C(product_id) + C(month) + price", known, family=Poisson()).fit(
        cov_type="cluster", cov_kwds={"groups": known["customer_no"].to_numpy()}
    )
    assert found.loc["maps", "elasticity"] == pytest.approx(referee.params["price"], rel=1e-6)
    assert found.loc["maps", "p"] == pytest.approx(referee.pvalues["price"], rel=1e-6)


@pytest.mark.parametrize(("shops", "most"), [(6, 2), pytest.param(50, 7, marks=pytest.mark.slow)])
def test_where_nobody_minds_the_price_it_is_rarely_said(shops, most, record_property):
    claims = sum(bool(prices.response(shop(seed, n=150)).frame["claim"].any()) for seed in range(100, 100 + shops))
    record_property("claims_of_prices", claims)
    assert claims <= most


@pytest.mark.parametrize(
    "lines",
    [
        shop(4, levels=(0.0,)),
        shop(4, levels=(0.0, 0.2)),
        shop(4, n=60),
        shop(4).drop(columns="quantity"),
        shop(4).assign(quantity=np.nan),
        shop(4).assign(product_id=None),
        shop(4).head(0),
    ],
    ids=["one price", "two prices", "few customers", "no quantity", "unknown quantity", "no product", "nothing"],
)
def test_nothing_is_said_where_prices_hardly_change_or_are_not_known(lines):
    found = prices.response(lines)
    assert found.frame.empty
    assert found.frame.columns.tolist() == prices.COLUMNS
    assert found.findings(found.frame.assign(hidden=False)) == []
