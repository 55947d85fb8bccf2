"""dataset.yaml: what is refused, and how the message helps."""

from __future__ import annotations

from pathlib import Path

import pytest
from written_company import CUSTOMERS, ORDERS, source

from customer_profiles.errors import ConfigurationError
from customer_profiles.ingest import contract
from customer_profiles.ingest.config.dataset import AGE_BANDS, load_dataset
from customer_profiles.ingest.profile import column_types

MINIMAL = """\
name: test
title: Test
sources:
  - name: crm
    system: crm
    path: crm.csv
    table: customers
    columns:
      customer_id: id
"""


def test_minimal(company):
    dataset = load_dataset(company.write("dataset.yaml", MINIMAL))
    assert (dataset.privacy.min_group_size, dataset.language, dataset.folder) == (10, "en", company.folder)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("title: Test", "titel: Test", "line 2: unknown key 'titel', did you mean 'title'?"),
        (
            "    table: customers",
            "    tabel: customers",
            "line 7, source crm: unknown key 'tabel', did you mean 'table'?",
        ),
        ("table: customers", "table: customer", "unknown table 'customer', did you mean 'customers'?"),
        ("system: crm", "system: CRM", "line 5, source crm: 'system'"),
        ("customer_id: id", "customer_idd: id", "has no column 'customer_idd', did you mean 'customer_id'?"),
        ("customer_id: id", "gender: sex", "needs the columns customer_id"),
        ("customer_id: id", "customer_id: {column: id, valus: {}}", "unknown key 'valus', did you mean 'values'?"),
        ("customer_id: id", "customer_id: {column: id, value: x}", "exactly one of"),
        ("path: crm.csv", "path: crm.dat", "does not tell its format"),
        ("path: crm.csv", "path: crm.csv\n    encoding: utf9", "unknown encoding 'utf9'"),
        ("title: Test", "title: Test\ntitle: Again", "line 3: 'title' is given twice"),
        ("title: Test", "title: Test\ntime_zone: Europe/Berlim", "did you mean 'Europe/Berlin'?"),
        ("title: Test", "title: Test\nprivacy: {min_group_size: 4}", "line 3: 'min_group_size': "),
        ("title: Test", "title: Test\nas_of: 2025-02-30", "line 3: 'as_of': "),
        ("title: Test", "title: !!python/object:os.system Test", "line 2: tags such as"),
        ("title: Test", "title: [Test", "line "),
        ("table: customers", "table: customers\n    date: '%d.%m.%Y %'", "line 8, source crm: 'date': "),
        ("table: customers", "table: customers\n    date: dd.mm.yyyy", "how days are written"),
        (
            "customer_id: id",
            "customer_id: id\n      signup_date: {column: x, date: 'd.m.'}",
            "write for example %Y-%m-%d",
        ),
        ("title: Test", "title: Test\noffers: {item: category}", "offers: order lines have no column 'category'"),
        ("title: Test", "title: Test\noffers: {exlude: [x]}", "unknown key 'exlude', did you mean 'exclude'?"),
        ("table: customers", "table: tickets", "at least one source must fill"),
    ],
)
def test_faults_are_named_with_line_and_remedy(company, old, new, expected):
    with pytest.raises(ConfigurationError) as error:
        load_dataset(company.write("dataset.yaml", MINIMAL.replace(old, new)))
    if new.endswith("tickets"):  # first the missing columns are told, then the missing table
        assert "needs the columns" in str(error.value)
    else:
        assert expected in str(error.value)
    assert str(company.folder / "dataset.yaml") in str(error.value)


def test_no_name_that_the_profile_takes_is_free():
    made = {name for columns in column_types().values() for name in columns}
    own = made - contract.TABLES["customers"].keys()
    assert sorted(name for name in own if not contract.is_taken("customers", name)) == []


def test_values_stay_as_written(company):
    text = MINIMAL.replace("title: Test", "title: 01067").replace(
        "customer_id: id",
        "customer_id: no\n      region: {value: 007}\n      gender: {column: g, values: {1: male, no: female}}",
    )
    columns = load_dataset(company.write("dataset.yaml", text)).sources[0].columns
    assert columns["customer_id"].column == "no"
    assert columns["region"].value == "007"
    assert columns["gender"].values == {"1": "male", "no": "female"}


def test_alias_may_repeat_but_not_explode(company):
    bomb = "\n".join(f"x{i}: &x{i} [{', '.join([f'*x{i - 1}'] * 10)}]" for i in range(1, 8))
    with pytest.raises(ConfigurationError, match="20000 parts"):
        load_dataset(company.write("dataset.yaml", f"x0: &x0 [a]\n{bomb}\n{MINIMAL}"))


