"""What is proposed: worst pains first, with the answer that went best."""

import numpy as np
import pandas as pd

from customer_profiles.analysis.actions import proposals


def tables():
    pains = ["a", "b", "c", "few"]
    reached = pd.DataFrame({"pain": pains, "evidence": "theme", "n": [100, 50, 300, 4], "base": 1000})
    reached = reached.assign(share=reached["n"] / 1000, share_low=0.0, share_high=1.0)
    costs = pd.DataFrame({"pain": pains, "outcome": "score", "difference": [-1.0, -3.0, -0.1, -9.0]})
    costs["claim"] = [True, True, True, True]
    costs = costs.assign(difference_low=costs["difference"] - 0.5, difference_high=costs["difference"] + 0.5)
    best = pd.DataFrame({"pain": ["b"], "resolution": ["refund"], "n": [30], "settled_share": [0.9], "claim": [True]})
    return reached, costs, best.assign(settled_share_low=0.8, settled_share_high=0.95)


def test_the_cautious_end_of_the_harm_decides_and_then_the_number():
    table = proposals.worst(*tables())
    assert table["pain"].tolist() == ["b", "a", "c"]
    assert table["harm"].tolist() == [125.0, 50.0, 0.0]  # 50 × 2.5, 100 × .5, and an interval that holds 0
    assert table["resolution"].tolist()[0] == "refund"
    said = proposals.findings(table)[0]
    assert (said.values["pain"], said.values["resolution"], said.reach) == ("b", "refund", 50)
    assert proposals.findings(table.assign(hidden=[True, False, False]))[0].values["pain"] == "a"


def test_without_scores_the_most_frequent_comes_first():
    reached, costs, best = tables()
    table = proposals.worst(reached, costs[:0], best[:0])
    assert table["pain"].tolist() == ["c", "a", "b"]
    assert np.isnan(table["harm"]).all()
    assert proposals.findings(table) == []
    assert proposals.proposals(proposals.worst(reached[:0], costs[:0], best[:0])) == []


def test_a_proposal_names_the_answer_where_one_is_known_and_leaves_out_what_is_done():
    table = proposals.worst(*tables())
    made = proposals.proposals(table, done={"a"})
    assert [(each.pain, each.customers) for each in made] == [("b", 50), ("c", 300)]
    assert made[0].text.values == {"pain": "b", "resolution": "refund"}
    assert "cause" in made[1].text.message


def test_what_chance_may_have_made_is_neither_harm_nor_advice():
    reached, costs, best = tables()
    table = proposals.worst(reached, costs.assign(claim=[True, False, False, True]), best.assign(claim=False))
    assert table["pain"].tolist() == ["a", "c", "b"]
    assert table["harm"].tolist() == [50.0, 0.0, 0.0]
    assert "resolution" not in proposals.findings(table)[0].values
    assert ["cause" in each.text.message for each in proposals.proposals(table)] == [True] * 3
    assert proposals.findings(proposals.worst(reached, costs.assign(claim=False), best)) == []
