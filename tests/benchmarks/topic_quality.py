"""How good topics are, on texts whose topics are known: agreement, what is left over, sameness, and CPU time.

``clinc150``: requests of 150 kinds; those of no kind (``oos``) are left out. ``germeval2017``: feedback on a railway
with exactly one aspect, "Allgemein" (anything else) left out. The number of topics is given. Agreement is the adjusted
Rand index (0 by chance, 1 perfect) and normalised mutual information, "Other" counting as one more topic.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import pandas as pd

LABELLED = Path(__file__).parents[3] / "shared" / "data" / "text"
SEEDS = (1, 2, 3, 4)
COMMENTS = 20_000


def clinc150(split: str | None = "test", intents: int | None = None) -> pd.DataFrame:
    """Requests as `themes.find_themes` reads them, with their ``truth``; a split, or all of them; the first intents."""
    data = pd.read_parquet(LABELLED / "clinc150.parquet").query("intent != 'oos'")
    if split:
        data = data[data["split"] == split]
    if intents:
        data = data[data["intent"].isin(sorted(data["intent"].unique())[:intents])]
    return _texts(data["text"], data["intent"], "en")


def germeval2017() -> pd.DataFrame:
    """Feedback with one aspect."""
    data = pd.read_parquet(LABELLED / "germeval2017.parquet")
    aspect = data["aspects"]
    one = aspect.ne("") & ~aspect.str.contains("|", regex=False) & aspect.ne("Allgemein")
    return _texts(data.loc[one, "text"], aspect[one], "de")


def _texts(texts: pd.Series, truth: pd.Series, language: str) -> pd.DataFrame:
    table = pd.DataFrame({"text": texts.to_numpy(), "truth": truth.to_numpy(), "language": language})
    return table.assign(row=range(len(table)), customer_no=range(len(table)))


def measure(table: pd.DataFrame, seed: int = 1, encode=None) -> dict[str, float]:
    """Topics of texts against their truth."""
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    from customer_profiles.text.themes import discovery
    from customer_profiles.text.words import filled

    began = time.process_time()
    texts = table.drop(columns="truth")
    found = discovery.find_themes(texts, seed=seed, number=table["truth"].nunique(), min_customers=5, encode=encode)
    spent = time.process_time() - began
    listed = found.assignments.drop_duplicates("row").set_index("row")["theme"]
    main = listed.reindex(table["row"]).fillna("no word in it")
    return {
        "texts": len(table),
        "topics": table["truth"].nunique(),
        "ari": adjusted_rand_score(table["truth"], main),
        "nmi": normalized_mutual_info_score(table["truth"], main),
        "assigned": 1 - (found.assignments["theme"] == discovery.OTHER).sum() / len(texts),
        "unlisted": int((filled(table["text"]) & ~table["row"].isin(listed.index)).sum()),
        "cpu_s": spent,
    }


def same(table: pd.DataFrame) -> bool:
    """Whether one and two threads, and two runs, give the same table."""
    from threadpoolctl import threadpool_limits

    from customer_profiles.text.themes import discovery

    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(discovery.find_themes(table).assignments)
    return found[0].equals(found[1])


def main(arguments: list[str]) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", help="a folder or package, as under text: {encoder: …} of dataset.yaml")
    options = parser.parse_args(arguments)
    from customer_profiles.ingest.encoder import load_encoder
    from customer_profiles.text.themes import discovery

    encode = load_encoder(options.encoder, Path.cwd())
    rows = [{"set": "clinc150 test", **measure(clinc150(), encode=encode)}]
    if encode is None:
        rows.append({"set": "clinc150 all", **measure(clinc150(None))})
    rows += [{"set": f"germeval2017 seed {seed}", **measure(germeval2017(), seed, encode)} for seed in SEEDS]
    print(pd.DataFrame(rows).round(3).to_string(index=False))
    print("same on two runs, with one and two threads:", same(germeval2017().drop(columns="truth")))
    many = clinc150(None).drop(columns="truth").head(COMMENTS)
    began = time.process_time()
    discovery.find_themes(many, encode=encode)
    print(f"CPU seconds for {len(many):,} comments: {time.process_time() - began:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
