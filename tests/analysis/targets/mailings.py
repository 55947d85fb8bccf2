"""Customers of whom some are contacted and some held back, with a known effect."""

from datetime import date

import numpy as np
import pandas as pd

AS_OF = date(2025, 12, 31)
SENT = pd.Timestamp("2025-06-01 09:00")


def mailing(seed, n=6000, brings=0.0, moves=0.0, by_trait=False):
    """Two arms and a control group: ``campaigns, lines, profile``.

    Parameters
    ----------
    brings : float
        Added to the chance to respond by arm "Spring".
    moves : float
        Added for region "a", in both arms.
    by_trait : bool
        Whether the region decides who is held back.
    """
    rng = np.random.default_rng(seed)
    region = rng.choice(list("abcdef"), n)
    arm = rng.integers(0, 3, n)
    if by_trait:
        arm = np.where(region == "a", 0, arm)
    p = 0.2 + brings * (arm == 1) + moves * ((arm > 0) & (region == "a"))
    did = rng.random(n) < p
    campaigns = pd.DataFrame(
        {
            "customer_no": np.arange(n),
            "at": SENT,
            "campaign": np.array(["Nothing", "Spring", "Sale"])[arm],
            "control_group": pd.array(arm == 0, dtype="boolean"),
            "responded_at": pd.Series(pd.NaT, range(n)).mask(did, SENT + pd.Timedelta(days=3)),
        }
    )
    lines = pd.DataFrame({"customer_no": np.arange(n), "at": SENT + pd.Timedelta(days=5), "amount": 50.0})[did]
    old = np.flatnonzero(rng.random(n) < 0.2)
    before = pd.DataFrame({"customer_no": old, "at": SENT - pd.Timedelta(days=20), "amount": 40.0})
    profile = pd.DataFrame(
        {
            "customer_no": np.arange(n),
            "region": region,
            "age": rng.integers(18, 80, n),
            "gender": rng.choice(["f", "m"], n),
        }
    )
    return campaigns, pd.concat([before, lines], ignore_index=True), profile
