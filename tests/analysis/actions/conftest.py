"""Tickets whose answers are known to help, or not to."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def make_tickets():
    def make(n: int, seed: int = 1, helps: float = 0.0) -> pd.DataFrame:
        """`n` customers with a ticket each; after a refund one contact does it more often by `helps`."""
        rng = np.random.default_rng(seed)
        opened = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 300 * 24, n), unit="h")
        answer = rng.choice(["refund", "information", "goodwill"], n)
        again = rng.random(n) < 0.4 - helps * (answer == "refund")
        return pd.DataFrame(
            {
                "customer_no": np.arange(n),
                "opened_at": opened,
                "closed_at": opened + pd.to_timedelta(rng.gamma(2, 12, n), unit="h"),
                "channel": rng.choice(["phone", "mail"], n),
                "resolution": answer,
                "reopened": again,
            }
        )

    return make
