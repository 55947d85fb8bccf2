from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from customer_profiles.analysis.feedback import trend
from customer_profiles.analysis.pain_points import aftermath, prevalence
from customer_profiles.analysis.pain_points.observations import BEHAVIOUR, HITS, REASON, THEME, Evidence
from customer_profiles.ingest.contract import empty_table
from customer_profiles.messages import Finding
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.results import Result


def evidence_of(hits: pd.DataFrame, occasions: pd.DataFrame | None = None) -> Evidence:
    """Evidence from ``customer_no, pain`` and whatever else is known."""
    hits = pd.DataFrame({"evidence": THEME, "source": "tickets", "at": pd.NaT, "row": -1} | dict(hits.items()))
    none = pd.DataFrame({name: pd.Series(dtype="object") for name in ("pain", "customer_no", "at", "hit")})
    return Evidence(hits[list(HITS)], none if occasions is None else occasions)


def prevalence_of(evidence: Evidence, profile: pd.DataFrame, tickets: pd.DataFrame) -> Result:
    """How frequent each pain is, counted as the chapter does it."""
    if {"closed_at", "opened_at"} <= set(tickets):
        tickets = tickets.assign(hours=(tickets["closed_at"] - tickets["opened_at"]).dt.total_seconds() / 3600)
    pains = evidence.pains.groupby(["evidence", "pain"], as_index=False)
    counts = pains.agg(n=("customer_no", "size"), times=("n", "sum"))
    return prevalence.prevalence(counts, evidence, tickets, len(profile))


def quarters_of(months: pd.DataFrame) -> pd.DataFrame:
    keys = ["evidence", "pain", pd.Grouper(key="month", freq="QS")]
    return months.groupby(keys, sort=False)[["n", "base"]].sum().reset_index()


def claims_of(result: Result) -> list[Finding]:
    return result.claims(result.frame.assign(hidden=False))


@pytest.fixture(scope="module")
def company():
    """Late parcels hit the north three times as often; broken zips hit everybody alike."""
    rng = np.random.default_rng(4)
    n = 2000
    region = rng.choice(["north", "south", "west"], n)
    late = rng.random(n) < np.where(region == "north", 0.18, 0.06)
    zips = rng.random(n) < 0.1
    profile = pd.DataFrame(
        {
            "customer_no": range(n),
            "region": pd.Series(region).mask(rng.random(n) < 0.05),
            "gender": rng.choice(["f", "m"], n),
            "age": rng.integers(18, 80, n),
            "status": np.where(late, "complains", "calm"),
        }
    )
    hits = pd.DataFrame(
        [(i, "late") for i in np.flatnonzero(late)] + [(i, "zips") for i in np.flatnonzero(zips)],
        columns=["customer_no", "pain"],
    )
    hits["row"] = range(len(hits))
    opened = pd.Timestamp("2025-01-01")
    hours = np.where(hits["pain"] == "late", 48, 12)
    tickets = pd.DataFrame(
        {
            "customer_no": hits["customer_no"],
            "opened_at": opened,
            "closed_at": opened + pd.to_timedelta(hours, unit="h"),
            "reopened": hits["pain"] == "late",
        }
    )
    return profile, evidence_of(hits), tickets


def test_the_planted_group_is_the_strongest_claim(company):
    profile, evidence, _ = company
    table = prevalence.by_group(evidence, profile, ["region", "gender", "age"]).frame
    claimed = table[table["claim"]].sort_values("effect", ascending=False)
    assert claimed[["pain", "value"]].to_numpy()[0].tolist() == ["late", "north"]
    assert claimed["ratio_low"].iloc[0] < 3 < claimed["ratio_high"].iloc[0]
    assert claimed["verdict"].iloc[0] == "hit harder"
    assert "zips" not in set(claimed["pain"])


def test_counts_are_those_of_a_plain_count(company):
    profile, evidence, _ = company
    row = prevalence.by_group(evidence, profile, ["region"]).frame.query("pain == 'late' and value == 'north'").iloc[0]
    known = profile[profile["region"].notna()]
    late = known["customer_no"].isin(evidence.hits.loc[evidence.hits["pain"] == "late", "customer_no"])
    north = known["region"] == "north"
    assert row["n"] == (late & north).sum()
    assert row["base"] == north.sum()
    assert row["n_rest"] == (late & ~north).sum()
    assert row["base_rest"] == (~north).sum()


