"""The front door: what a run gives to code, what stays behind, and questions that answer as the report does."""

from __future__ import annotations

import doctest
import inspect
import re
import subprocess
import sys
from datetime import date

import pandas as pd
import pytest

import customer_profiles as cp
from customer_profiles import front_door, params, viz
from customer_profiles.errors import ConfigurationError, InputRejected, PrivacyRefused
from customer_profiles.ingest import contract
from customer_profiles.messages import Finding, Text
from customer_profiles.questions import Questions
from customer_profiles.reporting import preview, stored
from customer_profiles.results import ONE_MARGIN, Result
from customer_profiles.stats.claims import shown
from customer_profiles.tables import Stamp, Tables, file_hash

DATASET = """
name: mcamp
title: Tiny Company
as_of: 2025-06-30
sources:
  - name: crm
    system: crm
    path: people.csv
    table: customers
    columns: {customer_id: id, birth_date: born}
"""
PUBLISHED = {
    "compare": ("02", "index"),
    "distributions": ("02", "distributions"),
    "missing": ("02", "missing"),
    "pairs": ("02", "associations"),
    "areas": ("02", "areas"),
    "pain_points": ("03", "pain_points"),
    "pain_points_by_group": ("03", "pains_by_group"),
    "scores": ("04", "scores"),
    "scores_by_group": ("04", "scores_by_group"),
    "drivers": ("04", "drivers"),
    "concentration": ("05", "concentration"),
    "rfm_segments": ("05", "rfm_segments"),
    "segment_traits": ("05", "segment_traits"),
    "segment_figures": ("05", "segment_figures"),
    "segment_stability": ("05", "segments"),
    "funnel": ("06", "funnel"),
    "stages": ("06", "stages"),
}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A project with one data set that has no run."""
    folder = tmp_path / "data" / "mcamp"
    folder.mkdir(parents=True)
    (folder / "dataset.yaml").write_text(DATASET)
    monkeypatch.setenv("CUSTOMER_PROFILES_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def folder(home):
    """A run of it, with contact fields that no run should hold."""
    dataset = home / "data" / "mcamp" / "dataset.yaml"
    run = dataset.parent / "runs" / "20250701T000000Z-000001"
    tables = Tables(run, stamp=Stamp("2025-06-30", file_hash(dataset), "01"))
    customers = pd.DataFrame({"customer_id": ["3f9a", "77c2"], "customer_no": [0, 1], "region": ["Bayern", "Hessen"]})
    contact = {name: ["Zoe", "Quandt"] for name in contract.personal()}
    tables.write("profile", customers.assign(spend=[1.0, 2.0], **contact))
    tables.write("customers", customers.assign(**contact))
    tables.write("segments", customers[["customer_id", "customer_no"]].assign(segment=1, email="zoe@quandt.example"))
    for name in ("ticket_themes", "comment_themes"):
        tables.write(name, pd.DataFrame({"row": [0], "customer_no": [0], "theme": ["delivery"], "weight": [1.0]})[:0])
    tables.write("identifiers", pd.DataFrame({"kind": ["e-mail"], "hash": ["00ff"]}))
    run.with_name("latest").symlink_to(run.name)
    return run


@pytest.fixture
def tiny(folder):
    return cp.load("mcamp")


@pytest.fixture(scope="module")
def data(demo_report_home):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUSTOMER_PROFILES_HOME", str(demo_report_home))
        yield cp.load("demo")


@pytest.fixture
def displayed(monkeypatch):
    """What a notebook would show."""
    shown = []
    monkeypatch.setattr("IPython.get_ipython", object)
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append(bundle))
    return shown


def test_the_package_is_imported_without_pandas():
    code = "import sys, customer_profiles as cp; print('load' in dir(cp), {'pandas', 'pydantic'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "True set()"
    with pytest.raises(AttributeError, match="has no attribute 'lod'"):
        cp.lod  # noqa: B018


class TestOpening:
    @pytest.mark.parametrize("name", ["mcammp", "MCAMP2"])
    def test_an_unknown_name_suggests_the_nearest(self, home, name):
        with pytest.raises(ConfigurationError, match=f"dataset '{name}': did you mean 'mcamp'"):
            cp.load(name)

    def test_a_strange_name_lists_what_there_is(self, home):
        with pytest.raises(ConfigurationError, match=r"dataset 'xyz' \(there are mcamp\)"):
            cp.load("xyz")

    def test_without_a_run_the_command_is_named(self, home):
        with pytest.raises(InputRejected, match="no published run yet: customer-profiles report mcamp"):
            cp.load("mcamp")

    def test_by_name_by_folder_and_by_file(self, home, tiny):
        folder = home / "data" / "mcamp"
        for way in (folder, folder / "dataset.yaml", str(folder)):
            assert repr(cp.load(way)) == repr(tiny)
        assert tiny.as_of == date(2025, 6, 30)

    def test_a_run_of_another_day(self, folder):
        dataset = folder.parents[1] / "dataset.yaml"
        older = folder.with_name("20250101T000000Z-000001")
        Tables(older, stamp=Stamp("2024-12-31", file_hash(dataset), "01")).write("profile", pd.DataFrame({"age": [1]}))
        with pytest.raises(InputRejected, match=r"as of 2024-12-31 \(kept: 2025-06-30\).*--as-of 2024-12-31"):
            cp.load("mcamp", as_of="2024-12-31")  # a run that was never published
        (older / "report").mkdir()
        assert len(cp.load("mcamp", as_of=date(2024, 12, 31)).profile) == 1
        assert len(cp.load("mcamp").profile) == 2

    def test_another_dataset_yaml_is_refused(self, folder):
        dataset = folder.parents[1] / "dataset.yaml"
        dataset.write_text(DATASET.replace("Tiny", "Other"))
        with pytest.raises(InputRejected, match=r"another dataset.yaml.*customer-profiles report mcamp"):
            cp.load("mcamp")


class TestPrivacy:
    def test_frames_hold_pseudonyms_and_no_contact_fields(self, tiny):
        assert list(tiny.profile) == ["customer_id", "customer_no", "region", "spend"]
        assert list(tiny.segments) == ["customer_id", "customer_no", "segment"]
        assert list(tiny.profile["customer_id"]) == ["3f9a", "77c2"]
        for name in ("customers", "profile", "segments"):
            assert not front_door.PERSONAL & set(tiny.tables[name].columns)
        assert {"name", "email", "phone", "street", "first_name", "last_name"} <= front_door.PERSONAL

    def test_fingerprints_of_contact_fields_stay_in_the_run(self, tiny):
        assert "identifiers" not in tiny.tables
        assert "identifiers" not in dir(tiny)

    def test_reprs_show_shape_and_columns_but_no_rows(self, tiny):
        for text in (repr(tiny), tiny._repr_html_(), repr(tiny.tables), repr(tiny.customers)):
            assert not any(value in text for value in ("3f9a", "Bayern", "Zoe", "Quandt"))
        assert "profile of 2 customers × 4 columns" in repr(tiny)
        assert "customers: 2 rows of customer_id, customer_no, region" in repr(tiny.tables)
        cells = re.sub(r' style="[^"]*"', "", tiny._repr_html_())
        assert "<td>tickets</td><td>0</td><td>customer_id, customer_no, opened_at" in cells
        assert tiny.tables._repr_html_() in tiny._repr_html_()
        assert max(map(len, repr(tiny.tables).splitlines())) <= 100

    def test_small_groups_are_neither_said_nor_drawn(self, tiny, displayed):
        frame = pd.DataFrame({"value": ["many", "more", "few", "rare"], "n": [40, 50, 3, 4], "base": 97})
        claims = lambda table: [Finding("{v}", {"v": row.value}, id=row.value) for row in shown(table).itertuples()]
        result = Result("letters", frame, Text("Letters"), ONE_MARGIN, claims)
        assert tiny.sentences(result) == ["more"]  # "many" is hidden, too: it would give the sum of the small ones away
        seen = []
        tiny.show(result, lambda frame, ax: seen.append(frame))
        assert not set(seen[0]["n"].dropna()) & {3, 4}
        assert "few" not in displayed[0]["text/plain"]

    def test_a_table_of_customers_is_never_shown(self, tiny, displayed):
        with pytest.raises(PrivacyRefused, match="customer"):
            tiny.show(tiny.profile.assign(n=1), title="Customers")
        assert displayed == []


class TestTables:
    def test_a_table_that_no_source_fills_has_the_columns_of_the_contract(self, tiny):
        for name in set(contract.TABLES) - {"customers"}:
            empty = tiny.tables[name].to_pandas()
            assert len(empty) == 0
            assert list(empty) == list(contract.kept(name))

    def test_names_complete_by_tab(self, tiny):
        assert {"profile", "segments", "tickets", "transactions", "compare", "tables"} <= set(dir(tiny))
        assert "tickets" in tiny.tables._ipython_key_completions_()
        assert set(tiny.tables) >= set(contract.TABLES)

    def test_a_mistyped_name_suggests_the_nearest(self, tiny):
        with pytest.raises(AttributeError, match="did you mean 'tickets'"):
            tiny.tickts  # noqa: B018
        with pytest.raises(KeyError, match="did you mean 'tickets'"):
            tiny.tables["tickts"]

    def test_tables_are_ibis_tables(self, data):
        import ibis

        assert isinstance(data.tickets, ibis.Table)
        assert data.tickets is data.tables["tickets"]
        orders = data.transactions.group_by("category").agg(spend=data.transactions.amount.sum()).to_pandas()
        assert orders["spend"].sum() == pytest.approx(data.tables.frame("transactions")["amount"].sum())

    def test_a_question_has_precedence_over_a_table_of_its_name(self, data):
        for name in ("areas", "stages"):
            assert callable(getattr(data, name))
            assert data.tables[name].count().to_pandas() > 0

    def test_what_is_changed_in_a_frame_does_not_change_an_answer(self, tiny):
        frame = tiny.profile
        frame["region"] = "Hessen"
        assert list(tiny.profile["region"]) == ["Bayern", "Hessen"]


class TestFindings:
    def test_every_statement_of_the_chapters(self, data, demo_report):
        assert list(data.findings) == ["id", "chapter", "text", "n", "p_adjusted", "effect", "kind"]
        told = {each["text"] for each in demo_report.findings}
        assert set(data.findings["text"]) <= told
        assert not data.findings.duplicated(["chapter", "id"]).any()

    def test_facts_by_chapter(self, data):
        assert data.facts["02"]["customers"] == len(data.profile)


class TestQuestions:
    @pytest.mark.parametrize(
        "question", [pytest.param(name, marks=[pytest.mark.slow] * (name == "segment_stability")) for name in PUBLISHED]
    )
    def test_the_answer_is_the_published_table(self, data, demo_report_home, question):
        chapter, name = PUBLISHED[question]
        folder = demo_report_home / "data" / "demo" / "runs" / "latest" / "chapters" / chapter
        published = stored.read_results(folder).tables[name].frame
        answer = getattr(data, question)()
        assert answer.name == name
        guarded = data.gate.guard(answer).columns(*published).placed().frame
        pd.testing.assert_frame_equal(guarded, published, check_dtype=False)
        assert set(answer.sentences(data.language.code)) <= set(data.findings["text"])

    def test_defaults_are_those_of_the_chapters(self):
        known = {
            name: field.default
            for chapter in (params.FindDemographics, params.AnalyseFeedback, params.SegmentCustomers)
            for name, field in chapter.model_fields.items()
        }
        for name, method in inspect.getmembers(Questions, inspect.isfunction):
            for parameter in inspect.signature(method).parameters.values() if not name.startswith("_") else ():
                if parameter.name in known:
                    assert parameter.default == known[parameter.name], (name, parameter.name)

    def test_twins_are_told_of_together(self, data):
        customer = data.profile["customer_id"].iloc[0]
        answer = data.twins(customer, n=50)
        assert answer.frame["base"].between(1, 50).all()
        assert not {"customer_id", "customer_no"} & set(answer.frame)
        assert "50 customers most like this one" in answer.sentences()[0]
        with pytest.raises(InputRejected, match="does not know this customer"):
            data.twins("nobody")

    def test_few_twins_are_not_described(self, tiny):
        with pytest.raises(PrivacyRefused, match="write n=10 or more"):
            tiny.twins("3f9a", n=9)

    def test_one_group_against_another(self, data):
        profile = data.profile
        answer = data.compare("gender=female", base="gender=male", attributes=["age_band", "gender"])
        assert set(answer.frame["attribute"]) == {"age_band"}
        sizes = profile[profile["age_band"].notna()].groupby("gender").size()
        assert set(answer.frame["base"]) == {sizes["female"]}
        assert set(answer.frame["base_rest"]) == {sizes["male"]}

    def test_the_base_is_named_in_what_is_said(self, data):
        for sentence in data.compare("segment=1", base="segment=2").sentences():
            assert "the other customers" not in sentence

    def test_a_group_is_no_base_of_itself(self, data):
        with pytest.raises(ConfigurationError, match="name another one"):
            data.compare("gender=female", base="gender=female")

    def test_a_mistyped_attribute_suggests_the_nearest(self, data):
        with pytest.raises(ConfigurationError, match="'gendr', did you mean 'gender'"):
            data.distributions(["gendr"])

    def test_answers_speak_both_languages(self, data):
        answer = data.distributions(["gender"])
        english, german = answer.sentences(), answer.sentences("de")
        assert len(english) == len(german) == 1
        assert "of those for whom it is known" in english[0]
        assert english != german

    def test_an_answer_stays_one_when_its_view_changes(self, data):
        assert data.stages().head(2).sentences() == data.stages().sentences()

    def test_an_empty_answer_says_what_the_data_lack(self, tiny, displayed):
        assert len(tiny.areas()) == 0
        assert tiny.areas().sentences() == ["Left out: the data hold no “area statistics”."]
        tiny.show(tiny.areas(), viz.bars, x="rate", y="area")
        assert "Left out" in displayed[0]["text/html"]

    def test_a_table_that_a_chapter_failed_to_make_is_named(self, tiny):
        with pytest.raises(InputRejected, match=r"no table 'stages': make it anew \(customer-profiles report mcamp"):
            tiny.stages()

    @pytest.mark.parametrize("question", sorted(PUBLISHED.keys() - {"segment_stability", "rfm_segments", "stages"}))
    def test_questions_that_the_data_cannot_answer_give_an_empty_answer(self, tiny, question):
        assert isinstance(getattr(tiny, question)().sentences(), list)

    def test_shown_as_on_the_page(self, data, displayed):
        data.show(data.stages(), viz.bars, x="share", y="stage")
        assert displayed[0]["text/html"].count("<svg") == 2
        assert f'<div class="{preview.NAME}"><section class="panel"' in displayed[0]["text/html"]
        used = set(re.findall(r"var\((--[\w-]+)\)", displayed[0]["text/html"]))
        assert used
        assert all(f"{name}:#" in displayed[0]["text/html"] for name in used)
        data.show(data.distributions(["gender"]))
        assert "of those for whom it is known" in displayed[1]["text/plain"]

    def test_outside_of_a_notebook_its_words_are_shown(self, data, capsys):
        data.show(data.stages(), viz.bars, x="share", y="stage")
        said = capsys.readouterr().out
        assert said.splitlines() == ["Customers by stage", *data.stages().sentences()]

    def test_a_column_that_is_not_there_is_not_left_out(self, data, displayed):
        with pytest.raises(ConfigurationError, match=r"x='shares': .* did you mean 'share'"):
            data.show(data.stages(), viz.bars, x="shares", y="stage")
        assert displayed == []


@pytest.mark.parametrize(
    "test",
    [each for of in (cp.load, front_door.Data, front_door.Answer) for each in doctest.DocTestFinder().find(of)]
    + doctest.DocTestFinder().find(Questions),
    ids=lambda test: test.name,
)
def test_examples_run(data, test):
    test.globs.update(data=data, cp=cp)
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed == 0
