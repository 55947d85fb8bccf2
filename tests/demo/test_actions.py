"""The demo company's list of actions names pains that its data have, and nothing in the data follows it."""

from customer_profiles.analysis.pain_points.behaviour import BEHAVIOURS
from customer_profiles.demo.plan import load_plan
from customer_profiles.ingest.config.solutions import NAME, read_solutions, table


def test_actions_of_the_demo_are_about_pains_that_it_has(company, firms):
    plan = load_plan()
    pains = {each.name for each in BEHAVIOURS} | {pain["category"] for pain in plan.pains.values()}
    found = read_solutions(company.folder / NAME, {pain: pain for pain in pains})
    assert {each.pain for each in found} <= pains
    listed = table(found)
    # One of each kind: begun for all, begun for some, not begun, and without a cost.
    begun = listed["started_on"].notna()
    assert set(listed.loc[begun, "partial"]) == {True, False}
    assert (~begun).any()
    assert listed["cost_low"].isna().any()
    assert not (firms.folder / NAME).exists()
