"""Which customers are meant: columns, bands, segments, pains, buyers, and what is said when nobody is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.demographics import audience, fact_sheet, groups
from customer_profiles.errors import ConfigurationError
from customer_profiles.params import FindDemographics


@pytest.fixture
def profile() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_no": range(100),
            "customer_id": [f"c{i}" for i in range(100)],
            "region": ["Bayern"] * 60 + ["Hessen"] * 35 + ["Helgoland"] * 5,
            "orders": list(range(100)),
            "age_band": (["18–34"] * 30 + ["65+"] * 20) * 2,
        }
    )


PAINS = pd.DataFrame({"customer_no": [1, 2, 3, 1], "pain": ["Lieferung, Paket", "Lieferung, Paket", "App", "App"]})
BOUGHT = pd.DataFrame({"customer_no": [1, 1, 7, 99, None], "category": ["Tents", "Tents", "Tents", "Boots", "Tents"]})


@pytest.mark.parametrize("asked", ["region=Bayern", "region = bayern", "region=baye", "region=Báyern"])
def test_a_column_of_the_profile(profile, asked):
    found = groups.find(profile, asked)
    assert found.members.sum() == 60
    assert found.of == "region"
    assert found.label.values == {"attribute": "region", "value": "Bayern"}


def test_numbers_go_by_their_bands(profile):
    assert groups.find(profile, "orders=≥ 80").members.tolist() == [False] * 80 + [True] * 20


def test_segments_pains_and_buyers(profile):
    segments = pd.DataFrame({"customer_no": range(100), "segment": [1] * 40 + [2] * 60})
    assert groups.find(profile, "segment=2", segments).members.sum() == 60
    pain = groups.find(profile, "pain=lieferung", PAINS, min_group=1)
    assert profile.loc[pain.members, "customer_no"].tolist() == [1, 2]
    assert pain.label.values == {"value": "Lieferung, Paket"}
    buyers = groups.find(profile, "category=tents", BOUGHT, min_group=1)
    assert profile.loc[buyers.members, "customer_no"].tolist() == [1, 7]
    assert buyers.of == "top_category"
    assert [groups.table_of(g) for g in ("segment=2", "pain=x", "category=y", "region=z", "")] == [
        *("segments", "pains", "transactions", "profile", "profile")
    ]


@pytest.mark.parametrize(
    ("asked", "table", "says"),
    [
        ("regoin=Bayern", None, "did you mean 'region'"),
        ("region=Bayren", None, "nearest: 'Bayern'"),
        ("customer_id=c1", None, "no column 'customer_id'"),
        ("segment=2", None, "run 05_segment_customers first"),
        ("pain=delivery", PAINS[:0], "run 03_analyse_pain_points first"),
        ("region=e", None, "several values"),
    ],
)
def test_what_does_not_exist_is_said_with_the_nearest(profile, asked, table, says):
    with pytest.raises(ConfigurationError, match=says):
        groups.find(profile, asked, table)


def test_rare_values_are_not_suggested(profile):
    with pytest.raises(ConfigurationError) as caught:
        groups.find(profile, "region=Helgolandd")
    assert "Helgoland'" not in str(caught.value)


def test_everybody_is_no_group(profile):
    with pytest.raises(ConfigurationError, match="divides"):
        groups.find(profile.assign(country="DE"), "country=DE")


@pytest.mark.parametrize("wrong", ["Bayern", "=Bayern", "region=", "region"])
def test_the_parameter_says_how_it_is_written(wrong):
    with pytest.raises(ConfigurationError, match="region=Bayern or segment=2"):
        FindDemographics.check({"compare": wrong})
    assert FindDemographics.check({"compare": "segment=2"}).compare == "segment=2"


def test_any_group_is_compared_with_all_others(profile):
    found = audience.compare(profile, pd.DataFrame({"attribute": []}), ["region", "age_band"], "region=Bayern", 10)
    assert found.by == "age_band"
    row = found.table.frame.set_index("value").loc["18–34"]
    assert (row["n"], row["base"], row["n_rest"], row["base_rest"]) == (40, 60, 20, 40)
    assert set(found.table.frame["attribute"]) == {"age_band"}
    segments = pd.DataFrame({"customer_no": range(100), "segment": [1] * 40 + [2] * 60})
    plain = audience.compare(profile, pd.DataFrame({"attribute": []}), ["region"], "segment=1", members=segments)
    assert plain.notes == ()
    assert not len(plain.standardised)


def test_what_formed_a_segment_describes_it_and_is_not_tested():
    rng = np.random.default_rng(2)
    age = rng.integers(18, 80, 600)
    profile = pd.DataFrame(
        {
            "customer_no": range(600),
            "age": age,
            "age_band": np.where(age < 36, "18–35", "36+"),
            "life_stage": np.where(age < 30, "young", "settled"),
            "region": rng.choice(["north", "south"], 600, p=[0.4, 0.6]),
        }
    )
    segments = profile[["customer_no"]].assign(segment=np.where(age < 40, 1, 2))
    traits = ["age_band", "life_stage", "region"]
    found = audience.compare(
        *(profile, pd.DataFrame({"attribute": []}), traits, "segment=1"),
        members=segments,
        made_of={"life_stage": ("age",)},
    )
    assert [note.message for note in found.notes] == [audience.FORMED]
    tested = found.table.frame.groupby("attribute")["p"].apply(lambda p: p.notna().all())
    assert tested.to_dict() == {"age_band": False, "life_stage": False, "region": True}
    assert not found.table.frame["claim"].any()
    assert found.table.family == 1
    sheet = fact_sheet.top_traits(found.table.frame, made_of={"life_stage": ("age",)})
    assert sheet["attribute"].tolist() == ["age_band"]


def test_a_group_too_small_to_be_described_is_refused(profile):
    with pytest.raises(ConfigurationError, match="fewer than 10 customers"):
        groups.find(profile, "region=Helgoland")
    with pytest.raises(ConfigurationError, match="fewer than 50 customers"):
        groups.find(profile, "region=Bayern", min_group=50)  # the 40 others are too few
