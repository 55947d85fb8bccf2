from dataclasses import replace

import duckdb
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import precision_score, recall_score
from sklearn.tree import DecisionTreeClassifier

from customer_profiles.analysis.segments import rules
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.reporting.language import Language
from customer_profiles.results import Result

RNG = np.random.default_rng(3)
CHANNELS = ["app", "shop's own", "web"]


@pytest.fixture(scope="module")
def profile() -> pd.DataFrame:
    n = 1500
    profile = pd.DataFrame(
        {
            "customer_no": range(n),
            "orders": RNG.poisson(4, n),
            "age": pd.array(RNG.integers(18, 80, n), dtype="Int64"),
            "channel": RNG.choice(CHANNELS, n),
            "member": RNG.random(n) < 0.5,
        }
    )
    profile.loc[RNG.random(n) < 0.2, "age"] = pd.NA
    profile.loc[RNG.random(n) < 0.2, "channel"] = None
    return profile


@pytest.fixture(scope="module")
def labels(profile) -> pd.Series:
    frequent = profile["orders"].gt(4)
    own = profile["channel"].eq("shop's own")
    return pd.Series(np.select([frequent & own, frequent], [1, 2], 3), index=profile.index)


def made(profile, labels, columns) -> Result:
    """Rules from trees that were fitted as the notebook fits them."""
    features = rules.features(profile, columns)
    held_out = np.random.default_rng(1).permutation(len(profile)) < len(profile) / 3
    learnt = features[~held_out]
    tree = DecisionTreeClassifier(
        max_depth=3, min_samples_leaf=max(10, int(0.02 * len(learnt))), class_weight="balanced", random_state=1
    )
    trees = {segment: clone(tree).fit(learnt, labels[~held_out] == segment) for segment in sorted(labels.unique())}
    return rules.rules(trees, features, profile, labels, held_out)


@pytest.fixture(scope="module")
def found(profile, labels) -> pd.DataFrame:
    return made(profile, labels, ["orders", "age", "channel", "member"]).frame


def test_a_rule_is_read_back_as_it_was_written(found):
    for rule in found["rule"]:
        paths = rules.parsed(rule)
        assert rules._sql(paths) == rule
        assert Language("en").text(rules.words(paths))


def test_a_rule_is_said_in_words():
    sql = (
        '(("age" <= 54.5 OR "age" IS NULL) AND "age" > 26.5 AND ("values" <> \'price\' OR "values" IS NULL)) '
        'OR ("discount_share" <= 0.077 OR "discount_share" IS NULL)'
    )
    said = Language("en").text(rules.words(rules.parsed(sql)))
    assert said == (
        "Age above 26.5, at most 54.5 and Values other than price or unknown; "
        "or Share of discounts at most 7.7% or unknown"
    )
    assert (
        Language("en")
        .text(rules.words(rules.parsed("(\"a b\" = 'x'' AND \"c\" = ''y')")))
        .endswith("x' AND \"c\" = 'y")
    )


def test_whether_a_number_is_missing_is_no_threshold(profile):
    """Where the missing are a segment of their own, the rule asks for nothing else."""
    labels = pd.Series(
        np.select([profile["age"].isna(), profile["age"].gt(50).fillna(False).to_numpy(bool)], [1, 2], 3)
    )
    found = made(profile, labels, ["age"]).frame.set_index("segment")["rule"]
    assert found[1] == '("age" IS NULL)'
    assert Language("en").text(rules.words(rules.parsed(found[1]))) == "Age unknown"
    assert "unknown" not in Language("en").text(rules.words(rules.parsed(found[3])))
    assert [rules._sql(rules.parsed(rule)) for rule in found] == found.tolist()
    picked = duckdb.query(f"SELECT customer_no FROM profile WHERE {found[3]}").to_df()["customer_no"]
    assert profile.loc[profile["customer_no"].isin(picked), "age"].notna().all()


def test_limits_of_whole_numbers_are_whole(profile, labels):
    found = made(profile, labels, ["orders", "channel"]).frame.set_index("segment")["rule"]
    assert '"orders" > 4' in found[1]
    assert "." not in found[1] + found[2]


def test_planted_rules_are_found(found):
    assert found["precision"].min() > 0.99
    assert found["recall"].min() > 0.99


def test_a_database_picks_the_same_customers(profile, labels, found):
    """The SQL means what the figures beside it were counted from."""
    held_out = np.random.default_rng(1).permutation(len(profile)) < len(profile) / 3
    customers = profile.astype({"member": "str"})
    for row in found.itertuples():
        picked = duckdb.query(f"SELECT customer_no FROM customers WHERE {row.rule}").to_df()["customer_no"]
        told = customers["customer_no"].isin(picked)[held_out]
        truth = labels.eq(row.segment)[held_out]
        assert row.precision == pytest.approx(precision_score(truth, told))
        assert row.recall == pytest.approx(recall_score(truth, told))
        assert (row.picked, row.base, row.n) == (told.sum(), truth.sum(), (told & truth).sum())


def test_what_is_not_in_the_data_is_not_found(profile):
    chance = pd.Series(np.random.default_rng(8).integers(1, 3, len(profile)))
    found = made(profile, chance, ["orders", "age", "channel"]).frame
    assert found["precision"].between(0.35, 0.65).all()


def test_a_threshold_is_nobodys_own_value(profile):
    amounts = profile.assign(spend=np.linspace(1000.123, 9000.987, len(profile)))
    labels = pd.Series(np.where(amounts["spend"] > 4321.77, 1, 2))
    rule = made(amounts, labels, ["spend"]).frame.set_index("segment").loc[1, "rule"]
    assert rule in {'("spend" > 4320)', '("spend" > 4330)', '("spend" > 4310)'}


def test_without_segments_there_are_no_rules(profile):
    features = rules.features(profile, [])
    assert features.shape == (len(profile), 0)
    nobody = pd.Series(pd.NA, profile.index, dtype="Int64")
    result = rules.rules({}, features, profile, nobody, np.zeros(len(profile), bool))
    assert len(result) == 0
    assert {"segment", "rule", "n", "picked", "precision", "recall_high"} <= set(result.frame)
    assert len(rules.features(pd.DataFrame({"orders": [], "channel": []}), ["orders"])) == 0


def test_a_rule_that_picks_few_is_hidden(profile, labels):
    result = made(profile, labels, ["orders", "age", "channel", "member"])
    few = result.frame.assign(picked=[3, 200, 200])
    assert Gate(10).guard(replace(result, frame=few)).frame["suppressed"].tolist() == [True, False, False]
