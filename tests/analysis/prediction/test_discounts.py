"""What is bought at a discount, counted in customers."""

import pandas as pd

from customer_profiles.analysis.prediction import discounts
from customer_profiles.privacy.disclosure import Gate


def lines(**shares):
    """Customers with four lines each, and how many of these were cheaper."""
    rows = [(name, 1.0 if line < cheap else None) for name, cheap in shares.items() for line in range(4)]
    return pd.DataFrame(rows, columns=["customer_no", "discount"])


def test_customers_are_counted_by_the_part_they_buy_at_a_discount():
    shares = {f"customer {number}": number % 5 for number in range(100)}
    found = discounts.by_customer(lines(**shares))
    assert found.frame["n"].tolist() == [40, 20, 20, 20]
    assert found.frame["base"].eq(100).all()
    (told,) = found.claims(Gate(10).guard(found).frame.assign(hidden=False))
    assert told.values["share"] == 0.4


def test_nothing_is_told_where_nobody_has_a_discount_or_bought_enough():
    assert discounts.by_customer(lines(a=0, b=0)).frame.empty
    assert discounts.by_customer(lines(a=2).head(2)).frame.empty
