"""Answers and what followed: counted by hand, tested against scipy, and silent where nothing is to be found."""

import dataclasses
from datetime import date

import numpy as np
import pandas as pd
import pytest
from known_pains import evidence_of_tickets
from scipy import stats

from customer_profiles.analysis.actions import resolutions
from customer_profiles.ingest.contract import empty_table
from customer_profiles.privacy.disclosure import Gate

AS_OF = date(2025, 12, 31)


def cases_of(tickets, pains=None, feedback=None):
    evidence = evidence_of_tickets(tickets, pains if pains is not None else ["delivery"] * len(tickets))
    return resolutions.cases(evidence, resolved(tickets, resolutions.answered(tickets), feedback), AS_OF)


def resolved(tickets, resolution, feedback=None, days=90):
    """The tickets with what the chapter adds to them."""
    feedback = empty_table("feedback") if feedback is None else feedback
    hours = (tickets["closed_at"] - tickets["opened_at"]).dt.total_seconds() / 3600
    score = resolutions.score_after(tickets, feedback, days)
    return tickets.assign(resolution=resolution, hours=hours, score=score)


def claims_of(result, hidden=False):
    return result.claims(result.frame.assign(hidden=hidden))


def test_a_customer_counts_once_with_the_first_ticket():
    opened = pd.to_datetime(["2025-03-01", "2025-01-01", "2025-12-30", "2025-05-01"])
    tickets = pd.DataFrame({"customer_no": [1, 1, 2, 3], "opened_at": opened, "closed_at": opened + pd.Timedelta("6h")})
    tickets = tickets.assign(resolution=["late", "early", "early", None], reopened=[True, False, False, False])
    evidence = evidence_of_tickets(tickets, ["a", "a", "a", "a"])
    found = resolutions.cases(evidence, resolved(tickets, tickets["resolution"]), AS_OF)
    own = found[found["pain"] == "a"].set_index("customer_no")
    assert own["resolution"].to_dict() == {1: "early", 2: "early"}  # the third is open
    assert own["settled"].fillna(-1).to_dict() == {1: 1.0, 2: -1.0}  # of a ticket of yesterday it cannot be told
    assert own["hours"].tolist() == [6.0, 6.0]
    assert (found["pain"] == resolutions.ALL).sum() == 2


def test_the_next_score_after_the_end_counts():
    opened = pd.to_datetime(["2025-03-01 10:00", "2025-03-01 10:00", "2025-03-01 10:00"])
    tickets = pd.DataFrame({"customer_no": [1, 2, 3], "opened_at": opened, "closed_at": opened + pd.Timedelta("30h")})
    tickets = tickets.assign(resolution="refund")
    days = ["2025-03-01", "2025-03-02", "2025-03-20", "2025-03-05", "2025-09-01"]
    feedback = pd.DataFrame({"customer_no": [1, 1, 1, 2, 3], "at": pd.to_datetime(days), "metric": "csat"})
    feedback = feedback.assign(score=[1.0, 4.0, 2.0, 5.0, 5.0])
    evidence = evidence_of_tickets(tickets, ["a"] * 3)
    found = resolutions.cases(evidence, resolved(tickets, tickets["resolution"], feedback, days=90), AS_OF)
    own = found[found["pain"] == "a"].set_index("customer_no")
    assert own["score"].fillna(-1).to_dict() == {1: 4.0, 2: 5.0, 3: -1.0}
    assert resolutions.score_after(tickets, feedback, 90).name == "csat"


def test_shares_and_means_of_few_are_not_told(make_tickets):
    tickets = make_tickets(60)
    feedback = tickets.head(4)[["customer_no"]].assign(
        at=tickets["closed_at"], metric="csat", score=[1.0, 2.0, 3.0, 4.0]
    )
    table = resolutions.by_answer(cases_of(tickets, feedback=feedback)).frame
    assert table["score_after"].isna().all()
    assert table["settled_share"].notna().all()
    row = table[(table["pain"] == "delivery") & (table["resolution"] == "refund")].iloc[0]
    own = tickets[tickets["resolution"] == "refund"]
    assert (row["n"], row["base"]) == (len(own), 60)
    assert row["settled_share"] == pytest.approx(1 - own["reopened"].mean())
    assert row["resolution_hours"] == pytest.approx(
        (own["closed_at"] - own["opened_at"]).dt.total_seconds().median() / 3600
    )


def test_the_comparison_agrees_with_mann_and_whitney_in_one_stratum(make_tickets):
    tickets = make_tickets(300, helps=0.2).assign(channel="mail")
    found = resolutions.compare(cases_of(tickets)).frame.set_index(["pain", "resolution", "measure"])
    hours = (tickets["closed_at"] - tickets["opened_at"]).dt.total_seconds() / 3600
    refund = (tickets["resolution"] == "refund").to_numpy()
    for measure, values in (("hours", -hours), ("reopened", -tickets["reopened"].astype(float))):
        own, rest = values[refund], values[~refund]
        referee = stats.mannwhitneyu(own, rest, use_continuity=False, method="asymptotic")
        row = found.loc[("delivery", "refund", measure)]
        assert row["p"] == pytest.approx(referee.pvalue)
        assert row["cliffs_delta"] == pytest.approx(2 * referee.statistic / (len(own) * len(rest)) - 1)
        assert row["cliffs_delta_low"] < row["cliffs_delta"] < row["cliffs_delta_high"]


