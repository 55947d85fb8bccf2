"""The demo company knows its truth: who is who, and which rows are broken on purpose."""

from __future__ import annotations

import pandas as pd
import pytest
from written_company import KEY

from customer_profiles.demo import make_company
from customer_profiles.identity.pseudonyms import pseudonym
from customer_profiles.ingest.config.dataset import load_dataset
from customer_profiles.ingest.pipeline import collect
from customer_profiles.tables import Tables


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    dataset = load_dataset(make_company(folder, customers=2000, seed=3))
    tables = Tables(folder / "tables")
    return folder, tables, collect(dataset, tables, dataset.as_of, KEY)


def pairs(table: pd.DataFrame, person: str) -> set[tuple[str, str]]:
    """Every two accounts of one person."""
    both = table.merge(table, on=person)
    both = both[both.pseudonym_x < both.pseudonym_y]
    return set(zip(both.pseudonym_x, both.pseudonym_y, strict=True))


def test_the_same_person_is_found_and_families_stay_apart(run):
    folder, tables, _ = run
    truth = pd.read_parquet(folder / "truth" / "identities.parquet")
    truth["pseudonym"] = [pseudonym(KEY, space, raw_id) for space, raw_id in zip(truth.ids, truth.id, strict=True)]
    found = tables.read("identities").merge(truth[["pseudonym", "person"]], on="pseudonym", validate="one_to_one")
    matched, true = (
        pairs(found[["pseudonym", "customer_no"]], "customer_no"),
        pairs(found[["pseudonym", "person"]], "person"),
    )
    assert len(matched & true) / len(matched) >= 0.99
    assert len(matched & true) / len(true) >= 0.97


def test_no_row_is_lost(run):
    counts = run[2].reconciliation
    assert (counts["read"] == counts[["used", "set_aside", "duplicate", "excluded"]].sum(axis=1)).all()
    by_source = counts.set_index("source")
    assert by_source.loc["crm", "set_aside"] > 0
    assert by_source.loc[["orders_2024", "orders_2025"], "duplicate"].gt(0).all()


def test_who_did_not_agree_is_absent(run):
    folder, tables, _ = run
    persons = pd.read_parquet(folder / "truth" / "persons.parquet")
    truth = pd.read_parquet(folder / "truth" / "identities.parquet")
    crm = truth[(truth.ids == "crm") & truth.person.isin(persons.index[~persons.consent & persons.in_crm])]
    refused = {pseudonym(KEY, "crm", raw_id) for raw_id in crm.id}
    assert len(refused) > 20
    assert not refused & set(tables.read("identities").pseudonym)
    assert not refused & set(tables.read("customers").customer_id)
