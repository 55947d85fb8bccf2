"""The gate: what an attacker who knows all margins can find out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from customer_profiles.errors import PrivacyRefused
from customer_profiles.privacy.disclosure import Gate, Published

LEAST = 10
counts = st.integers(0, 40)


def attack(table, published, margins, count, keys):
    """Largest value of each hidden count that agrees with all shown counts and the true totals of all margins.

    Written against the published table only: rows that were left out are unknowns of which nothing is known.
    """
    shown = published.frame.set_index(keys)[count]
    truth = table.set_index(keys)[count].astype(float)
    unknown = [key for key in truth.index if key not in shown.index or pd.isna(shown[key])]
    listed = [key for key in unknown if key in shown.index]
    lower = [min(truth[key], 1.0) if key in listed else 0.0 for key in unknown]
    rows, totals = [], []
    for margin in margins:
        groups = table.set_index(keys).reset_index().groupby(margin, sort=False) if margin else [((), table)]
        for _, group in groups:
            members = set(group.set_index(keys).index)
            rows.append([float(key in members) for key in unknown])
            totals.append(sum(truth[key] for key in unknown if key in members))
    largest = {}
    for i, key in enumerate(unknown):
        if key in listed:
            goal = np.zeros(len(unknown))
            goal[i] = -1
            solved = linprog(goal, A_eq=rows, b_eq=totals, bounds=[(low, None) for low in lower])
            largest[key] = -solved.fun
    return {key: (truth[key], largest[key]) for key in listed}


@settings(max_examples=40)
@given(st.lists(st.lists(counts, min_size=1, max_size=6), min_size=1, max_size=3))
def test_no_small_count_of_a_distribution_can_be_worked_out(groups):
    rows = [(f"a{i}", f"v{j}", n, sum(g)) for i, g in enumerate(groups) for j, n in enumerate(g)]
    table = pd.DataFrame(rows, columns=["attribute", "value", "n", "base"])
    published = Gate(LEAST).publish(table)
    shown = published.frame[~published.frame["suppressed"]]
    assert not shown["n"].between(1, LEAST - 1).any()
    assert not (shown["base"] - shown["n"]).between(1, LEAST - 1).any()
    for true, largest in attack(table, published, [["attribute"]], "n", ["attribute", "value"]).values():
        assert true == 0 or true >= LEAST or largest >= LEAST - 1e-6


@settings(max_examples=25)
@given(st.lists(st.lists(counts, min_size=3, max_size=3), min_size=2, max_size=4))
def test_no_small_count_of_a_crossed_table_can_be_worked_out(cells):
    rows = [(i, f"v{j}", n) for i, line in enumerate(cells) for j, n in enumerate(line)]
    table = pd.DataFrame(rows, columns=["segment", "value", "n"]).assign(attribute="a")
    published = Gate(LEAST).publish(table, within=[["segment", "attribute"], ["attribute", "value"]])
    margins = [["segment"], ["value"]]
    for true, largest in attack(table, published, margins, "n", ["segment", "value"]).values():
        assert true == 0 or true >= LEAST or largest >= LEAST - 1e-6


@settings(max_examples=25)
@given(st.lists(st.lists(counts, min_size=3, max_size=3), min_size=3, max_size=4))
def test_rows_of_no_margin_add_up_to_nothing_and_the_others_are_guarded_by_both(cells):
    rows = [(i, "one each" if i else None, f"v{j}", n) for i, line in enumerate(cells) for j, n in enumerate(line)]
    table = pd.DataFrame(rows, columns=["pain", "among", "value", "n"]).assign(attribute="a")
    published = Gate(LEAST).publish(table, within=[["pain", "attribute"], ["among", "attribute", "value"]])
    keys, one_each = ["pain", "value"], table["among"].notna()
    shown = published.frame["among"].notna()
    of_those = Published(published.frame[shown], LEAST)
    for true, largest in attack(table[one_each], of_those, [["pain"], ["value"]], "n", keys).values():
        assert true == 0 or true >= LEAST or largest >= LEAST - 1e-6
    alone = Gate(LEAST).publish(table[~one_each], within=["pain", "attribute"]).frame
    pd.testing.assert_frame_equal(published.frame[~shown].reset_index(drop=True), alone, check_dtype=False)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(1, 60), st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=6))
def test_tables_that_share_their_groups_do_not_give_each_other_away(groups):
    sizes = [size for size, _, _ in groups]
    total = sum(sizes)
    base = pd.DataFrame({"attribute": "a", "value": [f"v{i}" for i in range(len(groups))]})
    tables = [base.assign(n=sizes, base=total)]
    for part in (1, 2):
        hit = [int(size * group[part]) for size, group in zip(sizes, groups, strict=True)]
        rest = {"n_rest": [sum(hit) - n for n in hit], "base_rest": [total - n for n in sizes]}
        tables.append(base.assign(n=hit, base=sizes, **rest))
    first, *others = [Gate(LEAST).publish(table).frame for table in tables]
    known = dict(zip(first["value"], first["n"], strict=True))
    for frame in others:
        known |= {v: b for v, b in zip(frame["value"], frame["base"], strict=True) if not pd.isna(b)}
    hidden = [i for i in range(len(groups)) if pd.isna(known.get(f"v{i}", pd.NA))]
    for i in hidden:
        spare = sum(sizes[j] - 1 for j in hidden if j != i and f"v{j}" in known)
        lost = any(f"v{j}" not in known for j in hidden)
        assert sizes[i] >= LEAST or lost or sizes[i] + spare >= LEAST


@settings(max_examples=60)
@given(st.lists(counts, min_size=1, max_size=6), st.integers(0, 40))
def test_those_of_the_base_who_are_in_no_row_cannot_be_worked_out(groups, unlisted):
    table = pd.DataFrame({"value": [f"v{i}" for i in range(len(groups))], "n": groups, "base": sum(groups) + unlisted})
    shown = Gate(LEAST).publish(table, within=()).frame
    left = int(table["base"].iloc[0]) - int(shown["n"].fillna(0).sum())
    if shown["base"].notna().any() and 0 < unlisted < LEAST and len(shown) == len(table):
        listed = table["n"][shown["suppressed"].to_numpy()].clip(upper=1).sum()
        assert left - listed >= LEAST


def test_everything_measured_is_hidden_and_nothing_else():
    table = pd.DataFrame(
        {
            "attribute": "age_band",
            "value": ["a", "b", "c"],
            "n": [3, 40, 57],
            "base": 100,
            "share": [0.03, 0.4, 0.57],
            "share_low": [0.01, 0.3, 0.4],
            "claim": [True, False, True],
            "rank": [1, 2, 3],
        }
    )
    frame = Gate(LEAST).publish(table).frame
    assert frame["suppressed"].tolist() == [True, True, False]  # the second, so that 100 − 57 − 40 tells nothing
    assert frame.loc[:1, ["n", "share", "share_low", "claim"]].isna().all().all()
    assert frame[["value", "rank"]].equals(table[["value", "rank"]])
    assert frame["base"].tolist() == [100, 100, 100]
    assert frame.loc[2, "n"] == 57
    assert str(frame["n"].dtype) == "Int64"
    assert str(frame["claim"].dtype) == "boolean"


def test_all_but_two_names_the_two():
    table = pd.DataFrame({"theme": ["t"], "n": [98], "base": [100]})
    assert Gate(LEAST).publish(table, within=None).suppressed == 1
    assert Gate(LEAST).publish(table.assign(n=100), within=None).suppressed == 0


def test_small_comparison_groups_are_guarded_too():
    table = pd.DataFrame({"value": ["a", "b"], "n": [50, 40], "base": 90, "n_rest": [4, 60], "base_rest": 90})
    assert Gate(LEAST).publish(table, within=None).frame["suppressed"].tolist() == [True, False]


def test_a_small_base_is_hidden_itself():
    table = pd.DataFrame({"attribute": "a", "value": list("xyz"), "n": [2, 20, 30], "base": [5, 100, 200]})
    frame = Gate(LEAST).publish(table).frame
    assert frame["base"].isna().tolist() == [True, True, False]


def test_groups_that_cannot_be_protected_are_left_out():
    table = pd.DataFrame({"attribute": "a", "value": list("xyz"), "n": [1, 1, 1], "base": 50})
    assert Gate(LEAST).publish(table).frame.empty


def test_further_counts_of_persons_must_not_be_small():
    table = pd.DataFrame({"metric": ["nps"], "n": [40], "customers": [6]})
    assert Gate(LEAST).publish(table, within=None).suppressed == 0
    assert Gate(LEAST).publish(table, within=None, also=["customers"]).suppressed == 1


def test_a_table_that_counts_nobody_passes():
    rules = pd.DataFrame({"segment": ["At risk"], "r_low": [1]})
    assert Gate(LEAST).publish(rules, n=None).frame.drop(columns="suppressed").equals(rules)


@pytest.mark.parametrize("table", [{"customer_no": [1], "n": [20]}, {"share": [0.5]}])
def test_rows_of_customers_and_tables_without_counts_are_refused(table):
    with pytest.raises(PrivacyRefused):
        Gate(LEAST).publish(pd.DataFrame(table))


def test_floor():
    with pytest.raises(PrivacyRefused, match="least allowed is 5"):
        Gate(4)


def test_empty_tables_pass():
    empty = pd.DataFrame({"attribute": [], "value": [], "n": [], "base": []})
    assert Gate(LEAST).publish(empty).frame.empty


def test_the_place_of_a_row_tells_nothing_of_its_numbers():
    """Where 25 hidden persons stand between 26 and 24, the other 3 of 28 hidden ones are known."""
    table = pd.DataFrame({"attribute": "x", "value": list("cabde"), "n": [60, 26, 25, 24, 3], "base": 138})
    table = pd.concat([table, table.assign(attribute="y", n=[90, 12, 3, 27, 20], base=152)])
    hidden = [False, False, True, False, True, False, True, True, False, False]
    frame = table.reset_index(drop=True).assign(suppressed=hidden)
    placed = Published(frame.assign(n=frame["n"].mask(frame["suppressed"])), 10).placed()
    assert placed.frame["value"].tolist() == [*"cadbe", *"cdeab"]
    assert placed.frame["suppressed"].tolist() == [False] * 3 + [True] * 2 + [False] * 3 + [True] * 2
    assert placed.placed().frame.equals(placed.frame)


def test_rows_in_the_order_of_their_names_stay_where_they_are():
    table = pd.DataFrame(
        {"attribute": "age", "value": ["18–24", "25–34", "35–44", "45+"], "n": [3, 30, 20, 10], "base": 63}
    )
    published = Gate(10).publish(table)
    assert published.placed().frame["value"].tolist() == table["value"].tolist()


def test_tenths_stay_in_their_order_though_one_between_them_is_hidden():
    """Their number is what they are about; their shares fall only by chance in the same order."""
    table = pd.DataFrame({"lead_tenth": range(1, 6), "n": [60, 34, 20, 5, 12], "base": 130})
    placed = Gate(10).publish(table).placed().frame
    assert placed["suppressed"].any()
    assert placed["lead_tenth"].tolist() == [1, 2, 3, 4, 5]


@given(st.lists(st.integers(1, 60), min_size=3, max_size=9), st.booleans())
def test_a_hidden_row_stands_between_no_two_numbers(counts, ascending):
    table = pd.DataFrame(
        {"value": [f"v{(i * 7) % 9}{i}" for i in range(len(counts))], "n": counts, "base": sum(counts)}
    )
    frame = Gate(10).publish(table.sort_values("n", ascending=ascending)).placed().frame
    hidden = frame["suppressed"].to_numpy()
    by_name = frame["value"].is_monotonic_increasing
    assert by_name or not (hidden[:-1] & ~hidden[1:]).any()


def test_slices_stay_published():
    table = Published(pd.DataFrame({"theme": ["a", "b", "c"], "n": [20, None, 30], "suppressed": [0, 1, 0]}), 10)
    assert table.where(theme=["a", "b"]).frame["theme"].tolist() == ["a", "b"]
    assert table.top(2).frame["theme"].tolist() == ["c", "a"]
    assert list(table.columns("theme").frame) == ["theme", "suppressed"]


def test_same_table_gives_the_same_choice():
    table = pd.DataFrame({"attribute": "a", "value": list("uvwx"), "n": [3, 30, 30, 60], "base": 123})
    assert Gate(LEAST).publish(table).frame["suppressed"].tolist() == [True, True, False, False]


def test_those_of_a_compared_group_who_are_in_no_row_cannot_be_worked_out():
    """Of 60 sufferers 57 are in the two groups shown, so three are in groups too small to be listed."""
    pains = pd.DataFrame({"attribute": "a", "value": ["x", "y"], "n": [40, 17], "base": [200, 150]})
    table = pains.assign(pain="p", n_rest=60 - pains["n"], base_rest=400 - pains["base"])
    shown = Gate(LEAST).publish(table, within=("pain", "attribute")).frame
    assert shown["suppressed"].tolist() == [False, True]
    listed = table.assign(n_rest=57 - table["n"])
    assert not Gate(LEAST).publish(listed, within=("pain", "attribute")).suppressed


def test_groups_too_small_to_be_listed_cannot_be_worked_out_from_the_sizes_of_the_others():
    table = pd.DataFrame({"attribute": "a", "value": ["x", "y"], "n": [40, 17], "base": [200, 150]})
    table = table.assign(n_rest=[17, 40], base_rest=[154, 204])  # 354 in all, 4 of them in no row
    shown = Gate(LEAST).publish(table).frame
    assert shown["base"].isna().tolist() == [False, True]


def test_a_row_left_out_is_not_what_is_missing_of_another_margin():
    """A stage of 12 in which one age has nobody cannot be listed; the sums of the ages must not give it back."""
    ages = {
        "25–34": (62, 12, 4),
        "35–44": (114, 22, 5),
        "45–54": (114, 16, 1),
        "55–64": (75, 13, 0),
        "65+": (37, 12, 2),
    }
    stages = ("new", "onboarding", "won back")
    rows = [("age", age, stage, n) for age, counts in ages.items() for stage, n in zip(stages, counts, strict=True)]
    table = pd.DataFrame(rows, columns=["attribute", "value", "stage", "n"])
    table["base"] = table.groupby("value")["n"].transform("sum")
    whole = table.groupby("stage")["n"].transform("sum")
    table = table.assign(n_rest=whole - table["n"], base_rest=table["n"].sum() - table["base"])
    shown = Gate(LEAST).publish(table, within=[["stage", "attribute"], ["attribute", "value"]]).frame
    told = shown.groupby("value")["n"].sum().reindex(list(ages))
    left = table.groupby("value")["n"].sum().reindex(list(ages)) - told
    assert ((left == 0) | (left >= LEAST)).all()
