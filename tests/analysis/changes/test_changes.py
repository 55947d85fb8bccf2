from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from two_runs import NOW, THEN, Company

from customer_profiles.analysis.changes import knowledge, parts, row
from customer_profiles.analysis.changes.knowledge import Knowledge
from customer_profiles.ingest.config.outcome import Outcome

DATA_PARTS = ["coverage", "identity", "definition"]
NPS = [*("customer_id", "at", "source", "metric", "scale", "score")]


def told(now, before) -> pd.DataFrame:
    table = parts.split(now, before, ["region"])
    scale = table[["value", "value_before"]].abs().max(axis=1).clip(lower=1)
    assert ((table[list(parts.PARTS)].sum(axis=1) - table["change"]).abs() <= 1e-9 * scale).all()
    for part in parts.PARTS[:-1]:
        low, high = table[f"{part}_low"], table[f"{part}_high"]
        assert (table[part].between(low, high) | low.isna()).all()
    return table.set_index("headline")


@pytest.fixture(scope="module")
def company() -> Company:
    return Company(7, customers=300)


def test_an_unchanged_rerun_has_no_change_at_all(company):
    table = told(company.run(THEN), company.run(THEN))
    assert table["change"].eq(0).all()
    assert table[list(parts.PARTS)].eq(0).all(axis=None)
    assert not table["claim"].any()


def test_customers_of_whom_nobody_knows_since_when_are_compared_too(company):
    segments = pd.DataFrame({"customer_id": company.ids, "segment": np.arange(len(company.ids)) % 2})
    runs = [company.run(day, segments=segments) for day in (NOW, THEN)]
    undated = [
        Knowledge(run.as_of, run.tables | {"profile": run["profile"].drop(columns="first_seen_at")}) for run in runs
    ]
    row = told(*undated).loc["customers"]
    assert row["change"] == len(runs[0]["profile"]) - len(runs[1]["profile"])


def test_every_headline_is_what_each_run_published(company):
    now, before = company.run(NOW), company.run(THEN)
    table = told(now, before)
    assert table["value"].to_dict() == now["headlines"].set_index("headline")["value"].to_dict()
    assert table["value_before"].to_dict() == before["headlines"].set_index("headline")["value"].to_dict()


@settings(max_examples=8)
@given(data=st.data())
def test_parts_add_up_whatever_happens_to_the_data(data):
    draw = data.draw
    company = Company(draw(st.integers(0, 99)), customers=60)
    before = company.run(THEN)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    lost = draw(st.floats(0, 0.9))
    orders = company.orders[rng.random(len(company.orders)) >= lost]
    orders = orders.assign(amount=orders["amount"] * draw(st.sampled_from([1, -1, 100])))
    joined = dict.fromkeys(company.ids[: draw(st.integers(0, 40))], company.ids[0])
    of = {"transactions": orders, "feedback": company.feedback, "tickets": company.tickets}
    of = {name: rows.assign(customer_id=rows["customer_id"].replace(joined)) for name, rows in of.items()}
    of["identities"] = company.accounts.assign(customer_id=company.accounts["customer_id"].replace(joined))
    other = {draw(st.sampled_from(["version", "source:shop", "identity", "rules"])): draw(st.sampled_from("12"))}
    day = draw(st.dates(date(2024, 6, 1), NOW))
    told(company.run(day, definitions=other, **of), before)


def lost_tenth(company: Company, how: str, table: str) -> pd.DataFrame:
    rows = {"transactions": company.orders, "feedback": company.feedback, "tickets": company.tickets}[table]
    at = "opened_at" if table == "tickets" else "at"
    rows = rows[rows[at] <= pd.Timestamp(NOW)]
    tenth = len(rows) // 10
    if how == "rows":
        return rows.drop(index=np.random.default_rng(1).choice(rows.index, tenth, replace=False))
    if how == "customers":
        return rows[~rows["customer_id"].isin(company.ids[::10])]
    return {
        "end": rows.iloc[:-tenth],
        "start": rows.iloc[tenth:],
        "middle": rows.drop(index=rows.index[-4 * tenth : -3 * tenth]),
    }[how]


