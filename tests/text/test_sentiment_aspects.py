import numpy as np
import pandas as pd
import pytest
from test_sentiment_training import comments_of, feedback

from customer_profiles.text.sentiment import aspects, summaries, training


@pytest.fixture(scope="module")
def heard():
    table = feedback()
    table["text"] += "."
    table.loc[[0, 1], "text"] = "Das Zelt ist wunderbar, tolle Jacke. Beim Rucksack kaputt, nie wieder."
    comments = comments_of(table)
    model = training.train(comments)
    themes = pd.DataFrame({"theme": ["tents", "packs"], "terms": ["zelt", "rucksack, schulter riemen"]})
    assignments = pd.DataFrame(
        {"row": [0, 0, 1, 2], "customer_no": [7, 7, 8, 9], "theme": ["tents", "packs", "packs", "tents"]}
    )
    return aspects.aspects(comments, model.comments, themes, assignments, model), model


def test_in_a_comment_with_two_themes_each_is_judged_by_its_own_clauses(heard):
    table, _ = heard
    first = table[table["row"] == 0].set_index("theme")
    assert first["sentiment"].to_dict() == {"tents": "positive", "packs": "negative"}
    assert set(first["judged"]) == {"clause"}


def test_a_comment_with_one_theme_counts_as_a_whole(heard):
    table, model = heard
    whole = model.comments.set_index("row")["sentiment"]
    single = table[table["row"].isin([1, 2])]
    assert (single["judged"] == "comment").all()
    assert single["sentiment"].tolist() == whole.loc[[1, 2]].tolist()


def test_shares_by_theme_take_the_aspects(heard):
    table, _ = heard
    shares = summaries.by_theme(table).frame
    assert set(shares["theme"]) == {"tents", "packs"}
    assert shares.groupby("theme")["n"].sum().tolist() == [2, 2]
    assert np.isclose(shares.groupby("theme")["share"].sum(), 1).all()
