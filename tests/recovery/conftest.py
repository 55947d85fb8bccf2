"""Demo companies whose truth the analysis has to find again."""

from __future__ import annotations

import pytest
from recovery.analysed import Analysed

SEEDS = (1, 2, 3)


@pytest.fixture(scope="session")
def companies(tmp_path_factory) -> dict[int, Analysed]:
    """The companies of this session, by seed; each is made when a test first needs it."""

    class Companies(dict):
        def __missing__(self, seed: int) -> Analysed:
            self[seed] = Analysed(tmp_path_factory.mktemp(f"seed_{seed}"), seed)
            return self[seed]

    return Companies()


# One worker makes a company and runs all its tests.
@pytest.fixture(params=[pytest.param(seed, marks=pytest.mark.xdist_group(f"company {seed}")) for seed in SEEDS])
def company(request, companies) -> Analysed:
    """A company of 2,000 customers with everything planted in it."""
    return companies[request.param]