def test_small_groups_are_not_tested(company):
    profile, evidence, _ = company
    profile = profile.assign(region=profile["region"].mask(profile.index < 20, "island"))
    table = prevalence.by_group(evidence, profile, ["region"]).frame
    island = table[table["value"] == "island"]
    assert island["p"].isna().all()
    assert not island["claim"].any()
    assert set(island["verdict"]) == {"too few to test"}


def test_another_name_for_a_pain_is_no_group_that_it_hits(company):
    profile, evidence, _ = company
    result = prevalence.by_group(evidence, profile, ["status", "region"])
    asked = set(zip(result.frame["pain"], result.frame["attribute"], strict=True))
    assert asked == {("late", "region"), ("zips", "region"), ("zips", "status")}
    alone = prevalence.by_group(evidence, profile, ["region"])
    assert result.family == alone.family + 1  # the status of those with broken zips


def test_the_two_rows_of_a_two_valued_attribute_count_once(company):
    profile, evidence, _ = company
    result = prevalence.by_group(evidence, profile, ["gender"])
    assert result.family == 2
    assert len(result) == 4


def test_of_behaviour_only_who_had_the_occasion_is_compared():
    n = 1200
    profile = pd.DataFrame({"customer_no": range(n), "region": ["north", "south"] * (n // 2)})
    rng = np.random.default_rng(2)
    met = pd.DataFrame({"customer_no": range(800), "pain": "late", "at": pd.Timestamp("2025-01-01")})
    met["hit"] = rng.random(800) < np.where(met["customer_no"] % 2, 0.1, 0.3)
    hits = met[met["hit"]].assign(evidence=BEHAVIOUR, source="interactions")
    table = prevalence.by_group(evidence_of(hits.drop(columns="hit"), met), profile, ["region"]).frame
    north = table[table["value"] == "north"].iloc[0]
    assert (north["base"], north["base_rest"]) == (400, 400)
    assert north["n"] == met.loc[met["customer_no"] % 2 == 0, "hit"].sum()
    assert north["claim"]


def test_who_comes_often_does_not_seem_to_be_hit_more():
    """The same risk on every occasion, five times as many occasions in one group."""
    wrong = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        often = np.where(np.arange(600) % 2, 10, 2)
        met = pd.DataFrame(
            {"customer_no": np.repeat(np.arange(600), often), "pain": "p", "at": pd.Timestamp("2025-01-01")}
        )
        met["hit"] = rng.random(len(met)) < 0.2
        hits = met[met["hit"]].drop(columns="hit").assign(evidence=BEHAVIOUR, source="interactions")
        profile = pd.DataFrame({"customer_no": range(600), "group": np.where(np.arange(600) % 2, "often", "seldom")})
        wrong += bool(prevalence.by_group(evidence_of(hits, met), profile, ["group"]).frame["claim"].any())
    assert wrong <= 4


def rated(seed: int, twice: float = 1, n: int = 1500, by_year: bool = True) -> pd.DataFrame:
    """Customers of up to three years, each with a rate of their own, higher in the north; some leave before the run."""
    rng = np.random.default_rng([seed, 5])
    as_of, north = pd.Timestamp("2025-12-31"), rng.random(n) < 0.4
    days = rng.uniform(30, 1_095, n)
    stays = np.where(rng.random(n) < 0.3, days * rng.random(n), days)
    each = rng.poisson(stays / 900 * rng.gamma(2, 0.5, n) * np.where(north, twice, 1))
    who = np.repeat(np.arange(n), each)
    at = as_of - pd.to_timedelta(days[who] - stays[who] * rng.random(len(who)), unit="D")
    profile = pd.DataFrame({"customer_no": range(n), "tenure_days": days.astype(int)})
    profile = profile.assign(region=np.where(north, "north", "south"), status=np.where(stays < days, "left", "stays"))
    hits = pd.DataFrame({"customer_no": who, "at": at, "pain": "late", "row": range(len(who))})
    spans = {"since": -days, "until": stays - days}
    watched = pd.DataFrame({name: of + as_of.timestamp() / 86_400 for name, of in spans.items()})
    spent = watched.assign(customer_no=range(n)) if by_year else None
    return prevalence.by_group(evidence_of(hits), profile, ["region", "tenure_days", "status"], watched=spent).frame


@pytest.mark.parametrize("draws", [8, pytest.param(400, marks=pytest.mark.slow)])
def test_who_has_been_there_longer_is_not_hit_more(draws, record_property):
    """Nor who has stayed, at constant rates; by shares of customers they would be."""
    assert rated(0, by_year=False)["claim"].any()
    wrong = [rated(seed)["claim"].any() for seed in range(draws)]
    record_property("claimed", sum(wrong) / draws)
    assert sum(wrong) <= binom.ppf(0.99, draws, 0.05)


@pytest.mark.parametrize("draws", [8, pytest.param(400, marks=pytest.mark.slow)])
def test_twice_as_many_cases_are_told_as_such(draws, record_property):
    tables = [rated(seed, twice=2) for seed in range(draws)]
    north = pd.concat([table[table["value"] == "north"] for table in tables])
    covered = (north["ratio_low"] <= 2) & (north["ratio_high"] >= 2)
    record_property("covered", covered.mean())
    assert binom.cdf(covered.sum(), draws, 0.95) >= 0.01
    assert (north["verdict"] == prevalence.HARDER).all()


@pytest.mark.slow  # null companies cover it in every run
def test_claims_on_data_without_structure_stay_within_the_promise():
    wrong = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        profile = pd.DataFrame({"customer_no": range(800)} | {f"a{i}": rng.choice(list("abcd"), 800) for i in range(4)})
        hits = pd.DataFrame(
            [(i, pain) for pain in "xyz" for i in np.flatnonzero(rng.random(800) < 0.1)],
            columns=["customer_no", "pain"],
        )
        wrong += bool(prevalence.by_group(evidence_of(hits), profile, ["a0", "a1", "a2", "a3"]).frame["claim"].any())
    assert wrong <= 6  # 99.5 % quantile of a binomial with 40 families at 5 %


def test_prevalence_tells_how_frequent_and_how_troublesome_a_pain_is(company):
    profile, evidence, tickets = company
    table = prevalence_of(evidence, profile, tickets).frame.set_index("pain")
    assert table.loc["late", "n"] == (evidence.hits["pain"] == "late").sum()
    assert table.loc["late", "base"] == len(profile)
    assert table.loc["late", "resolution_hours"] == 48
    assert table.loc["late", "reopened_share"] == 1
    assert table.loc["zips", "reopened_share"] == 0


def test_prevalence_of_behaviour_is_of_those_with_an_occasion():
    met = pd.DataFrame({"customer_no": [1, 1, 2, 3], "pain": "late", "hit": [True, True, True, False]})
    met["at"] = pd.Timestamp("2025-01-01")
    hits = met[met["hit"]].drop(columns="hit").assign(evidence=BEHAVIOUR, source="interactions")
    profile = pd.DataFrame({"customer_no": range(10)})
    row = prevalence_of(evidence_of(hits, met), profile, pd.DataFrame()).frame.iloc[0]
    assert (row["n"], row["base"], row["times"], row["occasions"]) == (2, 3, 3, 4)
    assert row["share"] == pytest.approx(2 / 3)


def test_prevalence_without_dates(company):
    profile, evidence, tickets = company
    table = prevalence_of(evidence, profile, tickets[["customer_no"]]).frame
    assert not {"reopened_share", "resolution_hours", "occasions"} & set(table)


def test_a_growing_pain_is_found_and_a_steady_one_is_not():
    rng = np.random.default_rng(3)
    month = pd.date_range("2024-01-01", periods=24, freq="MS")
    tickets = pd.DataFrame({"opened_at": month.repeat(60), "customer_no": np.tile(np.arange(60), 24)})
    active = tickets.rename(columns={"opened_at": "at"})
    share = np.repeat(np.linspace(0.1, 0.5, 24), 60)
    grows, steady = rng.random(len(tickets)) < share, rng.random(len(tickets)) < 0.2
    parts = [tickets[who].assign(pain=pain) for pain, who in (("grows", grows), ("steady", steady))]
    hits = pd.concat(parts).rename(columns={"opened_at": "at"})
    table = prevalence.volumes(evidence_of(hits.assign(row=hits.index)), tickets, active)
    assert table.query("pain == @prevalence.ALL_TICKETS")["n"].tolist() == [60] * 24
    table = table[table["pain"] != prevalence.ALL_TICKETS]
    assert (table["base"] == 60).all()
    assert table.query("pain == 'grows'")["n"].sum() == grows.sum()
    result = prevalence.over_time(quarters_of(table), trend.drift(table, "pain", "share"), customers=5)
    assert result.frame["base"].tolist() == [180] * 16
    assert result.frame.query("pain == 'grows'")["n"].sum() == grows.sum()
    told = claims_of(result)
    assert [(finding.kind, finding.values["pain"]) for finding in told] == [("difference", "grows")]
    assert [told[0].values["before"], told[0].values["now"]] == pytest.approx([1 / 6, 13 / 30], abs=0.03)
    assert result.claims(result.frame.assign(hidden=result.frame["pain"] == "grows")) == []
    steady_only = table[table["pain"] == "steady"]
    alone = prevalence.over_time(steady_only, trend.drift(steady_only, "pain", "share"), customers=5)
    assert [finding.kind for finding in claims_of(alone)] == ["nothing"]
    assert claims_of(prevalence.over_time(table[:0], trend.drift(table[:0], "pain", "share"), customers=5)) == []


def test_all_pains_may_grow_together():
    """Tickets double in two years: of all tickets, each pain stays what it was."""
    rng = np.random.default_rng(5)
    month = pd.date_range("2024-01-01", periods=24, freq="MS")
    active = pd.DataFrame({"customer_no": np.tile(np.arange(500), 24), "at": month.repeat(500)})
    writes = rng.random(len(active)) < np.linspace(0.08, 0.2, 24).repeat(500)
    tickets = active[writes].rename(columns={"at": "opened_at"}).reset_index(drop=True)
    hits = tickets.rename(columns={"opened_at": "at"}).assign(
        row=tickets.index, pain=rng.choice(["a", "b"], len(tickets))
    )
    months = prevalence.volumes(evidence_of(hits), tickets, active)
    drifts = trend.drift(months, "pain", "share")
    told = claims_of(prevalence.over_time(quarters_of(months), drifts, len(active)))
    assert told[0].message.startswith("More and more customers ask for help")
    found = drifts.set_index("pain")
    assert found["claim"].to_dict() == {prevalence.ALL_TICKETS: True, "a": True, "b": True}
    assert (found["slope"] > 0).all()


def test_volumes_of_behaviour_are_of_its_occasions():
    met = pd.DataFrame({"customer_no": [1, 1, 2, 3], "pain": "late", "hit": [True, False, True, False]})
    met["at"] = pd.to_datetime(["2025-01-05", "2025-02-05", "2025-05-01", "2025-05-02"])
    hits = met[met["hit"]].drop(columns="hit").assign(evidence=BEHAVIOUR, source="interactions")
    table = quarters_of(prevalence.volumes(evidence_of(hits, met), pd.DataFrame(), pd.DataFrame()))
    assert table[["n", "base"]].to_numpy().tolist() == [[1, 2], [1, 2]]
    assert set(table["evidence"]) == {BEHAVIOUR}


def test_what_the_profile_lacks_or_everybody_shares_is_no_group(company):
    profile, evidence, _ = company
    table = prevalence.by_group(evidence, profile.assign(country="x"), ["region", "country", "tenure_days"]).frame
    assert set(table["attribute"]) == {"region"}


def test_findings_name_the_group_or_say_that_there_is_none(company):
    profile, evidence, _ = company
    claim = claims_of(prevalence.by_group(evidence, profile, ["region"]))[0]
    assert claim.kind == "difference"
    assert (claim.values["pain"], claim.values["value"]) == ("late", "north")
    nothing = claims_of(prevalence.by_group(evidence, profile, ["gender"]))
    assert [finding.kind for finding in nothing] == ["nothing"]
    assert claims_of(prevalence.by_group(evidence, profile, [])) == []


def test_hidden_groups_are_not_spoken_of(company):
    profile, evidence, _ = company
    result = prevalence.by_group(evidence, profile, ["region"])
    assert result.claims(result.frame.assign(hidden=result.frame["value"] == "north")) == []


def test_small_counts_are_hidden(company):
    profile, evidence, tickets = company
    few = evidence.hits[evidence.hits["pain"] == "zips"].head(4)
    planted = Evidence(pd.concat([evidence.hits, few.assign(pain="few")]), evidence.occasions)
    gate = Gate(10)
    frequent = gate.guard(prevalence_of(planted, profile, tickets)).frame.set_index("pain")
    assert frequent["suppressed"].to_dict() == {"late": False, "zips": False, "few": True}
    groups = gate.guard(prevalence.by_group(planted, profile, ["gender"])).frame
    assert groups.loc[groups["pain"] == "few", "n"].isna().all()
    assert groups.loc[groups["pain"] == "late", "n"].notna().all()
    opened = pd.DataFrame({"customer_no": profile["customer_no"], "opened_at": pd.Timestamp("2025-01-01")})
    active = opened.rename(columns={"opened_at": "at"})
    dated = Evidence(planted.hits.assign(at=pd.Timestamp("2025-01-01")), planted.occasions)
    months = prevalence.volumes(dated, opened, active)
    over_time = prevalence.over_time(quarters_of(months), trend.drift(months, "pain", "share"), len(profile))
    assert gate.guard(over_time).frame.set_index("pain")["n"].isna().loc["few"]


def test_without_any_evidence_every_table_is_empty(company):
    profile, evidence, _ = company
    none, tickets = Evidence(evidence.hits[:0], evidence.occasions), empty_table("tickets")
    assert not len(prevalence.by_group(none, profile, ["region"]))
    assert not len(prevalence.by_group(none, profile[:0], []))
    nobody = aftermath.watched(profile, None, none, date(2025, 12, 31))
    assert not len(prevalence.by_group(none, profile, ["region"], watched=nobody))
    undated = aftermath.watched(profile, None, evidence, date(2025, 12, 31))
    by_year = prevalence.by_group(evidence, profile, ["region"], watched=undated)
    pd.testing.assert_frame_equal(by_year.frame, prevalence.by_group(evidence, profile, ["region"]).frame)
    assert not len(prevalence_of(none, profile, tickets))
    assert prevalence_of(none, profile, tickets).needs == "tickets"
    months = prevalence.volumes(none, tickets, pd.DataFrame())
    assert not len(prevalence.over_time(quarters_of(months), trend.drift(months, "pain", "share"), len(profile)))


@pytest.mark.parametrize("draws", [3, pytest.param(400, marks=pytest.mark.slow)])
def test_more_customers_with_more_tickets_are_no_more_frequent_pains(draws, record_property):
    """Three times as many customers at the end, who ask for help as often as ever."""
    month, wrong = pd.date_range("2023-01-01", periods=36, freq="MS"), 0
    for seed in range(draws):
        rng = np.random.default_rng([seed, 6])
        there = np.linspace(200, 600, 36).astype(int)
        active = pd.DataFrame({"customer_no": np.concatenate([np.arange(n) for n in there]), "at": month.repeat(there)})
        tickets = active[rng.random(len(active)) < 0.15].reset_index(drop=True)
        hits = tickets.assign(row=tickets.index, pain=rng.choice(["a", "b", "c"], len(tickets)))
        months = prevalence.volumes(evidence_of(hits), tickets.rename(columns={"at": "opened_at"}), active)
        wrong += trend.drift(months, "pain", "share")["claim"].any()
    record_property("claimed", wrong / draws)
    assert wrong <= binom.ppf(0.99, draws, 0.05)


def test_who_could_have_had_a_case_is_told_of_whole_months():
    """A month that tickets are kept of from its middle on would seem to have few of them, and so would the last one."""
    dates = {"signup_date": ["2024-01-01", "2025-02-10", "2025-02-10"], "last_order_at": ["2025-03-01", None, None]}
    profile = pd.DataFrame({name: pd.to_datetime(of) for name, of in dates.items()}).assign(customer_no=range(3))
    hits = pd.DataFrame({"customer_no": [0], "pain": "late", "at": pd.to_datetime(["2025-01-15"]), "row": 0})
    spans = aftermath.watched(profile, pd.Series([0.0, 0.0, 0.0]), evidence_of(hits), date(2025, 4, 20))
    assert (
        pd.to_datetime(spans["since"], unit="D") == pd.to_datetime(["2025-01-15", "2025-02-10", "2025-02-10"])
    ).all()
    months = aftermath.active(spans, "M").groupby("at")["customer_no"].agg(list)
    assert months.index.strftime("%m").tolist() == ["02", "03"]
    assert months.tolist() == [[0], [0, 1, 2]]
    assert aftermath.active(aftermath.watched(profile, None, evidence_of(hits[:0]), date(2025, 4, 20)), "M").empty


@pytest.mark.parametrize("draws", [10, pytest.param(200, marks=pytest.mark.slow)])
def test_customers_who_come_one_after_the_other_are_no_drift(draws, record_property):
    """Each with a rate of their own, from never to every month, which stays as it is; in the first months few."""
    wrong = 0
    for seed in range(draws):
        rng = np.random.default_rng([seed, 9])
        entry = (1095 * rng.beta(1.5, 1, 900)).astype(int)
        who = np.repeat(np.arange(900), rng.poisson(rng.gamma(0.4, 2.5, 900) * (1095 - entry) / 730))
        day = entry[who] + rng.random(len(who)) * (1095 - entry[who])
        first = pd.Timestamp("2023-01-01")
        tickets = pd.DataFrame({"customer_no": who, "at": first + pd.to_timedelta(day, unit="D")})
        hits = tickets.assign(row=tickets.index, pain=rng.choice(list("abcd"), len(tickets)))
        profile = pd.DataFrame({"customer_no": range(900), "signup_date": first + pd.to_timedelta(entry, unit="D")})
        profile["last_order_at"] = pd.Timestamp("2025-12-31")
        there = aftermath.active(aftermath.watched(profile, None, evidence_of(hits), date(2025, 12, 31)), "M")
        months = prevalence.volumes(evidence_of(hits), tickets.rename(columns={"at": "opened_at"}), there)
        wrong += trend.drift(months, "pain", "share")["claim"].any()
    record_property("claimed", wrong / draws)
    assert wrong <= binom.ppf(0.99, draws, 0.05)


def members(seed: int, n: int = 1000) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Contracts of which it is known who has ended them and why, not when; tickets come at the same rate for all."""
    rng = np.random.default_rng(seed)
    entry, stays = rng.uniform(0, 1000, n), rng.exponential(400, n)
    gone = entry + stays < 1095
    who = np.repeat(np.arange(n), rng.poisson(np.minimum(stays, 1095 - entry) / 365))
    first = pd.Timestamp("2023-01-01")
    day = entry[who] + rng.random(len(who)) * np.minimum(stays, 1095 - entry)[who]
    cases = pd.DataFrame({"customer_no": who, "at": first + pd.to_timedelta(day, unit="D"), "row": range(len(who))})
    cases["pain"] = rng.choice(["cold", "crowded"], len(who))
    why = pd.DataFrame({"customer_no": np.flatnonzero(gone), "pain": rng.choice(["moved", "price"], gone.sum())})
    hits = pd.concat([cases, why.assign(at=pd.NaT, row=-1, evidence=REASON, source="customers")])
    hits = hits.fillna({"evidence": THEME, "source": "tickets"}).astype({"at": "datetime64[us]"})
    profile = pd.DataFrame({"customer_no": range(n), "status": np.where(gone, "ended", "running")})
    profile["signup_date"] = first + pd.to_timedelta(entry, unit="D")
    return profile.assign(tenure_days=(1095 - entry).astype(int), town=rng.choice(["a", "b"], n)), hits


def test_who_left_at_an_unknown_time_is_hit_neither_less_nor_by_the_reason_for_leaving():
    wrong = 0
    for seed in range(10):
        profile, hits = members(seed)
        evidence = evidence_of(hits)
        left = profile["status"].eq("ended").astype(float)
        watched = aftermath.watched(profile, left, evidence, date(2025, 12, 31))
        table = prevalence.by_group(evidence, profile, ["status", "tenure_days", "town"], watched=watched).frame
        assert not table.loc[table["attribute"] == "status", "claim"].any()
        asked = table[table["pain"].isin(["moved", "price"]) & (table["attribute"] == "town")]
        assert ((asked["base"] + asked["base_rest"]) == left.sum()).all()
        wrong += table["claim"].any()
        assert aftermath.active(watched, "M").empty  # who stays may have had other cases than who left
    assert wrong <= binom.ppf(0.99, 10, 0.05)
