"""No notebook works on what does not fit it: absent runs, other days, another dataset.yaml, older tables."""

from __future__ import annotations

import pandas as pd
import pytest

from customer_profiles.chapter import Chapter
from customer_profiles.chapters import CHAPTERS
from customer_profiles.errors import ConfigurationError, InputRejected
from customer_profiles.ingest.config.dataset import load_dataset
from customer_profiles.params import FindDemographics

DATASET = """\
name: test
title: {title}
sources:
  - {{name: crm, system: crm, path: crm.csv, table: customers, columns: {{customer_id: id}}}}
"""
PROFILE = pd.DataFrame({"customer_no": [1, 2], "age": [30, 40]})


@pytest.fixture
def company(tmp_path):
    (tmp_path / "dataset.yaml").write_text(DATASET.format(title="Test"))
    return tmp_path


def opened(company, number, **params) -> Chapter:
    spec = CHAPTERS[number]
    given = {"dataset": str(company / "dataset.yaml"), **params}
    return Chapter(spec, spec.params.check(given), load_dataset(company / "dataset.yaml"), company / "run")


def collected(company, **params) -> None:
    opened(company, "01", **params).write("profile", PROFILE)


@pytest.mark.parametrize("number", sorted(CHAPTERS.keys() - {"00", "01"}))
def test_without_a_run_every_chapter_says_what_to_run_first(company, number):
    with pytest.raises(InputRejected, match="run 01_collect_data first, or make the report"):
        opened(company, number).read("profile")


def test_the_summary_of_nothing_is_refused(company):
    with pytest.raises(InputRejected, match=r"no chapter of .* has run yet"):
        opened(company, "00").earlier()


def test_only_tables_of_the_contract_may_be_absent(company):
    collected(company)
    assert opened(company, "04").read("feedback").empty
    with pytest.raises(InputRejected, match="'segments' yet: run 05_segment_customers first"):
        opened(company, "10").read("segments")
    with pytest.raises(InputRejected, match="no table 'profil', did you mean 'profile'"):
        opened(company, "02").read("profil")
    with pytest.raises(InputRejected, match=r"no table 'zzz'$"):
        opened(company, "02").read("zzz")


def test_a_chapter_says_what_it_is(company):
    collected(company, as_of="2025-12-31")
    assert repr(opened(company, "02")) == (
        "<Chapter 02 'Who they are': 'test' as of 2025-12-31, 1 tables to read, 0 panels shown>"
    )


def test_a_chapter_that_is_none_is_refused_with_those_there_are():
    with pytest.raises(ConfigurationError, match=r"no chapter '2'; known are 00 \(Summary\).*11 \(What changed\)"):
        Chapter.open("2", {})


class TestParametersByHand:
    """A notebook in JupyterLab, whose cells are run again after they have been changed."""

    WHOLE = "# Parameters\n" + "\n".join(f"{name} = 1" for name in FindDemographics.model_fields)
    WRONG = WHOLE.replace("min_base", "min_bse")

    def test_a_misspelt_one_is_gone_once_the_cell_is_right(self):
        with pytest.raises(ConfigurationError, match="unknown parameter 'min_bse', did you mean 'min_base'"):
            FindDemographics.from_notebook({"In": ["", self.WRONG], "min_bse": 60})
        later = {"In": ["", self.WRONG, self.WHOLE], "min_bse": 60, "min_base": 60}
        assert FindDemographics.from_notebook(later).min_base == 60

    @pytest.mark.parametrize("given", ["# Parameters\nmin_bse = 60", WRONG + "\nmin_base = 60"])
    def test_what_papermill_puts_in_is_read_beside_the_cell_of_the_notebook(self, given):
        with pytest.raises(ConfigurationError, match="min_bse"):
            FindDemographics.from_notebook({"In": ["", self.WHOLE, given], "min_bse": 60})

    def test_an_unattended_run_forgets_nothing(self):
        with pytest.raises(ConfigurationError, match="min_bse"):
            FindDemographics.from_notebook({"In": ["", self.WRONG, self.WHOLE], "min_bse": 60, "run_folder": "there"})


def test_another_day_is_refused_with_both_ways_out(company):
    collected(company, as_of="2025-03-31")
    with pytest.raises(InputRejected, match="as of 2025-03-31, this is as of 2025-12-31") as error:
        opened(company, "02", as_of="2025-12-31").read("profile")
    assert "--as-of 2025-12-31" in str(error.value)


def test_a_notebook_without_a_day_goes_on_with_that_of_the_run(company):
    collected(company, as_of="2025-03-31")
    chapter = opened(company, "02")
    assert chapter.as_of.isoformat() == "2025-03-31"
    assert len(chapter.read("profile")) == 2


def test_another_dataset_yaml_is_refused(company):
    collected(company)
    (company / "dataset.yaml").write_text(DATASET.format(title="Other"))
    with pytest.raises(InputRejected, match=r"another dataset\.yaml: run 01_collect_data again"):
        opened(company, "02").read("profile")


def test_what_was_made_from_an_older_table_is_refused(company):
    collected(company)
    segments = opened(company, "05")
    segments.read("profile")
    segments.write("segments", PROFILE)
    assert len(opened(company, "10").read("segments")) == 2
    opened(company, "01").write("profile", PROFILE[:1])
    with pytest.raises(InputRejected, match="made from an older 'profile': run chapter 05 again"):
        opened(company, "10").read("segments")


def test_the_same_table_made_again_fits(company):
    collected(company)
    segments = opened(company, "05")
    segments.read("profile")
    segments.write("segments", PROFILE)
    collected(company)
    assert len(opened(company, "10").read("segments")) == 2
