"""The raw files are what such systems write, the same for the same seed, and can be collected without a loss."""

from __future__ import annotations

import csv
import hashlib
import json
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from customer_profiles.demo import company as company_module
from customer_profiles.demo import make_company
from customer_profiles.demo.plan import read_yaml

pytestmark = pytest.mark.filterwarnings("error")


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def rows(path: Path, delimiter: str, encoding: str = "utf-8") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter, strict=True))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    first, again, other = (
        hashes(make_company(tmp_path / name, customers=150, seed=seed).parent)
        for name, seed in (("first", 3), ("again", 3), ("other", 4))
    )
    assert first == again
    changed = {name for name in first if first[name] != other[name]}
    assert changed == {name for name in first if name.startswith(("raw/", "truth"))} - {
        "raw/gebiete.csv",
        "raw/bevoelkerung.csv",
        "raw/kalender.csv",
    }


def test_a_company_made_again_leaves_nothing_of_the_former(tmp_path):
    make_company(tmp_path, customers=60)
    (tmp_path / "raw" / "bestellungen_2024_2.xlsx").write_bytes(b"of a larger company")
    make_company(tmp_path, customers=60)
    assert not (tmp_path / "raw" / "bestellungen_2024_2.xlsx").exists()


def test_the_company_has_the_promised_size(company):
    sizes = {
        "persons": len(company.table("persons")),
        "order lines": len(rows(company.raw("bestellungen_2025.csv"), ";", "utf-8-sig")) + 7000,
        "tickets": len(company.table("tickets")),
        "answers": len(company.table("feedback")),
        "scored comments": int((company.table("feedback")["text"] != "").sum()),
        "events": len(pd.read_parquet(company.raw("web_events.parquet")))
        + len(company.raw("app_events.jsonl").read_text(encoding="utf-8").splitlines()),
    }
    expected = {
        "persons": (2000, 2000),
        "order lines": (12_000, 16_000),
        "tickets": (1400, 1800),
        "answers": (2100, 2700),
        "scored comments": (1500, 2100),
        "events": (50_000, 70_000),
    }
    assert {name: (low <= sizes[name] <= high) for name, (low, high) in expected.items()} == dict.fromkeys(sizes, True)


