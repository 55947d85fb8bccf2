import numpy as np
import pandas as pd
import pytest

from customer_profiles.stats.adjusted import adjusted_change


def test_intervals_of_both_parts_are_those_of_customers_drawn_anew():
    rng = np.random.default_rng(4)
    n = 600
    group = rng.random((2, n)) < [[0.3], [0.5]]  # the mix moves towards the group that has more
    bottom = rng.poisson(2, (2, n)) + 1.0
    top = rng.poisson(bottom * (1 + group) * rng.gamma(4, 0.25, n))
    rows = pd.DataFrame(
        {"top": top.ravel(), "bottom": bottom.ravel(), "now": np.repeat([False, True], n), "group": group.ravel()}
    )
    rows["customer"] = np.tile(np.arange(n), 2)

    def of(rows):
        return adjusted_change(rows["top"], rows["bottom"], rows["now"], rows["customer"], rows[["group"]])

    drawn = [np.concatenate([pick, pick + n]) for pick in rng.integers(0, n, (400, n))]
    again = pd.DataFrame([of(rows.iloc[pick].assign(customer=np.tile(np.arange(n), 2))) for pick in drawn])
    found = of(rows)
    assert found.mix + found.behaviour == pytest.approx(found.change)
    assert (found.high - found.low) / 2 / 1.96 == pytest.approx(again["behaviour"].std(), rel=0.15)
    assert (found.mix_high - found.mix_low) / 2 / 1.96 == pytest.approx(again["mix"].std(), rel=0.15)
    assert found.mix_low > 0
