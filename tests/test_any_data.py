"""Whatever the contract allows, a run ends: with a report, or with a sentence that says why there is none."""

from __future__ import annotations

import shutil
import tempfile
from datetime import date
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from in_process import run_notebooks
from support import command_line

from customer_profiles.errors import InputRejected, PrivacyRefused
from customer_profiles.ingest import contract
from customer_profiles.ingest.config.dataset import load_dataset
from customer_profiles.ingest.config.own_names import with_own_names
from customer_profiles.ingest.pipeline import collect
from customer_profiles.tables import Tables

CASES = Path(__file__).parents[2] / "shared" / "cases"
HARMLESS = (
    *("leads_crash", "canned_comments", "01-few-distinct-comments", "41-all-identical", "41b-few-tickets"),
    *("42-as-of-before-data", "60-where-never-true"),
)
TEXTS = ("late again", "Lieferung kam zu spät", "the boots are great", "ok", "?", "refund missing", "super Service")
WAYS = st.sampled_from(["absent", "empty", "one row", "constant", "missing", "few", "many"])
TABLES = [name for name in contract.TABLES if name != "contacts"]
SIZES = {"empty": 0, "one row": 1, "constant": 40, "missing": 40, "few": 7, "many": 120}
ASKED = [None, "nps", "csat", "ces", "stars", "none"]
# Names of attributes that are names of columns somewhere in the analysis.
OWN = (
    *("value", "n", "base", "share", "segment", "group", "attribute", "theme", "pain", "row", "hit", "metric", "score"),
    *("at", "kind", "text", "about", "channel", "category", "amount", "quantity", "opened_at", "order_id", "stage"),
)


def value(field: contract.Field, name: str, row: int, way: str, customers: int, seed: int):
    """One cell."""
    if name == "customer_id":
        return f"C{row % customers if way != 'constant' else 0}"
    if name in ("lead_id", "area", "order_id", "session_id", "anonymous_id", "product_id"):
        return f"{name[0]}{row}"
    if way == "missing" and not field.required:
        return None
    step = 0 if way == "constant" else (row * 7 + seed * 13 + len(name)) % 11
    if field.kind in ("date", "datetime"):
        return f"{pd.Timestamp('2025-06-01') - pd.Timedelta(days=31 * step + row % 17):%Y-%m-%d}"
    if field.kind == "boolean":
        return "yes" if name == "consent" or step % 2 else "no"
    if field.kind in ("integer", "number"):
        low, high = field.low or 0, 10 if name == "score" else field.high or 90
        return f"{low + (high - low) * step // 20}"
    if field.allowed:
        return field.allowed[step % len(field.allowed)]
    return TEXTS[step % len(TEXTS)] if field.kind == "text" else "abcdefghijk"[step]


@st.composite
def companies(draw):
    """The tables of a small company, each in its way: columns by table, and what dataset.yaml says of them."""
    customers, seed = draw(st.sampled_from([10, 12, 40, 150])), draw(st.integers(0, 10))
    tables, sources = {}, []
    for table in TABLES:
        way = draw(WAYS if table != "customers" else st.sampled_from(["constant", "missing", "few"]))
        if way == "absent":
            continue
        rows = customers if table == "customers" else SIZES[way]
        fields = {name: field for name, field in contract.TABLES[table].items() if not field.personal}
        names = [name for name in fields if fields[name].required or name == "customer_id" or draw(st.booleans())]
        names += ["share"] if table == "population" and not {"share", "count"} & set(names) else []
        ways = {name: "few" if (table, name) == ("customers", "customer_id") else way for name in names}
        cells = {
            name: [value(fields[name], name, row, ways[name], customers, seed) for row in range(rows)] for name in names
        }
        columns: dict = {name: name for name in names}
        if table == "feedback" and (metric := draw(st.sampled_from(ASKED))):
            columns["metric"], cells["metric"] = {"value": metric}, [None] * rows
        tables[table] = pd.DataFrame(cells)
        sources.append({"name": table, "system": "crm", "path": f"{table}.csv", "table": table, "columns": columns})
        if table in ("customers", "tickets") and draw(st.booleans()) and rows:
            free = [name for name in OWN if name not in contract.TABLES[table] and not contract.is_taken(table, name)]
            own = draw(st.sampled_from(free))
            tables[table][own] = ["ab"[row % 2] for row in range(rows)]
            sources[-1]["attributes"] = {own: {"column": own, "reason": draw(st.booleans())}}
    return {"tables": tables, "sources": sources}