@pytest.mark.parametrize("seed", [20, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(21, 40))])
@pytest.mark.parametrize("how", ["rows", "customers", "end", "start", "middle"])
def test_a_lost_tenth_of_an_export_is_coverage_and_nothing_is_behaviour(how, seed, record_property):
    company = Company(seed, customers=250)
    before, whole = company.run(THEN), told(company.run(NOW), company.run(THEN))
    for table, headline in (("transactions", "sales"), ("tickets", "tickets_per_100_orders")):
        left = lost_tenth(company, how, table)
        damaged = told(company.run(NOW, **{table: left}), before)
        touched = damaged["p"].notna() & (damaged["p"] != whole["p"])
        assert not (damaged["claim"] & touched & ~whole["claim"]).any()
        assert damaged[["identity", "definition"]].eq(0).all(axis=None)
        if how in ("rows", "customers"):
            # All that the same export would have changed in the last run, to the cent: more or less is another cause's.
            then = company.run(THEN, **{table: left})["headlines"].set_index("headline").loc[headline, "value"]
            lost = then - whole.loc[headline, "value_before"]
            assert lost < 0
            assert damaged.loc[headline, "coverage"] == pytest.approx(lost)
        if how == "middle" and table == "transactions":
            damage = damaged.loc[headline, "value"] - whole.loc[headline, "value"]
            assert damaged.loc[headline, "coverage"] == pytest.approx(damage, rel=0.02)
    record_property("lost_tenths_told", 1)


@pytest.mark.parametrize("seed", [20, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(21, 40))])
def test_a_lost_week_is_coverage_and_nothing_is_behaviour(seed, record_property):
    """What the other days tell of the week is an estimate, and as unsure as weeks differ."""
    company = Company(seed, customers=500)
    before, whole = company.run(THEN), told(company.run(NOW), company.run(THEN))
    left = company.orders[~company.orders["at"].between("2025-11-03", "2025-11-09")]
    damaged = told(company.run(NOW, transactions=left), before)
    assert not (damaged["claim"] & ~whole["claim"]).any()
    sales, lost = damaged.loc["sales"], damaged.loc["sales", "value"] - whole.loc["sales", "value"]
    assert sales["coverage_low"] < sales["coverage"] < sales["coverage_high"] < 0
    assert abs(lost - sales["coverage"]) < sales["coverage_high"] - sales["coverage_low"]  # two half intervals
    record_property("lost_weeks_told", 1)


@pytest.mark.parametrize(("table", "headline"), [("transactions", "sales"), ("tickets", "tickets_per_100_orders")])
def test_a_month_that_is_exported_twice_is_coverage_in_this_run_and_the_next(company, table, headline):
    rows, at = (company.orders, "at") if table == "transactions" else (company.tickets, "opened_at")
    month = rows[rows[at].between("2025-08-01", "2025-08-31")]
    again = month.assign(order_id=month["order_id"] + "x") if table == "transactions" else month
    twice = {table: pd.concat([rows, again], ignore_index=True)}
    whole = told(company.run(THEN), company.run(date(2025, 6, 30)))
    first = told(company.run(THEN, **twice), company.run(date(2025, 6, 30)))
    more = first.loc[headline, "value"] - whole.loc[headline, "value"]
    assert first.loc[headline, "coverage"] == pytest.approx(more)
    plain = told(company.run(NOW), company.run(THEN))
    after = told(company.run(NOW, **twice), company.run(THEN, **twice))
    for table_twice, table_once in ((first, whole), (after, plain)):
        assert table_twice["behaviour"].tolist() == pytest.approx(table_once["behaviour"].tolist())
        assert table_twice["claim"].tolist() == table_once["claim"].tolist()


def test_a_tenth_lost_from_the_same_day_is_all_coverage(company):
    fewer = company.run(THEN, transactions=lost_tenth(company, "rows", "transactions"))
    table = told(fewer, company.run(THEN))
    assert table.loc["sales", "coverage"] == table.loc["sales", "change"] < 0
    assert table[["mix", "behaviour", "definition", "identity"]].eq(0).all(axis=None)


@pytest.mark.parametrize("seed", [20, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(21, 40))])
def test_a_definition_is_never_behaviour(seed, record_property):
    company = Company(seed, customers=300)
    in_cents = company.orders.assign(amount=company.orders["amount"] * 100)
    table = told(company.run(NOW, transactions=in_cents, definitions={"source:shop": "2"}), company.run(THEN))
    plain = told(company.run(NOW), company.run(THEN))
    assert table.loc["sales", "definition"] == pytest.approx(99 * plain.loc["sales", "value_before"])
    assert table.loc["sales", "behaviour"] == pytest.approx(100 * plain.loc["sales", "behaviour"], rel=0.05)
    assert table.drop("sales")["definition"].eq(0).all()
    assert table["claim"].tolist() == plain["claim"].tolist()
    record_property("definitions_told", 1)


@pytest.mark.parametrize("definition", ["1", "2"])
def test_young_records_are_compared_with_as_many_months_before(company, definition):
    """Records that cannot fill the figure's own period are no fall of sales in the run that could not fill it."""
    young = company.orders[company.orders["at"] >= "2025-03-01"]
    before = company.run(THEN, transactions=company.orders if definition == "2" else young)
    table = told(company.run(NOW, transactions=young, definitions={"source:shop": definition}), before)
    of_orders = table.loc[["buyers", "sales", "orders_per_buyer"]]
    assert not of_orders["claim"].any()
    sales = company.orders.groupby(company.orders["at"].dt.to_period("Q"))["amount"].sum()
    assert of_orders.loc["sales", ["value_before", "value"]].tolist() == pytest.approx(
        [sales["2025Q3"], sales["2025Q4"]]
    )
    assert of_orders[["coverage", "identity", "definition", "untold"]].abs().max(axis=None) == pytest.approx(0)
    assert (of_orders["since"] == pd.Timestamp("2025-10-01")).all()
    assert set(of_orders["reason"]) == {row.SEASON if definition == "1" else row.NOT_APART}
    assert table.drop(of_orders.index)["since"].isna().all()


