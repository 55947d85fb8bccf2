"""In companies where nothing depends on anything, no more is claimed than the correction promises.

Every family of comparisons promises to claim something in at most 5 % of such companies. The seeds were fixed before
the first run and are never chosen. The companies are made in two blocks, so that two workers share them; whichever
block is done last judges all.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from recovery.analysed import Analysed
from scipy.stats import binom

PROMISED = 0.05  # of the companies, for each family
SURE = 0.99  # a bound that a family which keeps its promise stays under with this probability
FAMILIES = (
    *("index", "standardised", "gaps", "uneven_gaps", "pairs", "areas"),
    *("pains", "pain_costs", "pain_drifts"),
    *("scores", "response", "score_drifts", "events"),
    *("channels", "funnels", "friction", "first_steps", "stages", "parity"),
)
BLOCKS = 2
QUICK = [pytest.param(range(101, 105), 600, block, marks=pytest.mark.xdist_group(f"null {block}")) for block in (0, 1)]
SLOW = [
    pytest.param(range(201, 251), 2000, block, marks=[pytest.mark.slow, pytest.mark.xdist_group(f"null slow {block}")])
    for block in (0, 1)
]


@pytest.fixture(scope="session")
def shared(tmp_path_factory, worker_id) -> Path:
    """A folder that all workers of this run see, and no other run."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


def claims(seed: int, customers: int) -> dict[str, int]:
    """Claims of each family in a null company; -1 where nothing could be tested.

    Whether segments are natural is decided before their stability is looked at, so two resamples do.
    """
    with TemporaryDirectory() as folder:
        company = Analysed(Path(folder), seed, customers, null=True, bootstraps=2)
        tables = {family: getattr(company, family) for family in FAMILIES}
        found = {
            family: int(table["claim"].sum()) if table["p_adjusted"].notna().any() else -1
            for family, table in tables.items()
        }
        return found | {"segments": int(company.segments.kind == "natural")}


def too_many(companies: list[dict[str, int]]) -> dict[str, int]:
    """Families that claim something in more companies than chance allows, and "all" for all of them together."""
    families = list(companies[0])
    wrong = {family: sum(company[family] > 0 for company in companies) for family in families}
    bounds = {family: binom.ppf(SURE, len(companies), PROMISED) for family in families}
    wrong["all"] = sum(wrong.values())
    bounds["all"] = binom.ppf(SURE, len(companies) * len(families), PROMISED)
    return {family: count for family, count in wrong.items() if count > bounds[family]}


@pytest.mark.parametrize(("seeds", "customers", "block"), [*QUICK, *SLOW])
def test_claims_stay_within_the_promise(seeds, customers, block, shared, record_property):
    found = {seed: claims(seed, customers) for seed in seeds[block::BLOCKS]}
    record_property("claims", json.dumps(found))
    assert not {seed: company for seed, company in found.items() if min(company.values()) < 0}, "a family had no test"
    part = shared / f"null_{seeds.start}_{block}.json"
    part.with_suffix(".part").write_text(json.dumps(list(found.values())))
    os.replace(part.with_suffix(".part"), part)
    parts = [shared / f"null_{seeds.start}_{each}.json" for each in range(BLOCKS)]
    companies = [company for path in parts if path.exists() for company in json.loads(path.read_text())]
    assert len(companies) in (len(found), len(seeds))
    assert not too_many(companies)


def test_a_broken_promise_is_noticed():
    def companies(wrong: int) -> list[dict[str, int]]:
        return [{"index": int(at < wrong), "pains": 0} for at in range(20)]

    assert too_many(companies(5)) == {"index": 5}
    assert too_many(companies(4)) == {}
