"""How good the sentiment of comments is, on labelled public comments: learnt from scores, and begun without any.

Learnt: four fifths of each set are learnt from, weights and borders are set by folds within them, and the last fifth is
judged. Begun: no label is used, beside lists that packages ship (VADER; LeIA for Portuguese; the German list of
textblob-de), each with the rule of its authors: not below zero is positive, and within ±0.05 is neutral. Two classes:
comments whose own class is neutral are left out. Also printed: how many labels are enough, and CPU seconds for 20,000
comments, with language, learning, measuring and the learning curve.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from importlib.metadata import files
from importlib.util import find_spec
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split
from support import real_data

from customer_profiles.analysis.feedback import metrics
from customer_profiles.text import languages
from customer_profiles.text.sentiment import cold_start, training
from customer_profiles.text.sentiment.measures import calibration_error
from customer_profiles.text.sentiment.model import learn, read
from customer_profiles.text.themes import discovery

SEED = 1
SIZES = (200, 500, 1000, 2000, 5000, None)
LANGUAGE = {"womens_clothing_half": "en", "germeval2017": "de", "olist": "pt"}
LABELLED = {"negative": 1.0, "neutral": 3.0, "positive": 5.0}
SHIPPED = all(find_spec(name) for name in ("vaderSentiment", "LeIA", "textblob_de"))


def labelled(name: str) -> pd.DataFrame:
    """One labelled set as the table feedback; a set with classes instead of stars gets 1, 3 and 5 stars for them."""
    if name == "olist":
        table = pd.read_csv(real_data("olist") / "order_reviews.csv")
        title, text, stars = table["review_comment_title"], table["review_comment_message"], table["review_score"]
    elif name == "germeval2017":
        table = pd.read_parquet(real_data("text") / "germeval2017.parquet")
        title, text, stars = pd.Series("", table.index), table["text"], table["sentiment"].map(LABELLED)
    else:
        table = pd.read_parquet(real_data("text") / f"{name}.parquet")
        title, text, stars = table["Title"], table["text"], table["rating"]
    both = (title.fillna("") + ". " + text.fillna("")).str.strip(" .")
    frame = pd.DataFrame({"metric": "stars", "score": stars.astype(float), "text": both, "language": LANGUAGE[name]})
    return frame.assign(customer_no=pd.array(np.arange(len(frame)), dtype="Int64"), at=pd.Timestamp("2018-02-03"))


def comments_of(table: pd.DataFrame, spoken: tuple[str, ...] = languages.LANGUAGES) -> pd.DataFrame:
    """Comments of the table feedback with the class of their scores, as chapter 04 takes them."""
    texts = discovery.texts_of(table, spoken).join(table["at"], on="row")
    return training.comments_of(texts, metrics.answers(table))


def learnt(comments: pd.DataFrame, classes: int, size: int | None = None, seed: int = SEED) -> dict[str, float]:
    """Macro-F1 and calibration on the fifth of the comments that was put aside, learning from `size` of the others.

    With two classes and all comments, the neutral ones still teach the steps between the stars.
    """
    train, test = train_test_split(comments, test_size=0.2, random_state=seed, stratify=comments["own"])
    asked = ["negative", "positive"] if classes == 2 else ["negative", "neutral", "positive"]
    test = test[test["own"].isin(asked)]
    if size:
        train = train[train["own"].isin(asked)]
        train = train.sample(min(size, len(train)), random_state=seed)
    own, grade = train["own"].to_numpy(object), train["grade"].to_numpy(float)
    rows = np.arange(len(train))
    features, reader = read(train["text"].tolist(), train["language"].tolist())
    model, _, _ = learn(features, own, grade, rows, rows, training.FOLDS, seed, asked)
    probabilities = model.probabilities(
        reader.read(test["text"].tolist(), test["language"].tolist()), np.arange(len(test))
    )
    told = model.decide(probabilities)
    truth = np.searchsorted(model.classes, test["own"].to_numpy(str))
    return {
        "labels": len(train),
        "n": len(test),
        "macro_f1": f1_score(truth, told, average="macro"),
        "calibration_error": calibration_error(truth == told, probabilities[np.arange(len(told)), told]),
    }


def begun(comments: pd.DataFrame, seed: int = SEED, shipped: bool = True) -> pd.DataFrame:
    """Macro-F1 without any label: our list, our list with self-training, and the shipped list of the language."""
    own, spoken = comments["own"].to_numpy(str), comments["language"].to_numpy(object)
    features, _ = read(comments["text"].tolist(), spoken)
    numbers = cold_start.sounds(features, spoken, seed)
    rows = [
        ("our list alone", *_rated(own, features.tone)),
        (
            "our list and own wording",
            _two(own, numbers.sum(axis=1) > 0),
            f1_score(own, np.array(training.CLASSES)[cold_start.judge(numbers).astype(int) + 1], average="macro"),
        ),
    ]
    for name, tones in (shipped_tones(comments["text"], spoken[0]) if shipped else {}).items():
        rows.append((name, *_rated(own, tones)))
    return pd.DataFrame(rows, columns=["method", "two classes", "three classes"])


def shipped_tones(texts: pd.Series, language: str) -> dict[str, np.ndarray]:
    """Tones from -1 to 1 by the lists that packages ship."""
    if language == "de":
        listed = next(file for file in files("textblob-de") if file.name == "de-sentiment.xml").read_text("utf-8")
        entries = [dict(re.findall(r'(\w+)="([^"]*)"', entry)) for entry in re.findall(r"<word ([^>]*)/>", listed)]
        words = pd.DataFrame(entries).assign(polarity=lambda table: table["polarity"].astype(float))
        tone = words.groupby(words["form"].str.lower())["polarity"].mean().to_dict()
        found = [[tone[word] for word in re.findall(r"\w+", text.lower()) if word in tone] for text in texts]
        return {"textblob-de": np.array([np.mean(values) if values else 0.0 for values in found])}
    if language == "pt":
        from LeIA import SentimentIntensityAnalyzer
    else:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    analyser = SentimentIntensityAnalyzer()
    tones = np.array([analyser.polarity_scores(text)["compound"] for text in texts])
    return {"LeIA" if language == "pt" else "VADER": tones}


def cost() -> float:
    """CPU seconds for 20,000 comments of three languages, from the table feedback to the judged comments."""
    table = pd.concat([labelled(name) for name in LANGUAGE], ignore_index=True)
    table = table[table["text"].str.contains(r"[^\W\d_]{2}")].head(20_000).drop(columns="language")
    table["customer_no"] = pd.array(np.arange(len(table)), dtype="Int64")
    begin = time.process_time()
    training.train(comments_of(table, ("de", "en", "pt")), SEED)
    print(f"{len(table)} comments", end=": ")
    return time.process_time() - begin


def _rated(own: np.ndarray, tones: np.ndarray) -> tuple[float, float]:
    three = np.select([tones >= 0.05, tones <= -0.05], ["positive", "negative"], "neutral")
    return _two(own, tones >= 0), f1_score(own, three, average="macro")


def _two(own: np.ndarray, positive: np.ndarray) -> float:
    asked = own != "neutral"
    return f1_score(own[asked], np.where(positive[asked], "positive", "negative"), average="macro")


def main() -> None:
    """Print all tables."""
    if not SHIPPED:
        print("Other people's lists are left out: pip install -e '.[bench]' brings them.")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-cost", action="store_true", help="leave out the 20,000 comments")
    options = parser.parse_args()
    for name in LANGUAGE:
        comments = comments_of(labelled(name))
        print(f"\n{name}: {len(comments)} comments, {comments['own'].value_counts().to_dict()}")
        print("learnt from scores      labels   judged  macro-F1  calibration error")
        for classes in (2, 3):
            for size in (size for size in SIZES if size is None or size < 0.7 * len(comments)):
                row = learnt(comments, classes, size)
                print(
                    f"  {classes} classes {row['labels']:>18,} {row['n']:>8,} {row['macro_f1']:>9.4f} "
                    f"{row['calibration_error']:>18.3f}",
                    flush=True,
                )
        print("begun without any label")
        print(begun(comments, shipped=SHIPPED).round(3).to_string(index=False), flush=True)
    if not options.no_cost:
        print(f"\nlanguage and sentiment of {cost():.1f} CPU seconds")


if __name__ == "__main__":
    main()