def test_records_younger_than_the_last_run_are_no_behaviour(company):
    """An export that lacks everything before today's months tells nothing of what customers did."""
    late = company.orders[company.orders["at"] >= "2025-11-01"]
    table = told(company.run(NOW, transactions=late, definitions={"source:shop": "2"}), company.run(THEN))
    of_orders = table.loc[["buyers", "sales", "orders_per_buyer"]]
    assert not of_orders["claim"].any()
    assert of_orders[["mix", "behaviour"]].eq(0).all(axis=None)
    assert set(of_orders["reason"]) <= {row.TOO_SHORT, row.UNKNOWN_ONCE}


def test_customers_counted_twice_are_identity(company):
    twice = {name: f"{name}x" for name in company.ids[::10]}
    accounts = company.accounts.assign(
        customer_id=company.accounts["customer_id"].mask(
            company.accounts["pseudonym"].str.startswith("shop"), company.accounts["customer_id"].replace(twice)
        )
    )
    orders = company.orders.assign(customer_id=company.orders["customer_id"].replace(twice))
    extra = company.profile[company.profile["customer_id"].isin(twice)].assign(
        customer_id=lambda t: t["customer_id"] + "x"
    )
    profile = pd.concat([company.profile, extra], ignore_index=True)
    apart = company.run(THEN, identities=accounts, transactions=orders, profile=profile)
    table = told(company.run(THEN), apart)
    assert table.loc["customers", "identity"] == table.loc["customers", "change"] < 0
    assert table[["coverage", "definition", "mix", "behaviour"]].abs().max(axis=None) == pytest.approx(0)


def test_of_whoever_is_in_both_snapshots_only_those_count_who_left(company):
    """Without a history a customer is compared with themselves; who came or is gone left nobody."""
    rng, size = np.random.default_rng(1), len(company.ids)
    then = company.profile.assign(status=rng.choice(["stays", "left"], size, p=[0.8, 0.2]), charge=10.0)
    later = then.assign(status=then["status"].mask(rng.random(size) < 0.15, "left")).iloc[12:]
    of = {"outcome": Outcome(column="status", value="left", good=False), "worth": "charge"}
    before, now = company.run(THEN, profile=then, **of), company.run(NOW, profile=later, **of)
    table = told(now, before)
    both = then.merge(later, on="customer_id").query("first_seen_at_x < '2025-10-01'")
    left = both["status_y"].eq("left").astype(int) - both["status_x"].eq("left").astype(int)
    assert table.loc["outcome", "behaviour"] == pytest.approx(left.mean())
    assert table.loc["worth", "behaviour"] == pytest.approx(-10 * left.sum())
    assert table.loc[["outcome", "worth"], "claim"].all()
    assert table.loc["customers", ["coverage", "behaviour"]].tolist() == [
        -(then["first_seen_at"] < "2025-10-01")[:12].sum(),
        0,
    ]
    gone = told(company.run(THEN, profile=then.iloc[40:], **of), before)
    assert gone.loc["outcome", "coverage"] == gone.loc["outcome", "change"] != 0
    otherwise = told(company.run(NOW, profile=later, definitions={"source:crm": "2"}, **of), before)
    assert otherwise.loc[["outcome", "worth"], "behaviour"].eq(0).all()
    assert not otherwise["claim"].any()
    few = parts.joined(parts.split(now, before, ["region"]), 1000).set_index("headline").loc["outcome"]
    assert few["behaviour"] == pytest.approx(few["change"])  # nothing is left of which the share of a few could be told


def test_records_that_begin_with_the_exports_make_nobody_an_older_customer(company):
    """Where all are first seen when the records begin, how long they are known is the calendar's."""
    orders = company.orders[company.orders["at"] >= "2025-01-01"]
    first = orders.groupby("customer_id")["at"].min()
    profile = company.profile.assign(first_seen_at=lambda rows: rows["customer_id"].map(first))
    profile = profile.dropna(subset="first_seen_at")
    runs = (company.run(day, transactions=orders, profile=profile) for day in (NOW, THEN))
    table = told(*runs)
    of_orders = table.loc[["buyers", "sales", "orders_per_buyer"]]
    assert not of_orders["claim"].any()
    assert (of_orders["mix"].abs() < 0.05 * of_orders["value_before"]).all()
    assert set(of_orders["reason"]) == {row.SEASON_OR_NEW}


