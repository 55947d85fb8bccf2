"""The fact sheet: what is told, in which order, and what it leaves out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from customer_profiles.analysis.demographics import fact_sheet, index
from customer_profiles.messages import Text
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.reporting.language import Language
from customer_profiles.stats import comparisons


def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    group = pd.DataFrame(
        {
            "gender": rng.choice(["female", "male"], 800, p=[0.7, 0.3]),
            "age_band": rng.choice(["18–34", "35–49", "50–64", "65+"], 800, p=[0.5, 0.3, 0.15, 0.05]),
            "pet": rng.choice(["cat", "dog", "fish"], 800),
        }
    )
    rest = pd.DataFrame(
        {
            "gender": rng.choice(["female", "male"], 800),
            "age_band": rng.choice(["18–34", "35–49", "50–64", "65+"], 800, p=[0.2, 0.3, 0.2, 0.3]),
            "pet": rng.choice(["cat", "dog", "fish"], 800),
        }
    )
    return index.compare(group, rest, ["gender", "age_band", "pet"])


def test_strongest_first_two_of_an_attribute_and_one_of_a_mirror():
    top = fact_sheet.top_traits(table())
    assert top[["attribute", "value"]].to_numpy().tolist() == [
        ["age_band", "65+"],
        ["age_band", "18–34"],
        ["gender", "female"],
    ]


def test_hidden_and_small_rows_are_left_out():
    rows = table()
    hidden = rows.assign(hidden=rows["value"] == "65+")
    assert "65+" not in set(fact_sheet.top_traits(hidden)["value"])
    few = int(rows.loc[rows["value"] == "65+", "n"].iloc[0])
    assert "65+" not in set(fact_sheet.top_traits(rows, min_group=few + 1)["value"])


def test_no_more_than_ten():
    rows = pd.concat([table().assign(attribute=lambda t, i=i: t["attribute"] + str(i)) for i in range(6)])
    assert len(fact_sheet.top_traits(rows.reset_index(drop=True))) == fact_sheet.TRAITS


def test_sentences_give_shares_ratio_and_index():
    sheet = fact_sheet.fact_sheet(fact_sheet.top_traits(table()), Text("Best customers"), Text("all others"))
    said = [Language("en").text(trait) for trait in sheet.traits]
    assert said[0].startswith("Customers aged 65 and over: only ")
    assert "times as frequent (index" in said[1]
    assert Language("en").text(sheet.name) == "What sets apart: Best customers, compared with all others"
    assert sheet.n == 800
    empty = fact_sheet.fact_sheet(table().iloc[:0], Text("a"), Text("b"))
    assert (empty.n, empty.traits) == (0, ())


def test_quadrants_part_at_the_typical_share_and_at_one_hundred():
    rows = pd.DataFrame({"share": [0.3, 0.2, 0.1, 0.19, 0.5], "index": [120.0, 99.0, 101.0, 20.0, np.nan]})
    found = index.quadrants(rows)["quadrant"]
    assert found.tolist()[:4] == ["core", "developmental", "niche", "marginal"]
    assert pd.isna(found[4])


def test_where_a_row_is_hidden_its_words_go_too():
    rows = index.quadrants(table())
    rows.loc[rows["value"] == "fish", ["n", "base"]] = [3, 800]
    published = Gate(10).publish(rows, mask=comparisons.measurements(rows)).frame
    hidden = published["suppressed"]
    assert hidden.any()
    assert published.loc[hidden, "quadrant"].isna().all()
    assert published.loc[~hidden, "quadrant"].notna().all()


def test_what_follows_from_another_trait_is_not_told_twice():
    rows = table()
    stage = rows.loc[rows["attribute"] == "age_band"].assign(attribute="life_stage")
    both = pd.concat([rows, stage.assign(effect=stage["effect"] * 0.9)], ignore_index=True)
    assert "life_stage" in set(fact_sheet.top_traits(both)["attribute"])
    told = fact_sheet.top_traits(both, made_of={"life_stage": ("age", "children")})["attribute"]
    assert told.unique().tolist() == ["age_band", "gender"]
    stronger = both.assign(effect=both["effect"].where(both["attribute"] != "life_stage", both["effect"] * 2))
    told = fact_sheet.top_traits(stronger, made_of={"life_stage": ("age", "children")})["attribute"]
    assert told.unique().tolist() == ["life_stage", "gender"]
