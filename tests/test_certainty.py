"""A report corrects between its questions, too."""

import numpy as np
import pandas as pd
import pytest

from customer_profiles.certainty import Certainty, across
from customer_profiles.messages import LIKELY, Finding, Text
from customer_profiles.reporting import findings, memo, storyline
from customer_profiles.reporting.language import Language
from customer_profiles.reporting.panel import Panel, family_p
from customer_profiles.results import OVERLAPPING, Result
from customer_profiles.stats.comparisons import adjust
from customer_profiles.stats.families import Family


def panel(name, simes, kind="difference"):
    claim = Finding("Something differs.", id=f"{name}.first", kind=kind, p_adjusted=simes, effect=0.1, reach=100)
    return Panel(name, Text("Subject"), (claim,), simes=simes)


def test_one_find_among_many_questions_is_only_likely():
    chapters = {"02": [panel("traits", 0.03)], "03": [panel(f"q{i}", 0.5, "nothing") for i in range(9)]}
    certainty = across(chapters)
    assert (certainty.asked, certainty.found, certainty.kept) == (10, 1, 0)
    assert certainty.likely == {"traits.first"}
    (claim,) = certainty.panel(chapters["02"][0]).claims
    assert memo.sure(claim) == LIKELY
    assert findings.NOT_OVERALL in findings.evidence(claim, Language("en"))


def test_a_strong_find_stays_certain_and_none_of_its_own_comparisons_counts_twice():
    chapters = {"02": [panel("traits", 1e-5), panel("again", None)], "03": [panel("q", 0.5, "nothing")]}
    certainty = across(chapters)
    assert (certainty.asked, certainty.found, certainty.kept) == (2, 1, 1)
    assert not certainty.likely


def test_what_holds_by_itself_only_is_no_headline_and_comes_after_what_holds():
    sure = Finding("Sales fell.", id="kpi.sales", kind="difference", p_adjusted=1e-4, effect=0.1, reach=10)
    weak = Finding("Buyers fell.", id="kpi.buyers", kind="difference", p_adjusted=0.04, effect=0.5, reach=10)
    marked = Certainty(likely=frozenset({"kpi.buyers"})).of([weak, sure])
    assert storyline.strongest(marked)[0].id == "kpi.sales"
    assert memo.headline(marked, Language("en")) == "Sales fell."
    assert memo.headline(marked[:1], Language("en")) == ""


def test_nothing_tested_says_nothing():
    assert across({"01": [panel("counts", None)]}).told() is None


def test_the_family_p_is_the_one_of_simes_with_rows_that_are_not_shown():
    rng = np.random.default_rng(1)
    table = adjust(pd.DataFrame({"n": 100, "p": rng.uniform(size=20) ** 3}))
    result = Result("some", table, Text("Some"), OVERLAPPING, family=20)
    assert family_p(result, ()) == pytest.approx(Family.of(table["p"]).simes)


def test_what_is_claimed_by_an_interval_is_not_counted_among_the_tested():
    result = Result("skill", pd.DataFrame({"n": [100]}), Text("Skill"), OVERLAPPING, family=2)
    claimed = Finding("Better.", id="skill", kind="difference", interval=(0.1, 0.2))
    assert family_p(result, (claimed,)) is None
    assert family_p(result, (Finding("No better.", id="skill.nothing", kind="nothing"),)) == 1.0


def test_without_structure_a_report_rarely_calls_something_certain(record_property):
    """Thirty families: by themselves most reports have one or more that claim something; together about 5 %."""
    rng = np.random.default_rng(2)
    reports, single, whole = 400, 0, 0
    for _ in range(reports):
        panels = [panel(f"f{i}", p) for i, p in enumerate(rng.uniform(size=30))]  # as Simes p-values are
        certainty = across({"02": panels})
        single += certainty.found > 0
        whole += certainty.kept > 0
    record_property("certain", whole / reports)
    assert single / reports > 0.5
    assert whole / reports < 0.09