def test_absent_and_binary_files(company):
    with pytest.raises(ConfigurationError, match=r"there is no .*none\.yaml"):
        load_dataset(company.folder / "none.yaml")
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        load_dataset(company.write("dataset.yaml", b"\xff\xfe\x00"))


@pytest.mark.parametrize("column", ["Konfession", "ethnicity", "health_status"])
def test_special_categories_need_a_legal_basis(company, column):
    special = {**CUSTOMERS, "attributes": {"group": {"column": column}}}
    with pytest.raises(ConfigurationError, match="special category"):
        company.dataset(special)
    dataset = company.dataset(special, privacy={"legal_basis": {"group": "explicit consent, Art. 9 (2) a"}})
    assert "group" in dataset.attributes()


def test_attributes_of_the_contract_and_own_ones(company):
    crm = source(
        CUSTOMERS, {"gender": "g", "birth_date": "b", "income_band": {"column": "i", "order": ["low", "high"]}}
    )
    crm["attributes"] = {
        "home": {"column": "h", "label": {"en": "Home", "de": "Wohnung"}},
        "score": {"column": "s", "number": True},
    }
    attributes = company.dataset(crm, ORDERS).attributes()
    assert {name: (a.kind, a.order) for name, a in attributes.items()} == {
        "gender": ("category", ()),
        "income_band": ("ordered", ("low", "high")),
        "age_band": ("ordered", AGE_BANDS),
        "age": ("number", ()),
        "home": ("category", ()),
        "score": ("number", ()),
    }
    assert attributes["home"].label["de"] == "Wohnung"
    assert company.dataset(crm, ORDERS).vocabulary() == ({"home": {"en": "Home", "de": "Wohnung"}}, {})


def test_values_and_segments_have_labels(company):
    dataset = company.dataset(CUSTOMERS, labels={"hiking": {"de": "Wandern"}}, segments={"5": {"en": "Climbers"}})
    assert dataset.vocabulary()[1] == {"hiking": {"de": "Wandern"}, "segment_5": {"en": "Climbers"}}
    with pytest.raises(ConfigurationError, match="'de': Input should be a valid string"):
        company.dataset(CUSTOMERS, labels={"hiking": {"de": ["Wandern"]}})


def test_the_example_in_the_readme_is_right(company):
    text = (Path(__file__).parents[2] / "data" / "README.md").read_text(encoding="utf-8")
    example = text.split("```yaml\n")[1].split("```")[0]
    dataset = load_dataset(company.write("dataset.yaml", example))
    assert dataset.sources[0].attributes["club"].label["de"] == "Clubmitglied"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name: x\ntitle: "a\nsources:\n  - name: y\n', "line 2: a quote is opened here"),
        ("name: x\nsources:\n\t- name: y\n", "line 3: a tab"),
        ("name: x\ntitle: a: b\n", "line 2: a second ': '"),
        ("name: x\nsources:\n  - columns: {a: b, c: d\n    path: q\n", r"line 3: a bracket \{ is opened here"),
        ("name: x\ntitle: [a, b\nsources: 3\n", r"line 2: a bracket \[ is opened here"),
        ("name: x\nsources:\n  - name: y\n   path: z\n", "line 4: indented otherwise"),
        ("sources:\n - a: 1\n- b: 2\n", "line 3: indented otherwise"),
        ('name: x\ntitle "a"\nsources: []\n', "line 2: a line without ': '"),
        ("name: @x\n", "line 1: a text that begins with such a sign"),
        ("name: *x\n", r"line 1: a text that begins with \*"),
        ('name: "a"b"\n', "line 1: a text goes on behind the quote"),
    ],
)
def test_what_is_no_yaml_is_told_once_and_where_it_begins(tmp_path, text, said):
    (tmp_path / "dataset.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match=said) as error:
        load_dataset(tmp_path / "dataset.yaml")
    assert "\n" not in str(error.value)


def test_a_data_set_that_is_not_there_is_named_with_the_nearest(tmp_path):
    (tmp_path / "data" / "mcamp").mkdir(parents=True)
    (tmp_path / "data" / "mcamp" / "dataset.yaml").touch()
    with pytest.raises(ConfigurationError, match="dataset 'mcammp': did you mean 'mcamp'"):
        load_dataset(tmp_path / "data" / "mcammp" / "dataset.yaml")
