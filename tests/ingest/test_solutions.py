"""solutions.yaml: what a person may write, how mistakes are told, and what a run proposes."""

from datetime import date
from types import SimpleNamespace

import pandas as pd
import pytest

from customer_profiles.analysis.actions.proposals import Proposal
from customer_profiles.chapter import Chapter
from customer_profiles.chapters import CHAPTERS
from customer_profiles.errors import ConfigurationError
from customer_profiles.ingest.config import solutions
from customer_profiles.ingest.config.dataset import load_dataset
from customer_profiles.ingest.config.solutions import NAME, Solution, read_solutions, write_solutions
from customer_profiles.messages import Text

PAINS = {"failed_search": "failed_search", "Search without a result": "failed_search", "delivery": "delivery"}
WRITTEN = """
solutions:
  - action: Synonyms in the search
    pain: search without a RESULT
    owner: Web shop
    cost: [14000, 9000]
    expected_effect: 30 %
    started_on: 2025-04-01
  - {action: Second parcel service, pain: delivery, cost: 30000, given_to: {region: [Bayern], age: {min: 65}}}
"""


@pytest.fixture
def write(tmp_path):
    def to_file(text):
        (tmp_path / NAME).write_text(text, encoding="utf-8")
        return tmp_path / NAME

    return to_file


def test_actions_are_read_as_they_are_meant(write):
    first, second = read_solutions(write(WRITTEN), PAINS)
    assert (first.pain, first.owner, first.started_on) == ("failed_search", "Web shop", date(2025, 4, 1))
    assert (first.cost, first.expected_effect) == ((9000, 14000), (0.3, 0.3))
    assert (second.pain, second.cost, second.expected_effect) == ("delivery", (30000, 30000), None)
    table = solutions.table((first, second))
    assert table["partial"].tolist() == [False, True]
    assert table["started_on"].tolist() == [pd.Timestamp("2025-04-01"), pd.NaT]
    assert table.loc[1, ["expected_low", "expected_high"]].isna().all()


def test_without_a_file_or_an_entry_there_is_no_action(tmp_path, write):
    assert read_solutions(tmp_path / NAME, PAINS) == ()
    assert read_solutions(write("# nothing yet\n"), PAINS) == ()
    assert solutions.table(()).empty


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "  - {action: A, pain: failed_serch}",
            "line 3: no pain is called 'failed_serch', did you mean 'failed_search'",
        ),
        ("  - {action: A, pain: delivery, cots: 3}", "line 3: unknown key 'cots', did you mean 'cost'"),
        ("  - {pain: delivery}", "line 3: 'action' is missing (what is done"),
        ("  - {action: A, pain: delivery, expected_effect: 30}", "such as 0.3 or 30 %"),
        ("  - {action: A, pain: delivery, expected_effect: much}", "line 3: 'expected_effect'"),
        ("  - {action: A, pain: delivery, cost: 0}", "must be above 0"),
        ("  - {action: A, pain: delivery, started_on: soon}", "line 3: 'started_on'"),
        ("  - {action: A, pain: delivery}\n  - {action: A, pain: delivery}", "two actions are called 'A'"),
        ("  - {action: A, pain: delivery, given_to: {age: {mn: 3}}}", "line 3: unknown key 'mn', did you mean 'min'"),
        ("  - {action: A, pain: delivery, given_to: [region]}", "line 3: 'given_to'"),
    ],
)
def test_mistakes_are_named_with_their_line(write, line, expected):
    with pytest.raises(ConfigurationError, match=r"solutions\.yaml") as error:
        read_solutions(write(f"\nsolutions:\n{line}\n"), PAINS)
    assert expected in str(error.value)


def test_a_pain_that_is_gone_is_no_mistake(write):
    path = write("solutions: [{action: A, pain: failed_searches}]")
    with pytest.raises(ConfigurationError):
        read_solutions(path, PAINS)
    assert read_solutions(path, PAINS, before={"failed_searches"})[0].pain == "failed_searches"
    assert read_solutions(write("solutions: [{action: A, pain: Snow chains}]"), PAINS)[0].pain == "Snow chains"


def test_a_proposal_can_be_copied_and_read(tmp_path):
    proposed = [Solution(action="Answer “a: [b]” with “#c” first", pain="delivery", customers=40)]
    write_solutions(tmp_path / NAME, proposed)
    assert read_solutions(tmp_path / NAME, PAINS) == tuple(proposed)
    write_solutions(tmp_path / NAME, [])
    assert read_solutions(tmp_path / NAME, PAINS) == ()


def test_who_got_an_action(tmp_path):
    profile = pd.DataFrame(
        {"customer_no": range(4), "region": ["Bayern", "Bayern", "Hessen", None], "age": [70, 30, 80, 9]}
    )
    attributes = {"region": SimpleNamespace(order=())}
    bayern = Solution(action="A", pain="p", given_to={"region": {"values": ["bayern"]}, "age": {"min": "65"}})
    everybody = Solution(action="B", pain="p")
    given = solutions.given_to((bayern, everybody), profile, attributes)
    assert given["A"].tolist() == [True, False, False, False]
    assert given["B"].all()
    for where, expected in (
        ({"regoin": "Bayern"}, "the profile has no column 'regoin', did you mean 'region'?"),
        ({"region": "Bayren"}, "'region' has no value 'Bayren', did you mean 'Bayern'?"),
        ({"customer_no": "1"}, "the profile has no column 'customer_no'"),
        ({"age": "old"}, "'age' is a number, 'old' is none"),
    ):
        wrong = Solution(action="C", pain="p", given_to=where)
        with pytest.raises(ConfigurationError) as error:
            solutions.given_to((wrong,), profile, attributes)
        assert expected in str(error.value)


def test_a_chapter_reads_the_actions_and_proposes_others(tmp_path, monkeypatch):
    monkeypatch.setenv("CUSTOMER_PROFILES_HOME", str(tmp_path))
    (tmp_path / "data" / "shop").mkdir(parents=True)
    beside = tmp_path / "data" / "shop" / "dataset.yaml"
    beside.write_text(
        "name: shop\ntitle: Shop\nlanguage: de\nsources:\n"
        "  - {name: crm, system: crm, path: crm.csv, table: customers, columns: {customer_id: id}}\n"
    )
    spec = CHAPTERS["09"]
    chapter = Chapter(spec, spec.params(dataset="shop"), load_dataset(beside), tmp_path / "run")
    proposal = Proposal(
        "failed_search", 40, Text("Find and remove the cause of “{pain:value}”", {"pain": "failed_search"})
    )
    assert chapter.solutions(["failed_search"], [proposal]) == ()
    written = tmp_path / "run" / NAME
    called = chapter.language.label("failed_search")
    assert called != "failed_search"
    assert called in written.read_text(encoding="utf-8")
    # The proposal is copied; a person uses the name that the report shows.
    text = written.read_text(encoding="utf-8").replace("pain: failed_search", f"pain: {called}")
    (beside.parent / NAME).write_text(text, encoding="utf-8")
    found = chapter.solutions(["failed_search"])
    assert [(each.pain, each.customers) for each in found] == [("failed_search", 40)]