def with_planted(company: Company, points: float) -> pd.DataFrame:
    """Answers of the last quarter, some of those who recommend turned into ones who do not."""
    rows = company.feedback.copy()
    late = rows["at"] > pd.Timestamp(THEN)
    turned = late & (rows["score"] >= 9) & (np.random.default_rng(3).random(len(rows)) < points / 100 / 2 / 0.35)
    return rows.assign(score=rows["score"].mask(turned, 3.0))


@pytest.mark.parametrize(("runs", "least"), [(2, 1), pytest.param(20, 16, marks=pytest.mark.slow)])
def test_a_fall_of_the_score_by_ten_points_is_found(runs, least):
    found = 0
    for seed in range(runs):
        company = Company(100 + seed, customers=4000)
        planted = company.run(NOW, feedback=with_planted(company, 10))
        row = told(planted, company.run(THEN)).loc["nps"]
        found += bool(row["claim"] and row["behaviour"] < 0)
    assert found >= least


def test_the_same_months_a_year_before(company):
    """Nothing but mix and behaviour can differ, by one and the same data; what does not reach back is left out."""
    now = company.run(NOW)
    table = parts.year_before(now, ["region"]).set_index("headline")
    assert table["value"].to_dict().items() <= now["headlines"].set_index("headline")["value"].to_dict().items()
    sales = company.orders.groupby(company.orders["at"].dt.year)["amount"].sum()
    assert table.loc["sales", ["value_before", "value"]].tolist() == pytest.approx([sales[2024], sales[2025]])
    assert (table["mix"] + table["behaviour"]).to_numpy() == pytest.approx(table["change"].to_numpy())
    young = company.run(NOW, transactions=company.orders[company.orders["at"] >= "2024-03-01"])
    assert set(table.index) - set(parts.year_before(young, ["region"])["headline"]) >= {"sales", "buyers"}
    nothing = company.run(NOW, **{name: now[name][:0] for name in ("transactions", "feedback", "tickets")})
    assert parts.year_before(nothing, ["region"]).empty


def test_a_fall_within_a_year_is_found_whatever_the_season():
    company = Company(900, customers=4000)
    season = company.feedback["at"].dt.quarter.eq(4) & (company.feedback["score"] < 7)  # each year fewer good answers
    feedback = with_planted(company, 10).assign(score=lambda rows: rows["score"].mask(season, 0.0))
    row = parts.year_before(company.run(NOW, feedback=feedback), ["region"]).set_index("headline").loc["nps"]
    assert row["claim"]
    assert row["behaviour_low"] < -10 < row["behaviour_high"]


@pytest.mark.parametrize(("pairs", "most"), [(6, 2), pytest.param(50, 7, marks=pytest.mark.slow)])
def test_of_null_pairs_few_claim_anything_rarely(pairs, most, record_property):
    claims = 0
    for seed in range(pairs):
        company = Company(seed, customers=80)
        claims += bool(told(company.run(NOW), company.run(THEN))["claim"].any())
    record_property("pairs_with_a_claim", claims)
    assert claims <= most


def test_a_silence_longer_than_chance_is_found():
    days = pd.Series(pd.date_range("2025-01-01", "2025-12-31"))
    holes = days[~days.between("2025-03-01", "2025-03-10")]
    found = knowledge.silences(holes, days.iloc[0], days.iloc[-1])
    assert found == [(pd.Timestamp("2025-03-01"), pd.Timestamp("2025-03-10"))]
    assert knowledge.silences(days[days.dt.day_of_week < 5], days.iloc[0], days.iloc[-1]) == []


def test_a_young_company_whose_customers_order_ever_less_does_nothing_differently():
    """Orders become rarer with the time since the first one, as ever: only that more customers came long ago is new."""
    claimed = 0
    for seed in range(8):
        rng, company = np.random.default_rng(seed), Company(seed, customers=800)
        began = pd.Timestamp(NOW) - pd.to_timedelta(rng.integers(1, 900, 800), "D")
        owner = np.repeat(np.arange(800), 1 + rng.poisson(1.5, 800))
        at = began[owner] + pd.to_timedelta(
            rng.exponential(120, len(owner)).round() * (pd.Series(owner).duplicated()), "D"
        )
        orders = pd.DataFrame({"customer_id": company.ids[owner], "at": at, "amount": 20.0})
        orders = orders.assign(order_id=[f"o{row}" for row in range(len(orders))])
        company.profile["first_seen_at"] = began
        now = company.run(
            NOW, transactions=orders.sort_values("at", ignore_index=True), feedback=company.feedback.head(0)
        )
        claimed += bool(parts.year_before(now, ["region"])["claim"].any())
    assert claimed <= 2