def test_the_crm_is_written_in_cp1252_with_german_numbers_and_leading_zeros(company):
    content = company.raw("crm_kunden.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    crm = rows(company.raw("crm_kunden.csv"), ";", "cp1252")
    assert any("ü" in row["Nachname"] for row in crm)
    assert any(row["PLZ"].startswith("0") for row in crm)
    assert all(len(row["PLZ"]) == 5 for row in crm)
    assert any(row["Kundennr"].startswith("0") for row in crm)
    assert all("," in row["Bonus"] for row in crm)
    assert {row["Geschlecht"] for row in crm} == {"m", "w", "d", ""}
    assert {row["Einwilligung"] for row in crm} == {"ja", "nein"}
    assert any(row["Nachname"] == "Null" for row in crm)
    assert len({row["Kundennr"] for row in crm}) == len(crm)


def test_orders_come_as_a_workbook_and_as_text(company):
    book = openpyxl.load_workbook(company.raw("bestellungen_2024.xlsx"), read_only=True)
    header, *lines = book["Bestellungen"].iter_rows(values_only=True)
    assert header[:3] == ("Bestellnr", "Kundenkonto", "Bestellt am")
    moments = [line[2] for line in lines if isinstance(line[2], datetime)]
    assert len(moments) > 0.99 * len(lines)
    assert {moment.year for moment in moments} == {2024}
    assert all(moment.second == moment.microsecond == 0 for moment in moments)
    assert all(isinstance(line[6], (int, float)) for line in lines if line[6] is not None)
    assert all(isinstance(line[3], str) and len(line[3]) == 6 for line in lines)
    text = rows(company.raw("bestellungen_2025.csv"), ";", "utf-8-sig")
    assert all(row["Bestellt am"][6:10] == "2025" or row["Bestellt am"] in ("31.02.2024", "30.02.2025") for row in text)
    assert all("," in row["Betrag"] for row in text if row["Betrag"])


def test_visits_come_as_parquet_and_as_json_lines_known_and_anonymous(company):
    web = pd.read_parquet(company.raw("web_events.parquet"))
    app = pd.DataFrame(map(json.loads, company.raw("app_events.jsonl").read_text(encoding="utf-8").splitlines()))
    assert 0.2 < web["account"].isna().mean() < 0.4
    assert web["visitor"].notna().all()
    assert set(app["event"]) == {"view", "search", "basket", "purchase", "help"} == set(web["action"])
    assert web["at"].max() < pd.Timestamp("2026-01-01")
    sessions = pd.concat([web[["session", "visitor"]], app[["session"]].assign(visitor=app["device"])])
    assert (sessions.groupby("session")["visitor"].nunique() == 1).all()


def test_every_postal_region_of_a_customer_is_in_the_area_statistics(company):
    areas = {row["PLZ-Region"] for row in rows(company.raw("gebiete.csv"), ";")}
    shop = rows(company.raw("shop_kunden.csv"), ",")
    assert {row["zip"][:2] for row in shop} <= areas
    places = read_yaml("texts/places.yaml")
    assert all(town.startswith(area) for area, place in places.items() for town in place[-1])


def test_blocks_do_not_share_ids(tmp_path, monkeypatch):
    monkeypatch.setattr(company_module, "BLOCK", 80)
    folder = make_company(tmp_path, customers=200).parent
    identities = pd.read_parquet(folder / "truth" / "identities.parquet")
    assert identities["id"].is_unique
    assert pd.read_parquet(folder / "truth" / "persons.parquet")["person"].tolist() == list(range(200))
    crm = rows(folder / "raw" / "crm_kunden.csv", ";", "cp1252")
    emails = [row["E-Mail"] for row in crm if row["E-Mail"] and not row["E-Mail"].startswith("keine")]
    persons = identities.set_index("id")["person"]
    owners = pd.DataFrame({"email": emails}).assign(
        person=[persons[row["Kundennr"]] for row in crm if row["E-Mail"] and not row["E-Mail"].startswith("keine")]
    )
    assert (owners.groupby("email")["person"].nunique() == 1).all()
    orders = [row["Bestellnr"] for row in rows(folder / "raw" / "bestellungen_2025.csv", ";", "utf-8-sig")]
    accounts = {}
    for row in rows(folder / "raw" / "bestellungen_2025.csv", ";", "utf-8-sig"):
        accounts.setdefault(row["Bestellnr"], set()).add(row["Kundenkonto"])
    assert orders
    assert all(len(owner) == 1 for owner in accounts.values())


@pytest.mark.parametrize("null", [False, True])
def test_it_collects_without_a_loss_and_defects_are_those_planted(null, tmp_path):
    from customer_profiles.ingest.config.dataset import load_dataset
    from customer_profiles.ingest.pipeline import collect
    from customer_profiles.tables import Tables

    file = make_company(tmp_path / "company", customers=700, seed=2, null=null)
    truth = json.loads((file.parent / "truth.json").read_text(encoding="utf-8"))
    collected = collect(load_dataset(file), Tables(tmp_path / "tables"), date(2025, 12, 31), b"a key of the tests")
    counts = collected.reconciliation.set_index("source")
    files = {
        "crm": "crm_kunden.csv",
        "orders_2024": "bestellungen_2024.xlsx",
        "orders_2025": "bestellungen_2025.csv",
        "surveys": "umfragen.csv",
    }
    planted = truth["defects"]
    assert {files[name]: int(counts.loc[name, "set_aside"]) for name in files} == {
        name: defects["broken_rows"] for name, defects in planted.items()
    }
    assert counts.loc[[name for name in counts.index if name not in files], "set_aside"].sum() == 0
    for name in ("orders_2024", "orders_2025"):
        assert counts.loc[name, "duplicate"] == planted[files[name]]["repeated_rows"]
    assert "undeclared_codes" not in set(collected.cleaning.rule), "a code of an export is not in dataset.yaml"
