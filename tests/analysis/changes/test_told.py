import numpy as np
import pandas as pd
import pytest
from two_runs import NOW, THEN, Company

from customer_profiles import codes
from customer_profiles.analysis.changes import exports, links, over_time, parts, targets, told
from customer_profiles.analysis.changes.knowledge import Knowledge
from customer_profiles.analysis.kpi_definitions import KPIS
from customer_profiles.ingest.config.outcome import Outcome
from customer_profiles.ingest.config.targets import Target
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.reporting.language import Language


@pytest.fixture(scope="module")
def company() -> Company:
    return Company(5, customers=200)


def sentences(result) -> dict[str, str]:
    guarded = Gate(10).guard(result)
    return {claim.id: Language("en").text(claim) for claim in result.findings(guarded.marks(result.frame))}


def test_a_first_run_says_one_sentence_and_has_no_panel(company):
    now = company.run(NOW)
    nothing = Knowledge.of_last({name: pd.DataFrame() for name in now.tables}, NOW)
    assert [text.message for text in told.first_run(nothing, NOW)] == [told.FIRST_RUN]
    assert not len(told.decomposition(parts.split(now, nothing, []), NOW))
    assert not len(exports.sources(now, nothing))
    assert exports.redefinitions(now, nothing) == set()


def test_a_run_of_a_later_day_is_not_compared_with(company):
    """A report of an earlier day, made again, has lost nothing."""
    later = Knowledge.of_last(company.run(NOW).tables, THEN)
    assert [text.message for text in told.first_run(later, THEN)] == [told.LATER]
    assert not len(parts.split(company.run(THEN), later, []))
    assert not len(exports.sources(company.run(THEN), later))
    assert Knowledge.of_last(company.run(THEN).tables, NOW).compares()


def test_no_part_counts_few_customers():
    """Of many made-up splits none tells a part of fewer than ten customers, and each still adds up."""
    rng = np.random.default_rng(3)
    n = 400
    table = pd.DataFrame(0.0, range(n), list(parts.PARTS)).assign(headline="customers", reason="")
    for part in ("coverage", "identity", "definition", "mix"):
        table[part] = rng.integers(-25, 26, n) * rng.integers(0, 2, n) * 1.0
    whole = table[list(parts.PARTS)].sum(axis=1)
    found = parts.joined(table, 10)
    assert found[list(parts.PARTS)].sum(axis=1).tolist() == whole.tolist()
    told_parts = found[list(parts.PARTS[:-1])]
    assert not told_parts.abs().lt(10).where(told_parts != 0, other=False).any().any()
    few = found["untold"].abs().between(1, 9)
    assert told_parts[few].eq(0).all().all()  # only the whole change, which both runs show


def test_what_few_customers_make_of_a_sum_is_told_with_the_mix(company):
    """One customer whose records are gone, or who is joined otherwise, is a part of no key figure."""
    one = company.orders["customer_id"].value_counts().index[0]
    before, left = company.run(THEN), company.orders[company.orders["customer_id"] != one]
    for day, into in ((NOW, "mix"), (THEN, "untold")):
        exact = parts.split(company.run(day, transactions=left), before, ["region"])
        found = parts.joined(exact, 10)
        sales, was = (table.set_index("headline").loc["sales"] for table in (found, exact))
        assert (was["coverage_n"], sales["coverage"], sales[into]) == (1, 0, was[into] + was["coverage"])
        assert found[list(parts.PARTS)].sum(axis=1).tolist() == pytest.approx(found["change"].tolist())
    many = company.run(NOW, transactions=company.orders[::2])
    assert parts.joined(parts.split(many, before, []), 10).set_index("headline").loc["sales", "coverage"] < 0


def test_a_source_of_one_run_only_is_more_or_less_coverage(company):
    """Another file of orders is no other definition: what it says of the time of the last run is more records."""
    web = company.run(NOW)["reconciliation"].assign(source=lambda rows: rows["source"].replace("shop", "till"))
    before, now = company.run(THEN, transactions=company.orders[::2]), company.run(NOW)
    added = Knowledge(
        NOW, now.tables | {"reconciliation": pd.concat([now["reconciliation"], web.query("source == 'till'")])}
    )
    added["definitions"].loc[len(added["definitions"])] = ["source:till", "1"]
    table = parts.split(added, before, ["region"]).set_index("headline")
    assert table["definition"].eq(0).all()
    sales = company.run(THEN)["headlines"].set_index("headline").loc["sales", "value"]
    assert table.loc["sales", "coverage"] == pytest.approx(sales - table.loc["sales", "value_before"])
    assert sentences(exports.sources(added, before))["changed_source.till"] == "The export “till” is new."
    said = sentences(exports.sources(company.run(NOW), added))
    assert said["changed_source.till"] == "The export “till” is no longer read."


