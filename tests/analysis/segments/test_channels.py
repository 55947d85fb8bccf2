import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import Table
from statsmodels.stats.proportion import proportion_confint

from customer_profiles.analysis.segments import channels
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.results import Result


@pytest.fixture
def profile() -> pd.DataFrame:
    """The old ask for the phone and buy in the store, the young ask for the web and buy there."""
    young, old = 300, 200
    return pd.DataFrame(
        {
            "customer_no": range(young + old),
            "age_band": ["18–24"] * young + ["65+"] * old,
            "preferred_channel": ["web"] * young + ["phone"] * old,
            "main_order_channel": ["web"] * 290 + ["store"] * 10 + ["store"] * old,
        }
    )


@pytest.fixture
def tickets() -> pd.DataFrame:
    return pd.DataFrame(
        {"customer_no": [0, 0, 0, *range(300, 340)], "channel": ["chat", "app", "chat", *["phone"] * 40]}
    )


def disagreement(profile: pd.DataFrame, attributes: list[str]) -> Result:
    """Who acts otherwise than they ask, as the notebook asks it."""
    ways = channels.evidence(profile)
    asked, seen = ways[channels.ASKED], ways.drop(columns=channels.ASKED)
    both = asked.notna() & seen.notna().any(axis=1)
    return channels.disagreement(profile[both], ~seen[both].eq(asked[both], axis=0).any(axis=1), attributes)


def shifts(profile: pd.DataFrame, orders: dict | None = None) -> Result:
    return channels.shifts(profile, channels.evidence(profile), orders)


def test_help_is_where_most_of_it_was_asked_for(profile, tickets):
    found = channels.with_help(profile, tickets)["help_channel"]
    assert found[0] == "chat"
    assert found[300:340].eq("phone").all()
    assert found.notna().sum() == 41


def test_asked_beside_observed(profile, tickets):
    ways = channels.evidence(channels.with_help(profile, tickets))
    table = channels.preferences(ways).frame.set_index(["evidence", "value"])
    asked = table.loc[("what they ask for", "self-service")]
    assert (asked["n"], asked["base"]) == (300, 500)
    assert (asked["share_low"], asked["share_high"]) == pytest.approx(proportion_confint(300, 500, method="wilson"))
    assert table.loc[("where they ask for help", "remote"), "n"] == 41
    assert table.groupby("evidence")["n"].sum().equals(table.groupby("evidence")["base"].first())


def test_who_acts_otherwise_is_found(profile, tickets):
    known = channels.with_help(profile, tickets)
    result = disagreement(known, ["age_band"])
    table = result.frame.set_index("value")
    # Forty of the old ask for help by phone, as they wish; ten of the young buy in the store.
    assert table["n"].to_dict() == {"18–24": 10, "65+": 160}
    assert table["claim"].all()
    first, *groups = result.claims(result.frame)
    assert first.values["share"] == 170 / 500
    assert {finding.values["value"] for finding in groups} == {"18–24", "65+"}


def test_routes_name_a_first_channel_and_the_next(profile, tickets):
    labels = pd.Series(np.where(profile["age_band"] == "65+", 2, 1))
    table = channels.routing(channels.with_help(profile, tickets), labels).frame.set_index("segment")
    assert table["first_channel"].to_dict() == {1: "web", 2: "phone"}
    assert table.loc[2, "then_channel"] == "phone"
    assert pd.isna(table.loc[1, "then_channel"])  # one customer who chatted is no evidence


def test_nothing_is_claimed_where_asking_and_acting_are_unrelated_to_age():
    rng = np.random.default_rng(4)
    claimed = 0
    for _ in range(100):
        n = 600
        profile = pd.DataFrame(
            {
                "age_band": rng.choice(["a", "b", "c", "d"], n),
                "preferred_channel": rng.choice(["web", "phone", "store"], n),
                "main_order_channel": rng.choice(["web", "store"], n),
            }
        )
        claimed += disagreement(profile, ["age_band"]).frame["claim"].any()
    assert claimed <= 11  # 99 % binomial bound of 5 %


