"""The shipped dataset.yaml of the clothing reviews: feedback by age group agrees with a count made from the file."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW
from support import real_data, shipped_dataset

from customer_profiles.analysis.demographics import audience
from customer_profiles.analysis.feedback import metrics, scores
from customer_profiles.ingest.config.dataset import load_dataset
from customer_profiles.ingest.pipeline import collect
from customer_profiles.ingest.profile import build_profile
from customer_profiles.tables import Tables
from customer_profiles.text.sentiment import training
from customer_profiles.text.themes import discovery

AS_OF = date(2018, 2, 3)
BANDS = {
    "18–24": (18, 24),
    "25–34": (25, 34),
    "35–44": (35, 44),
    "45–54": (45, 54),
    "55–64": (55, 64),
    "65+": (65, 199),
}


class Collected(NamedTuple):
    """What the chapters read, and the publisher's rows."""

    profile: pd.DataFrame
    feedback: pd.DataFrame
    by_group: pd.DataFrame
    raw: pd.DataFrame


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    home = tmp_path_factory.mktemp("womens_clothing")
    texts = real_data("text")
    dataset = load_dataset(shipped_dataset("womens_clothing", home, texts))
    tables = Tables(home / "tables")
    collect(dataset, tables, AS_OF, b"a key for this test, of 32 bytes")
    profile, feedback = build_profile(tables, AS_OF, dataset.attributes()), tables.read("feedback")
    groups = audience.groups(profile, list(dataset.attributes()))
    # One review stands in the file twice, in every cell.
    raw = pd.read_parquet(texts / "womens_clothing_half.parquet").drop_duplicates()
    latest = metrics.latest(metrics.answers(feedback))
    return Collected(profile, feedback, scores.scores_by_group(latest, profile, groups, 30).frame, raw)


def test_every_review_is_a_person_with_an_answer(collected):
    assert len(collected.raw) == 11_319
    assert len(collected.profile) == len(collected.feedback) == 11_319
    assert collected.profile["answers"].eq(1).all()
    assert (
        collected.feedback["about"].value_counts()["Dresses"] == (collected.raw["Department Name"] == "Dresses").sum()
    )
    assert collected.feedback["recommended"].eq("recommended").sum() == collected.raw["Recommended IND"].sum()


def test_stars_by_age_group_are_those_of_the_file(collected):
    table = collected.by_group[collected.by_group["attribute"] == "age_band"].set_index("value")
    assert set(table.index) == set(BANDS)
    assert table["n"].sum() == 11_319
    for band, (low, high) in BANDS.items():
        inside = collected.raw["Age"].between(low, high)
        stars = collected.raw.loc[inside, "rating"]
        good = int((stars >= 4).sum())
        assert table.at[band, "n"] == len(stars)
        assert table.at[band, "mean"] == pytest.approx(stars.mean())
        ends = DescrStatsW(stars).tconfint_mean()
        assert (table.at[band, "mean_low"], table.at[band, "mean_high"]) == pytest.approx(ends)
        assert table.at[band, "share"] == pytest.approx(good / len(stars))
        ends = proportion_confint(good, len(stars), method="wilson")
        assert (table.at[band, "share_low"], table.at[band, "share_high"]) == pytest.approx(ends)


def test_the_claims_are_those_of_an_independent_correction(collected):
    table = collected.by_group[collected.by_group["attribute"] == "age_band"].set_index("value")
    p_values = {}
    for band, (low, high) in BANDS.items():
        inside = collected.raw["Age"].between(low, high)
        both = CompareMeans(
            DescrStatsW(collected.raw.loc[inside, "rating"]), DescrStatsW(collected.raw.loc[~inside, "rating"])
        )
        p_values[band] = both.ttest_ind(usevar="unequal")[1]
        assert table.at[band, "difference"] == pytest.approx(both.d1.mean - both.d2.mean)
    np.testing.assert_allclose(table["p"].reindex(p_values), list(p_values.values()), rtol=0.02)
    claimed = multipletests(list(p_values.values()), alpha=0.05, method="fdr_bh")[0]
    assert table["claim"].reindex(p_values).tolist() == claimed.tolist()
    assert table.loc["25–34", "claim"]
    assert table.at["25–34", "difference"] < 0


def test_comments_join_title_and_text_with_the_class_of_the_stars(collected):
    texts = discovery.texts_of(collected.feedback).join(collected.feedback["at"], on="row")
    comments = training.comments_of(texts, metrics.answers(collected.feedback))
    counts = comments["own"].value_counts()
    stars = collected.raw["rating"]
    assert counts.to_dict() == {
        "positive": int((stars >= 4).sum()),
        "neutral": int((stars == 3).sum()),
        "negative": int((stars <= 2).sum()),
    }
    assert comments["text"].str.contains("Some major design flaws").any()
