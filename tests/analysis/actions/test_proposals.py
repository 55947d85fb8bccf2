"""What is proposed: worst pains first, with the answer that went best."""

import numpy as np
import pandas as pd

from customer_profiles.analysis.actions import proposals
from customer_profiles.privacy.disclosure import Gate


def tables():
    pains = ["a", "b", "c", "few"]
    reached = pd.DataFrame({"pain": pains, "evidence": "theme", "n": [100, 50, 300, 4], "base": 1000})
    reached = reached.assign(share=reached["n"] / 1000, share_low=0.0, share_high=1.0)
    costs = pd.DataFrame({"pain": pains, "outcome": "score", "difference": [-1.0, -3.0, -0.1, -9.0]})
    costs["claim"] = [True, True, True, True]
    costs = costs.assign(difference_low=costs["difference"] - 0.5, difference_high=costs["difference"] + 0.5)
    best = pd.DataFrame({"pain": ["b"], "resolution": ["refund"], "n": [30], "settled_share": [0.9], "claim": [True]})
    return reached, costs, best.assign(settled_share_low=0.8, settled_share_high=0.95)


def worst(reached, costs, best):
    return proposals.worst(reached, costs[costs["outcome"] == "score"], best)


def claims_of(result, hidden=False):
    return result.claims(result.frame.assign(hidden=hidden))


def test_the_cautious_end_of_the_harm_decides_and_then_the_number():
    result = worst(*tables())
    table = result.frame
    assert table["pain"].tolist() == ["b", "a", "c"]
    assert table["harm"].tolist() == [125.0, 50.0, 0.0]  # 50 × 2.5, 100 × .5, and an interval that holds 0
    assert table["resolution"].tolist()[0] == "refund"
    said = claims_of(result)[0]
    assert (said.values["pain"], said.values["resolution"], said.reach) == ("b", "refund", 50)
    assert claims_of(result, hidden=[True, False, False])[0].values["pain"] == "a"


def test_the_worst_pain_without_an_action_is_named():
    result = worst(*tables())
    hits = pd.DataFrame({"pain": ["a"] * 10 + ["b"] * 9, "customer_no": [*range(10), *range(5), *range(20, 24)]})
    listed = proposals.unanswered(result, pd.DataFrame({"pain": ["b", "z"]}), hits)
    assert [(claim.id, claim.values["pain"]) for claim in claims_of(listed)] == [
        ("proposal.first", "b"),
        ("proposal.unanswered", "a"),
    ]
    for answered in ([], ["a", "b"]):  # no list at all is told elsewhere; what does no harm needs no action
        assert len(claims_of(proposals.unanswered(result, pd.DataFrame({"pain": answered}), hits))) == 1
    also = pd.concat([hits, pd.DataFrame({"pain": "b", "customer_no": [5]})])  # most of those with a have b, too
    assert len(claims_of(proposals.unanswered(result, pd.DataFrame({"pain": ["b"]}), also))) == 1


def test_without_scores_the_most_frequent_comes_first():
    reached, costs, best = tables()
    result = worst(reached, costs[:0], best[:0])
    assert result.frame["pain"].tolist() == ["c", "a", "b"]
    assert np.isnan(result.frame["harm"]).all()
    assert claims_of(result) == []
    nothing = worst(reached[:0], costs[:0], best[:0])
    assert not len(nothing)
    assert claims_of(nothing) == []
    assert proposals.proposals(nothing.frame) == []


def test_a_proposal_names_the_answer_where_one_is_known():
    made = proposals.proposals(worst(*tables()).frame)
    assert [(each.pain, each.customers) for each in made] == [("b", 50), ("a", 100), ("c", 300)]
    assert made[0].text.values == {"pain": "b", "resolution": "refund"}
    assert "cause" in made[1].text.message


def test_what_chance_may_have_made_is_neither_harm_nor_advice():
    reached, costs, best = tables()
    result = worst(reached, costs.assign(claim=[True, False, False, True]), best.assign(claim=False))
    table = result.frame
    assert table["pain"].tolist() == ["a", "c", "b"]
    assert table["harm"].tolist() == [50.0, 0.0, 0.0]
    assert "resolution" not in claims_of(result)[0].values
    assert ["cause" in each.text.message for each in proposals.proposals(table)] == [True] * 3
    assert claims_of(worst(reached, costs.assign(claim=False), best)) == []


def test_small_counts_are_hidden():
    reached, costs, best = tables()
    result = proposals.worst(reached, costs[costs["outcome"] == "score"], best, least=1)
    page = Gate(10).guard(result).frame.set_index("pain")
    assert page["suppressed"].to_dict() == {"b": False, "a": False, "few": True, "c": False}
    assert page.loc["few", ["n", "harm", "difference"]].isna().all()
