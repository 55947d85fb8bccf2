"""What a result says, and what of it is seen, as a page would have it."""

from __future__ import annotations

import pandas as pd

from customer_profiles.messages import Finding
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.results import Result


def told(result: Result, least: int = 5) -> list[Finding]:
    """Findings of a result after the gate has marked what no sentence may speak of."""
    published = Gate(least).guard(result)
    return list(result.claims(published.marks(result.frame))) if result.claims and len(result) else []


def seen(result: Result) -> pd.DataFrame:
    """The frame of a result after the gate, with the smallest group at 10."""
    return Gate(10).guard(result).frame