def test_an_answer_that_helps_is_found_and_called_an_association(make_tickets):
    tickets = make_tickets(600, helps=0.3)
    cases = cases_of(tickets)
    result = resolutions.compare(cases)
    found = result.frame
    claimed = found[found["claim"] & (found["measure"] == "settled") & (found["cliffs_delta"] > 0)]
    assert set(claimed["resolution"]) == {"refund"}
    best = resolutions.best(resolutions.by_answer(cases).frame, found)
    assert (best["resolution"].tolist(), best["claim"].tolist()) == (["refund"], [True])
    said = claims_of(result)
    assert all("association" in finding.message and finding.p_adjusted <= 0.05 for finding in said)
    assert claims_of(result, hidden=True)[0].kind == "nothing"


def test_an_answer_to_easier_channels_is_not_mistaken_for_a_better_one():
    rng = np.random.default_rng(3)
    n = 1200
    phone = rng.random(n) < 0.5
    answer = np.where(rng.random(n) < np.where(phone, 0.8, 0.2), "refund", "information")
    opened = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 300, n), unit="D")
    tickets = pd.DataFrame({"customer_no": np.arange(n), "opened_at": opened, "closed_at": opened + pd.Timedelta("1h")})
    tickets = tickets.assign(resolution=answer, channel=np.where(phone, "phone", "mail"))
    tickets["reopened"] = rng.random(n) < np.where(phone, 0.1, 0.6)
    assert not resolutions.compare(cases_of(tickets)).frame["claim"].any()
    assert resolutions.compare(cases_of(tickets.drop(columns="channel"))).frame["claim"].any()


# Bounds that a rate of 5 % exceeds by chance in about one of a hundred such sets.
@pytest.mark.parametrize(("companies", "most"), [(20, 0.15), pytest.param(200, 0.09, marks=pytest.mark.slow)])
def test_where_answers_make_no_difference_hardly_ever_one_is_claimed(make_tickets, companies, most):
    claimed = []
    for seed in range(companies):
        tickets = make_tickets(240, seed=seed)
        pains = np.random.default_rng(seed).choice(["a", "b", "c"], len(tickets))
        claimed.append(bool(resolutions.compare(cases_of(tickets, pains)).frame["claim"].any()))
    assert np.mean(claimed) <= most


def test_rare_answers_stay_unnamed_and_texts_are_grouped(make_tickets):
    tickets = make_tickets(90)
    tickets.loc[:3, "resolution"] = "called Erika back"
    tickets.loc[4:6, "resolution"] = " Refund "
    assert set(resolutions.codes(tickets)) == {"refund", "information", "goodwill", resolutions.OTHER_ANSWER}
    endings = np.random.default_rng(1).choice(["Thanks.", "Regards.", "All fine now.", "Have a good day."], 90)
    said = np.where(np.arange(90) % 2, "money sent back to the account", "new parcel sent with the courier")
    written = tickets.assign(
        resolution=[f"{text} {number}. {end}" for number, (text, end) in enumerate(zip(said, endings, strict=True))]
    )
    assert resolutions.codes(written) is None
    grouped = resolutions.answered(written, least=5)
    assert grouped.nunique() >= 2
    assert "Erika" not in "".join(grouped.dropna())


def test_without_resolutions_or_ends_nothing_is_told(make_tickets):
    tickets = make_tickets(60)
    for poorer in (tickets.drop(columns="resolution"), tickets.assign(closed_at=pd.NaT), empty_table("tickets")):
        cases = cases_of(poorer)
        assert cases.empty
        answers, comparisons = resolutions.by_answer(cases), resolutions.compare(cases)
        assert (len(answers), answers.needs) == (0, "tickets")
        assert claims_of(comparisons) == []
        assert resolutions.best(answers.frame, comparisons.frame).empty
        assert "tickets" in resolutions.limits(cases)[0].needs
        assert resolutions.facts(cases, comparisons)["answers_compared"] == 0


def test_small_counts_are_hidden(make_tickets):
    tickets = make_tickets(90)
    tickets.loc[:3, "resolution"] = "exception"
    evidence = evidence_of_tickets(tickets, ["delivery"] * len(tickets))
    cases = resolutions.cases(evidence, resolved(tickets, tickets["resolution"]), AS_OF)
    page = Gate(10).guard(resolutions.by_answer(cases)).frame
    assert page.loc[page["resolution"] == "exception", "n"].isna().all()
    assert page.groupby("pain")["suppressed"].sum().min() >= 2  # one alone follows from the total
    effects = resolutions.compare(cases)
    few = dataclasses.replace(effects, frame=effects.frame.assign(n=4))
    assert Gate(10).guard(few).frame["cliffs_delta"].isna().all()