def test_without_any_channel_it_says_so():
    profile = pd.DataFrame({"customer_no": range(60), "age_band": ["a", "b"] * 30})
    for customers in (profile, profile[:1], profile[:0], profile.assign(preferred_channel=None)):
        preferences = channels.preferences(channels.evidence(customers))
        assert (len(preferences), preferences.needs) == (0, "preferred_channel")
        nobody = disagreement(customers, ["age_band"])
        assert (len(nobody), nobody.claims, nobody.needs) == (0, None, "preferred_channel")
        assert len(shifts(customers, {"age_band": ("a", "b")})) == 0
        routes = channels.routing(customers, pd.Series(1, customers.index))
        assert (len(routes), routes.needs) == (0, "preferred_channel")
        assert {"segment", "first_channel", "then_base"} <= set(routes.frame)
    assert len(channels.limits(profile)) == 1


def test_without_segments_there_is_no_route(profile):
    assert len(channels.routing(profile, pd.Series(pd.NA, profile.index, dtype="Int64"))) == 0


def test_small_counts_are_hidden_and_not_told(profile, tickets):
    gate = Gate(10)
    known = channels.with_help(profile, tickets.assign(channel=["store"] * 3 + ["phone"] * 40))
    ways = gate.guard(channels.preferences(channels.evidence(known))).frame.set_index(["evidence", "value"])
    assert ways.loc[(channels.HELPED, "personal"), "suppressed"]
    few = profile.assign(main_order_channel=["web"] * 296 + ["store"] * 204)
    result = disagreement(few, ["age_band"])
    guarded = gate.guard(result)
    assert guarded.frame["suppressed"].all()
    assert [finding.id for finding in result.claims(guarded.marks(result.frame))] == ["channels.disagreement"]
    moved = shifts(few, {"age_band": ("18–24", "65+")})
    hidden = gate.guard(moved).frame.set_index(["evidence", "value"])["suppressed"]
    assert hidden.loc[(channels.BOUGHT, "18–24")].any()
    routes = channels.routing(profile, pd.Series(np.where(profile.index < 4, 2, 1)), 2)
    assert gate.guard(routes).frame["suppressed"].tolist() == [False, True]


def test_the_trend_of_shares_is_that_of_cochran_and_armitage():
    hits, base = np.array([30, 50, 70, 60]), np.array([200, 210, 190, 120])
    found = channels.trend_of_shares(hits, base)
    table = Table(np.column_stack([hits, base - hits]))
    expected = table.test_ordinal_association(row_scores=np.arange(4), col_scores=np.array([1, 0]))
    # statsmodels divides by n - 1 where Armitage divides by n.
    assert found["p"] == pytest.approx(expected.pvalue, rel=0.05)
    assert found["effect"] > 0
    assert np.isnan(channels.trend_of_shares(hits[:1], base[:1])["p"])
    assert np.isnan(channels.trend_of_shares(base, base)["p"])


def test_ways_shift_with_age_asked_and_observed(profile, tickets):
    orders = {"age_band": ("18–24", "65+")}
    result = shifts(channels.with_help(profile, tickets), orders)
    table = result.frame
    rows = table.set_index(["evidence", "way", "value"]).sort_index()
    old = rows.loc[("what they ask for", "self-service", "65+")]
    assert (old["n"], old["base"], old["claim"]) == (0, 200, True)
    assert (old["share_low"], old["share_high"]) == pytest.approx(proportion_confint(0, 200, method="wilson"))
    assert rows.loc[("where they buy", "personal"), "n"].to_dict() == {"18–24": 10, "65+": 200}
    said = {finding.id: finding.values for finding in result.claims(table)}
    asked = said["shift.what_they_ask_for.remote"]
    assert (asked["first_share"], asked["last_share"]) == (0, 1)


@pytest.mark.slow  # null companies cover it in every run
def test_no_shift_is_said_and_rarely_claimed():
    rng = np.random.default_rng(8)
    claims = 0
    for _ in range(60):
        profile = pd.DataFrame(
            {
                "age_band": rng.choice(["young", "middle", "old"], 400),
                "preferred_channel": rng.choice(["web", "phone", "store"], 400),
                "main_order_channel": rng.choice(["web", "store"], 400),
            }
        )
        result = shifts(profile, {"age_band": ("young", "middle", "old")})
        table = result.frame
        claims += table["claim"].any()
        said = result.claims(table)
        assert (said[0].kind == "nothing") == (not table["claim"].any())
    assert claims <= 7  # 5 % of 60; more than 7 would have a probability of 0.9 %


def test_without_an_order_or_a_second_way_nothing_shifts(profile):
    assert len(shifts(profile)) == 0
    alike = profile.assign(preferred_channel="web", main_order_channel="web")
    assert len(shifts(alike, {"age_band": ("18–24", "65+")})) == 0