def test_an_unchanged_rerun_claims_nothing(company):
    now, before = company.run(THEN), company.run(THEN)
    said = sentences(told.decomposition(parts.split(now, before, []), THEN))
    assert said == {"changes.nothing": "No key figure has a new month to look at since 30 September 2025."}
    assert sentences(exports.sources(now, before)) == {}


def test_what_changes_in_the_data_is_named_with_its_source(company):
    lost = company.orders.drop(index=company.orders.index[::5])
    now = company.run(THEN, transactions=lost, definitions={"source:desk": "2", "version": "2"})
    said = sentences(exports.sources(now, company.run(THEN)))
    assert said["changed_source.shop"] == "The export “shop” is shorter by 20% than in the last run."
    assert said["redefined.source:desk"] == "Defined otherwise than in the last run: the source “desk”."
    assert "redefined.version" in said
    before = company.run(THEN)
    table = before["reconciliation"].assign(used=lambda rows: rows["used"].where(rows["source"] != "desk", 5))
    said = sentences(exports.sources(Knowledge(THEN, before.tables | {"reconciliation": table}), before))
    assert list(said) == ["changed_source.desk"]  # the file is as long as it was
    assert said["changed_source.desk"].endswith("fewer records of the export “desk” can be used than in the last run.")


def of_data(now, before) -> dict[str, str]:
    return sentences(told.of_data(parts.split(now, before, []), exports.sources(now, before).frame))


def test_a_part_names_what_alone_explains_it(company):
    """The one export that is shorter, new or gone, or the one definition; of two nobody knows which it was."""
    before, lost = company.run(THEN), company.orders.drop(index=company.orders.index[::5])
    said = of_data(company.run(THEN, transactions=lost), before)
    assert said["changes.data.sales.coverage"].endswith(
        "comes from the records and not from customers: the export “shop” is shorter by 20% than in the last run."
    )
    cents = company.orders.assign(amount=company.orders["amount"] * 100)
    now = company.run(NOW, transactions=cents, definitions={"source:shop": "2", "source:desk": "2"})
    said = of_data(now, before)
    assert said["changes.data.sales.definition"].endswith("comes from another definition: the source “shop”.")
    now = company.run(NOW, transactions=cents, definitions={"source:shop": "2", "rules": "2"})
    assert of_data(now, before)["changes.data.sales.definition"].endswith("comes from another definition.")
    two = company.run(THEN)["reconciliation"].assign(source=lambda rows: rows["source"].replace("shop", "till"))
    now = company.run(THEN, transactions=lost)
    both = pd.concat([now["reconciliation"], two.query("source == 'till'")])
    now = Knowledge(THEN, now.tables | {"reconciliation": both})
    assert "comes from records missing" in of_data(now, before)["changes.data.sales.coverage"]
    assert of_data(before, before) == {}


def test_a_cause_in_words():
    """Only what can have made the table longer, or shorter, than it was is named."""
    row = {"source": "shop", "part": "source:shop", "table": "transactions", "redefined": False, "one_run": False}
    rows = pd.DataFrame([row | {"lost_share": 0.0, "unusable_share": 0.25}])

    def cause(covered=-5, table="transactions", **values) -> str:
        why = exports.behind_coverage(rows.assign(**values), {table: covered})
        return Language("en").text(why) if why else ""

    assert cause() == "25% fewer records of the export “shop” can be used than in the last run"
    assert cause(lost_share=0.1) == "the export “shop” is shorter by 10% than in the last run"
    assert cause(5, one_run=True, unusable_share=0.0) == "the export “shop” is new"
    assert cause(one_run=True, lost_share=1.0) == "the export “shop” is no longer read"
    assert cause(5) == cause(table="feedback") == cause(unusable_share=0.01) == cause(redefined=True) == ""
    assert exports.behind_coverage(rows, {"transactions": -5, "tickets": 3}) is None


def test_records_that_are_back_are_no_fault_of_what_is_read_otherwise(company):
    """The last run lacked a tenth of the orders; now the desk is filtered: cases per order have both parts."""
    before = company.run(THEN, transactions=company.orders.drop(index=company.orders.index[::10]))
    filtered = company.tickets[::2].reset_index(drop=True)
    said = of_data(company.run(NOW, tickets=filtered, definitions={"source:desk": "2"}), before)
    assert "comes from records missing" in said["changes.data.tickets_per_100_orders.coverage"]
    assert said["changes.data.tickets_per_100_orders.definition"].endswith("definition: the source “desk”.")