def written(company, folder: Path) -> Path:
    """The company's files; returns its dataset.yaml."""
    folder.mkdir(parents=True)
    for name, table in company["tables"].items():
        table.to_csv(folder / f"{name}.csv", index=False)
    about = {"name": "any", "title": "Any", "language": "en", "as_of": "2025-06-30", "sources": company["sources"]}
    (folder / "dataset.yaml").write_text(yaml.safe_dump(about, allow_unicode=True), encoding="utf-8")
    return folder / "dataset.yaml"


def ends(dataset: Path, folder: Path) -> None:
    """A run that ends: with its last chapter, or because the input is rejected or there are too few customers."""
    try:
        run_notebooks(dataset, folder)
    except InputRejected:
        pass
    except PrivacyRefused as refusal:
        if "there is no report of so few" not in str(refusal):
            raise
    finally:
        plt.close("all")


def tried(examples: int):
    given_company = given(company=companies())
    setting = settings(max_examples=examples, derandomize=True, database=None, suppress_health_check=list(HealthCheck))

    def check(undrawn, company):
        with tempfile.TemporaryDirectory() as folder:
            ends(written(company, Path(folder) / "data"), Path(folder) / "run")

    return setting(given_company(check))


test_small_companies_end = tried(5)
test_many_small_companies_end = pytest.mark.slow(tried(500))


