from pathlib import Path

import pandas as pd
import pytest

from customer_profiles.text import languages

LABELLED = Path(__file__).parents[3] / "shared" / "data" / "text"


def test_german_and_english_are_told_apart():
    texts = pd.Series(["Mein Paket ist nicht angekommen", "Where is my parcel?", None, "", "12345"])
    found = languages.detect(texts)
    assert found.tolist()[:2] == ["de", "en"]
    assert found.isna().tolist() == [False, False, True, True, True]


def test_what_could_be_any_language_gets_the_usual_one():
    texts = pd.Series(["Das Paket kam viel zu spät", "Die Hose passt leider nicht", "Where is my order?", "ok"])
    assert languages.detect(texts).iloc[3] == "de"


def test_an_unknown_code_is_refused():
    with pytest.raises(ValueError, match="xx"):
        languages.detect(pd.Series(["Hallo"]), ["de", "xx"])


@pytest.mark.skipif(not LABELLED.exists(), reason=f"labelled texts are absent: {LABELLED}")
def test_real_texts():
    german = pd.read_parquet(LABELLED / "germeval2017.parquet")["text"].head(1000)
    english = pd.read_parquet(LABELLED / "clinc150.parquet")["text"].head(1000)
    assert (languages.detect(german) == "de").mean() > 0.99
    assert (languages.detect(english) == "en").mean() > 0.99