def test_who_is_joined_otherwise_is_named_with_the_source(company):
    before = company.run(THEN)
    accounts = before["identities"]
    crm = accounts["pseudonym"].str.startswith("crm")
    some = accounts["customer_id"].isin(accounts["customer_id"].unique()[:15])
    apart = accounts.assign(customer_id=accounts["customer_id"].mask(some & ~crm, accounts["customer_id"] + "x"))
    no_record = accounts.assign(known_from=accounts["known_from"].mask(some & crm, "mentioned"))

    def said(now, then) -> dict[str, str]:
        runs = (Knowledge(THEN, before.tables | {"identities": rows}) for rows in (now, then))
        return sentences(links.joined_otherwise(*runs))

    assert said(accounts, accounts) == {}
    assert said(accounts[~(some & crm)], accounts) == {}  # a customer of one account less is no other customer
    assert said(no_record, accounts) == {
        "joined_otherwise.held.crm": "15 customers have no record in “crm” any more: without the links of the last run "
        "they would be counted twice."
    }
    bound = accounts.assign(known_from=accounts["known_from"].mask(some & ~crm, "kept"))[~(some & crm)]
    assert list(said(bound, accounts)) == ["joined_otherwise.held.crm"]
    assert said(apart, accounts) == {
        "joined_otherwise.several.shop": "15 customers of the last run are counted more than once now: their accounts "
        "in “shop” are no longer linked."
    }
    assert list(said(accounts, apart)) == ["joined_otherwise.one.shop"]
    few = accounts["customer_id"].isin(accounts["customer_id"].unique()[:4])
    assert (
        said(
            accounts.assign(customer_id=accounts["customer_id"].mask(few & ~crm, accounts["customer_id"] + "x")),
            accounts,
        )
        == {}
    )


def test_every_key_figure_may_have_a_target():
    assert set(codes.KEY_FIGURES) == set(KPIS)


@pytest.mark.parametrize("good", [True, False])
def test_of_a_bad_outcome_less_is_better(company, good):
    outcome = Outcome(column="region", value="north", good=good)
    headlines = company.run(NOW, outcome=outcome)["headlines"]
    share = headlines.set_index("headline").loc["outcome", "value"]
    for target in (share - 0.1, share + 0.1):
        found = sentences(targets.against_targets(headlines, {"outcome": Target(target=target)}, None, outcome))
        assert ("target.outcome" in found) == (good == (target > share))


def test_a_target_is_missed_beyond_its_tolerance_only(company):
    headlines = company.run(NOW)["headlines"]
    sales = headlines.set_index("headline").loc["sales", "value"]
    for shift, tolerance, missed in ((100, 0, True), (100, 150, False), (-100, 0, False)):
        aim = {"sales": Target(target=sales + shift, tolerance=tolerance, owner="Sales")}
        found = sentences(targets.against_targets(headlines, aim))
        assert ("target.sales" in found) is missed
    assert found == {}
    fewer = {"tickets_per_100_orders": Target(target=1.0, owner="Service desk")}
    assert "(to be told: Service desk)" in sentences(targets.against_targets(headlines, fewer)).popitem()[1]


def test_the_companys_own_total_is_reconciled(company):
    headlines = company.run(NOW)["headlines"]
    sales = headlines.set_index("headline").loc["sales", "value"]
    result = targets.against_targets(headlines, {"sales": Target(own_total=sales + 250)})
    assert result.frame["differs_by"].tolist() == pytest.approx([-250])
    assert "the report counts €250 less than the company" in sentences(result)["reconciled.sales"]
    rows = pd.DataFrame(
        {"table": ["transactions", "transactions", "tickets"], "read": [900, 100, 7], "set_aside": [4, 1, 1]}
    )
    rows = rows.assign(duplicate=[2, 0, 0], excluded=[0, 30, 0])
    said = sentences(targets.against_targets(headlines, {"sales": Target(own_total=sales + 250)}, rows))
    assert said["reconciled.sales.why"].startswith("Of 1,000 records in the exports behind it, 5 could not be used, 2 ")
    same = targets.against_targets(headlines, {"sales": Target(own_total=sales)}, rows)
    assert [*sentences(same)] == ["reconciled.sales"]
    assert "what the company counts" in sentences(same)["reconciled.sales"]


@pytest.mark.parametrize(
    ("change", "behaviour", "said"),
    [
        (-8.0, -35.0, "−35 because customers act differently, which other causes made up for in part"),
        (8.0, -3.0, "more than made up for"),
        (-8.0, -8.0, "of it because"),
        (8.0, 3.0, "rose"),
    ],
)
def test_a_part_is_called_so_only_where_it_is_one(change, behaviour, said):
    numbers = {"last_value": 100.0, "this_value": 100 + change, "whole_change": change, "behaviour": behaviour}
    relative = {f"relative_change{end}": behaviour for end in ("", "_low", "_high")}
    row = pd.Series({"key": "buyers", "kind": "count", "n": 50, "p_adjusted": 0.01, **numbers, **relative})
    assert said in Language("en").text(told.moved(row, 3))