@pytest.mark.slow
@settings(max_examples=20, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(company=companies())
def test_whole_runs_of_small_companies_end(company):
    with tempfile.TemporaryDirectory() as folder:
        done = command_line(Path(folder), "report", written(company, Path(folder) / "data" / "any"))
        assert done.returncode in (0, 2, 3, 4), done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_data_get_a_report(silent, tmp_path, name):
    if not (CASES / name).is_dir():
        pytest.skip(f"needs {CASES / name}")
    shutil.copytree(CASES / name, tmp_path / name)
    ends(tmp_path / name / "dataset.yaml", tmp_path / "run")


@pytest.mark.parametrize(
    ("name", "code"), [pytest.param("40-customers-001", 4, marks=pytest.mark.slow), ("40-customers-009", 4)]
)
def test_fewer_customers_than_the_smallest_group_are_refused_in_one_sentence(tmp_path, name, code):
    if not (CASES / name).is_dir():
        pytest.skip(f"needs {CASES / name}")
    shutil.copytree(CASES / name, tmp_path / "data" / name)
    done = command_line(tmp_path, "report", name)
    assert done.returncode == code, done.stderr
    assert "there is no report of so few" in done.stderr
    assert not list((tmp_path / "reports").rglob("*.html"))


@pytest.mark.parametrize("name", ["customer_no", "source", "sources", "spend_number"])
def test_an_attribute_keeps_its_values_and_its_name_beside_a_column_of_the_product(name, tmp_path):
    file = CASES / "attribute_names" / f"dataset_{name}.yaml"
    if not file.is_file():
        pytest.skip(f"needs {file}")
    dataset, tables = load_dataset(file), Tables(tmp_path)
    collect(dataset, tables, date(2025, 1, 1), b"a key of thirty-two bytes, no more")
    (own,) = dataset.sources[0].attributes
    called = name.removesuffix("_number")
    assert (own, dataset.vocabulary()[0][own]) == (f"own_{called}", {"en": called, "de": called})
    kept, raw = tables.read("customers")[own], pd.read_csv(CASES / "attribute_names" / "raw" / "c.csv")
    column = "x" if name == "spend_number" else "src"
    assert kept.value_counts().to_dict() == raw[column].value_counts().to_dict()


ODD = (
    *("source", "spend", "orders", "value", "date", "index", "customer_id_2", "Größe (cm)", 'he said "so"', "it's"),
    *("two words", "a.b", "a[b]", "{curly}", "50%", "%s", "<b>", "`tick`", "x;y", "-1", "0", "nan", "None", "level_0"),
    *(
        "count",
        "mean",
        "size",
        "Age",
        "columns",
        "Spend",
        "club",
        "Club",
        "Customer_ID",
        "n",
        "share",
        "segment",
        "true",
        "class",
        "Ünïcode",
        "a\\b",
        "C(x)",
    ),
)


@pytest.mark.parametrize("names", [ODD[:20], ODD[20:]])
def test_attributes_may_be_called_anything(undrawn, names, tmp_path):
    rng = np.random.default_rng(1)
    people = pd.DataFrame({f"c{n}": rng.choice(["a", "b", "c"], 150) for n in range(len(names))})
    people.insert(0, "id", [f"C{n}" for n in range(150)])
    orders = pd.DataFrame({"id": rng.choice(people["id"], 600), "amount": rng.integers(1, 99, 600)})
    orders["at"] = pd.Timestamp("2025-06-01") - pd.to_timedelta(rng.integers(0, 700, 600), "D")
    tables = {"customers": people, "transactions": orders}
    sources = [
        {"name": name, "system": "crm", "path": f"{name}.csv", "table": name, "columns": columns}
        for name, columns in (
            ("customers", {"customer_id": "id"}),
            ("transactions", {"customer_id": "id", "at": "at", "amount": "amount"}),
        )
    ]
    sources[0]["attributes"] = {name: f"c{n}" for n, name in enumerate(names)}
    dataset = written({"tables": tables, "sources": sources}, tmp_path / "data")
    run_notebooks(dataset, tmp_path / "run")
    profile = Tables(tmp_path / "run").read("profile")
    for name, column in load_dataset(dataset).sources[0].attributes.items():
        assert name.removeprefix("own_") in names
        assert profile[name].value_counts().to_dict() == people[column.column].value_counts().to_dict()


def test_names_that_differ_in_letters_only_stay_apart():
    names = ["spend", "Spend", "own_spend", "OWN_SPEND", "club", "CLUB", "own_club"]
    source = {"table": "customers", "attributes": {name: f"c{n}" for n, name in enumerate(names)}}
    (own,) = with_own_names({"sources": [source]})["sources"]
    found = {
        name: column if isinstance(column, str) else column["column"] for name, column in own["attributes"].items()
    }
    assert len({name.casefold() for name in found}) == len(names)
    assert sorted(found.values()) == sorted(f"c{n}" for n in range(len(names)))
    assert found["own_spend"] == "c2"  # who needs no other name keeps it
    assert found["own_club"] == "c6"


def test_rules_mean_the_attribute_that_the_file_has_under_that_name():
    source = {"table": "customers", "attributes": {"spend": "x", "club": "y"}}
    content = {
        "sources": [source],
        "segment_by": ["spend", "club"],
        "outcome": {"column": "spend", "value": "spend"},
        "derived": {"rich": {"rules": [{"value": "spend", "where": {"spend": {"min": "5"}}}]}},
    }
    made = with_own_names(content)
    assert made["segment_by"] == ["own_spend", "club"]
    assert made["outcome"] == {"column": "own_spend", "value": "spend"}
    assert made["derived"]["rich"]["rules"] == [{"value": "spend", "where": {"own_spend": {"min": "5"}}}]
    assert set(made["sources"][0]["attributes"]) == {"own_spend", "club"}
