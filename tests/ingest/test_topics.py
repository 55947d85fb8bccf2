from dataclasses import replace

import pandas as pd
import pytest

from customer_profiles.errors import ConfigurationError
from customer_profiles.ingest.config.topics import read_topics, write_topics
from customer_profiles.text.themes import discovery
from customer_profiles.text.themes import taxonomy as theme_taxonomy
from customer_profiles.text.themes.taxonomy import Topic

WRITTEN = {
    "parcel": ["parcel arrived late", "courier lost my parcel", "still waiting for the parcel from the courier"],
    "refund": ["refund is missing on my account", "money back please, refund missing", "bank shows no refund"],
    "sizing": ["jacket is too tight", "sleeves of the jacket too short", "jacket size runs small, sleeves tight"],
    "login": ["password rejected at login", "login page rejects my password", "cannot reset the password for login"],
}
LATER = ["voucher code expired", "voucher not accepted at checkout", "checkout rejects the voucher code"]
ENDINGS = ["Thanks.", "Please help.", "Kind regards", "What now?", "I am annoyed.", "That is a pity.", "Hello!"]


def texts(kinds, start=0):
    rows = [f"{text}. {ending}" for ending in ENDINGS * 2 for kind in kinds for text in kind]
    numbers = range(start, start + len(rows))
    return pd.DataFrame({"row": numbers, "customer_no": numbers, "text": rows, "language": "en"})


@pytest.fixture(scope="module")
def first():
    return discovery.find_themes(texts(WRITTEN.values()), number=4, min_customers=5)


def of_word(found, word):
    """The theme of most texts with a word, of the texts above."""
    table = texts([*WRITTEN.values(), LATER])
    rows = table.loc[table["text"].str.contains(word), "row"]
    main = found.assignments.drop_duplicates("row").set_index("row")["theme"]
    return main[main.index.intersection(rows)].mode()[0]


def test_a_persons_names_survive_and_new_topics_are_announced(first, tmp_path):
    write_topics(tmp_path / "topics.yaml", {"tickets": first.topics})
    old = {
        kind: next(t.name for t in first.topics if any(kind in phrase.lower() for phrase in t.phrases))
        for kind in ("parcel", "refund", "jacket", "password")
    }
    text = (tmp_path / "topics.yaml").read_text(encoding="utf-8")
    for kind, name in (("parcel", "Parcels"), ("refund", "Troubles"), ("password", "Troubles")):
        text = text.replace(f"name: {old[kind]}\n", f"name: {name}\n").replace(
            f"name: '{old[kind]}'\n", f"name: {name}\n"
        )
    pinned = text.index(old["jacket"])
    text = text[:pinned] + text[pinned:].replace("pinned: false", "pinned: true", 1)
    (tmp_path / "topics.yaml").write_text(text, encoding="utf-8")

    taxonomy = read_topics(tmp_path / "topics.yaml", "tickets")
    assert {topic.name for topic in taxonomy} == {"Parcels", "Troubles", old["jacket"]}
    kinds = [WRITTEN["refund"], WRITTEN["sizing"], WRITTEN["login"], LATER, WRITTEN["parcel"]]
    rows = texts(kinds)
    second = discovery.find_themes(rows, min_customers=5, taxonomy=taxonomy)
    table = second.changes.frame.set_index("theme")["status"]
    assert table["Parcels"] == theme_taxonomy.RENAMED
    assert table["Troubles"] == theme_taxonomy.MERGED
    assert table[old["jacket"]] == theme_taxonomy.KEPT
    new = table.index[table == theme_taxonomy.NEW]
    assert len(new) == 1
    assert "voucher" in new[0].lower() or "checkout" in new[0].lower()
    main = second.assignments.drop_duplicates("row").set_index("row")["theme"].reindex(rows["row"])
    about = rows["text"].str.extract("(parcel|refund|jacket|password|voucher)")[0]
    meant = about.map(
        {"parcel": "Parcels", "refund": "Troubles", "password": "Troubles", "jacket": old["jacket"], "voucher": new[0]}
    )
    assert (main.to_numpy() == meant.to_numpy()).mean() > 0.9
    said = second.changes.claims(second.changes.frame)
    assert [finding.values["theme"] for finding in said] == [new[0]]


def test_a_topic_nobody_writes_about_has_vanished(first):
    gone = Topic("Snow chains", ("snow chains",), ("Snow chains",), n=40)
    found = discovery.find_themes(texts(WRITTEN.values()), min_customers=5, taxonomy=[*first.topics, gone])
    row = found.changes.frame.set_index("theme").loc["Snow chains"]
    assert (row["status"], row["n"], row["n_before"]) == (theme_taxonomy.VANISHED, 0, 40)


def test_the_same_texts_keep_their_themes(first):
    again = discovery.find_themes(texts(WRITTEN.values()), min_customers=5, taxonomy=first.topics)
    assert set(again.changes.frame["status"]) == {theme_taxonomy.KEPT}
    assert again.assignments["theme"].tolist() == first.assignments["theme"].tolist()
    assert again.topics == tuple(
        replace(t, n=int(again.themes.frame.set_index("theme")["n"][t.name])) for t in first.topics
    )
    assert again.changes.claims(again.changes.frame)[0].kind == "nothing"


def test_phrases_of_few_customers_are_not_proposed(tmp_path):
    table = texts(WRITTEN.values())
    table.loc[table["text"].str.contains("parcel"), "text"] += " Zwetschgenkuchen"
    table.loc[table["text"].str.contains("parcel"), "customer_no"] = 3
    found = discovery.find_themes(table, number=4, min_customers=5)
    write_topics(tmp_path / "topics.yaml", {"comments": found.topics})
    assert "wetschgenkuchen" not in (tmp_path / "topics.yaml").read_text(encoding="utf-8")


def test_writing_one_kind_keeps_the_other(tmp_path):
    path = tmp_path / "topics.yaml"
    write_topics(path, {"tickets": [Topic("A", ("a",), n=3)]})
    write_topics(path, {"comments": [Topic("B", ("b: [x]", "ä"), pinned=True)]})
    assert [topic.name for topic in read_topics(path, "tickets")] == ["A"]
    kept = read_topics(path, "comments")[0]
    assert (kept.name, kept.phrases, kept.pinned) == ("B", ("b: [x]", "ä"), True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tickets:\n- name: A\n  phrases: [a]\n  pined: true\n", "line 4: unknown key 'pined', did you mean 'pinned'"),
        ("ticket:\n- name: A\n", "unknown key 'ticket', did you mean 'tickets'"),
        ("tickets:\n- name: A\n", "'phrases' is missing"),
        ("tickets:\n- name: Other\n  phrases: [a]\n", "choose another name"),
        ("tickets: [\n", "line 2"),
    ],
)
def test_mistakes_are_named_with_their_line(tmp_path, text, expected):
    (tmp_path / "topics.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"topics\.yaml") as error:
        read_topics(tmp_path / "topics.yaml", "tickets")
    assert expected in str(error.value)


def test_without_a_file_there_is_no_taxonomy(tmp_path):
    assert read_topics(tmp_path / "topics.yaml", "tickets") == ()