def test_season_is_told_in_one_sentence_where_nothing_differs(company):
    result = over_time.year_before(parts.year_before(company.run(NOW), []))
    assert list(sentences(result)) == ["year_before"]
    frame = result.frame.pivot(index="key", columns="of", values="amount").fillna(0)
    assert (frame["mix"] + frame["behaviour"]).to_numpy() == pytest.approx(frame["change"].to_numpy())
    assert not len(over_time.year_before(parts.year_before(company.run(NOW), [])[:0]))


def test_what_customers_do_differently_from_last_year_is_told_with_the_whole(company):
    split = parts.year_before(company.run(NOW), []).assign(claim=True)
    result = over_time.year_before(split)
    found = sentences(result)
    part = result.frame.pivot(index="key", columns="of", values="amount").fillna(0)
    told = part.index[part["behaviour"].abs() >= over_time.TRIVIAL * part["change"].abs()]
    assert 0 < len(told) < len(part)  # what is a small part of the whole is no news
    assert set(found) == {f"year_before.{key}" for key in told}
    for key in set(told) & set(KPIS):
        assert found[f"year_before.{key}"].startswith(KPIS[key].label)


def test_the_history_has_each_day_once_and_what_is_new_last(company):
    headlines = company.run(NOW)["headlines"]
    names = {"headline": "name", "kind": "unit", "value_low": "low", "value_high": "high"}
    once = headlines.rename(columns=names)
    later = once.assign(as_of="2026-01-31")
    known = pd.concat([once.assign(value=once["value"] / 2, as_of="2025-06-30"), once.assign(value=1.0), later])
    table = over_time.history(known, headlines).frame
    sales = table[table["headline"] == "Sales"]
    assert sales["at"].dt.date.astype(str).tolist() == ["2025-06-30", "2025-12-31"]
    assert sales["relative_change"].tolist() == pytest.approx([0, 100])
    assert sales["relative_change_low"].iloc[-1] < 100 < sales["relative_change_high"].iloc[-1]
    points = table.loc[table["headline"] == "Net Promoter Score", "relative_change"]
    assert points.iloc[-1] == pytest.approx(headlines.set_index("headline").loc["nps", "value"] / 2)
    assert not len(over_time.history(known[:0], headlines))


def test_figures_of_another_period_are_neither_in_the_history_nor_against_a_target(company):
    """Twelve months of which the records cover nine are no change to be drawn, and miss no target of a year."""
    headlines = company.run(NOW)["headlines"]
    names = {"headline": "name", "kind": "unit", "value_low": "low", "value_high": "high"}
    young = headlines.assign(months=headlines["months"].where(headlines["months"] != 12, 9.0))
    known = young.rename(columns=names).assign(as_of="2025-06-30")
    drawn = set(over_time.history(known, headlines).frame["headline"])
    assert drawn == {"Customers", "Net Promoter Score", "Service cases per 100 orders"}
    aim = {"sales": Target(target=1e9), "nps": Target(target=100)}
    assert {"target.sales", "target.nps"} <= set(sentences(targets.against_targets(headlines, aim)))
    assert "target.sales" not in sentences(targets.against_targets(young, aim))
    before_it_was_kept = known.assign(months=np.nan)
    assert "Sales" in set(over_time.history(before_it_was_kept, headlines).frame["headline"])


def test_shares_are_apart_by_percentage_points():
    numbers = {"last_value": 0.5, "this_value": 0.64, "whole_change": 0.14, "behaviour": 0.05}
    relative = {f"relative_change{end}": 10.0 for end in ("", "_low", "_high")}
    row = pd.Series({"key": "csat", "kind": "share", "n": 50, "p_adjusted": 0.01, **numbers, **relative})
    said = Language("en").text(told.moved(row, 3))
    assert said == "Satisfied rose to 64% from 50%: +5 percentage points of it because customers act differently."


def test_months_shorter_than_a_figure_looks_back_are_named():
    numbers = {"last_value": 100.0, "this_value": 120.0, "whole_change": 20.0, "behaviour": 15.0}
    relative = {f"relative_change{end}": 15.0 for end in ("", "_low", "_high")}
    row = pd.Series({"key": "buyers", "kind": "count", "n": 50, "p_adjusted": 0.01, **numbers, **relative})
    said = Language("en").text(told.moved(pd.Series({**row, "since": pd.Timestamp("2025-10-01")}), 3))
    assert said.startswith("Buyers since 1 October 2025 rose to 120, from 100 in as many months before: +15 of it")
