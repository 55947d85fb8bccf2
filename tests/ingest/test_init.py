"""A first dataset.yaml from the exports of well-known systems, German and English; people and figures are invented."""

from __future__ import annotations

import itertools
import random

import pytest
import yaml
from click.testing import CliRunner

import customer_profiles as cp
from customer_profiles.cli import main
from customer_profiles.errors import InputRejected
from customer_profiles.ingest.config.dataset import load_dataset
from customer_profiles.ingest.init.headings import means
from customer_profiles.ingest.init.roles import roles

ROWS = 60
FIRST = ["Ada", "Bela", "Cem", "Dora", "Egon", "Fina", "Gero", "Hilke", "Ivo", "Jana"]
LAST = ["Auental", "Brandt", "Cordes", "Dahl", "Ebert", "Funke", "Greve", "Hansen"]


def cell(kind: str, row: int, chance: random.Random) -> str:
    """An invented value of a kind; ids and addresses are those of person `row` of 60."""
    person = row % ROWS
    first, last = FIRST[person % 10], LAST[person // 10]
    day = (2025, chance.randint(1, 6), chance.randint(1, 28))
    return {
        "first": first,
        "last": last,
        "name": f"{first} {last}",
        "email": f"{first}.{last}@example.org".lower(),
        "id": f"C{1000 + person}",
        "row": f"R{row:05}",
        "row id": f"T-{5000 + row}",
        "number": str(7_000_000 + row),
        "iso": "{:04}-{:02}-{:02} 10:15:00".format(*day),
        "day": "{:04}-{:02}-{:02}".format(*day),
        "german day": f"{chance.randint(13, 28):02}.{day[1]:02}.{day[0]}",
        "us day": f"{day[1]:02}/{chance.randint(13, 28):02}/{day[0]}",
        "seconds": str(1_735_000_000 + chance.randint(0, 9_999_999)),
        "euro": f"{chance.randint(5, 300)}.{chance.randint(10, 99)}",
        "german euro": f"{chance.randint(5, 300)},{chance.randint(10, 99)}",
        "count": str(chance.randint(1, 4)),
        "nps": str(chance.randint(0, 10)),
        "stars": str(chance.randint(1, 5)),
        "yes": chance.choice(["yes", "no"]),
        "ja": chance.choice(["ja", "nein"]),
        "city": chance.choice(["Jena", "Trier", "Fulda"]),
        "zip": chance.choice(["07743", "54290", "36037"]),
        "country": chance.choice(["DE", "AT"]),
        "word": chance.choice(["alpha", "beta", "gamma"]),
        "constant": "x",
        "empty": "",
        "long": f"The parcel number {chance.randint(1, 10**9)} came two days too late and was wet",
        "path": f"/shop/{chance.choice(['boots', 'tents', 'maps'])}",
        "street": f"Hauptstr. {chance.randint(1, 99)}",
        "phone": f"+49 170 {1000000 + person}",
        "eur": "EUR",
        "sku": f"SKU-{chance.randint(100, 130)}",
    }[kind]


EXPORTS = {
    "shopify_customers": (
        "customers_export.csv",
        {
            "Customer ID": "id:customers.customer_id",
            "First Name": "first:customers.first_name",
            "Last Name": "last:customers.last_name",
            "Email": "email:customers.email",
            "Accepts Email Marketing": "yes:",
            "Default Address Address1": "street:customers.street",
            "Default Address City": "city:customers.city",
            "Default Address Country Code": "country:customers.country",
            "Default Address Zip": "zip:customers.postal_code",
            "Phone": "phone:customers.phone",
        },
    ),
    "hubspot_contacts": (
        "hubspot-crm-exports-all-contacts.csv",
        {
            "Record ID": "number:customers.customer_id",
            "First Name": "first:customers.first_name",
            "Last Name": "last:customers.last_name",
            "Email": "email:customers.email",
            "Lifecycle Stage": "word:customers.status",
            "Create Date": "iso:customers.signup_date",
            "City": "city:customers.city",
        },
    ),
    "kundenstamm": (
        "Kundenstamm.csv",
        {
            "Kundennummer": "id:customers.customer_id",
            "Anrede": "frau:customers.gender",
            "Vorname": "first:customers.first_name",
            "Nachname": "last:customers.last_name",
            "E-Mail-Adresse": "email:customers.email",
            "Geburtsdatum": "german day:customers.birth_date",
            "Straße und Hausnummer": "street:customers.street",
            "Postleitzahl": "zip:customers.postal_code",
            "Wohnort": "city:customers.city",
            "Kunde seit": "german day:customers.signup_date",
            "Einwilligung": "ja:customers.consent",
        },
    ),
    "sap_customers": (
        "KNA1_debitoren.csv",
        {
            "KUNNR": "id:customers.customer_id",
            "NAME1": "name:customers.company",
            "LAND1": "country:customers.country",
            "ORT01": "city:customers.city",
            "PSTLZ": "zip:customers.postal_code",
            "STRAS": "street:customers.street",
        },
    ),
    "woocommerce_orders": (
        "woocommerce-orders.csv",
        {
            "Order Number": "row id:transactions.order_id",
            "Order Date": "iso:transactions.at",
            "Customer Email": "email:transactions.email",
            "Order Total": "euro:transactions.amount",
            "Item SKU": "sku:transactions.product_id",
        },
    ),
    "stripe": (
        "unified_payments.csv",
        {
            "id": "row id:transactions.order_id",
            "Created (UTC)": "iso:transactions.at",
            "Amount": "euro:transactions.amount",
            "Currency": "eur:",
            "Customer ID": "id:transactions.customer_id",
            "Customer Email": "email:",
        },
    ),
    "warenwirtschaft": (
        "Rechnungen_2025.csv",
        {
            "Rechnungsnummer": "row id:transactions.order_id",
            "Rechnungsdatum": "german day:transactions.at",
            "Kundennummer": "id:transactions.customer_id",
            "Artikelnummer": "sku:transactions.product_id",
            "Menge": "count:transactions.quantity",
            "Nettobetrag": "german euro:transactions.amount",
        },
    ),
    "sap_orders": (
        "VBAK_umsatz.csv",
        {
            "VBELN": "row id:transactions.order_id",
            "AUDAT": "german day:transactions.at",
            "KUNNR": "id:transactions.customer_id",
            "NETWR": "german euro:transactions.amount",
            "WAERS": "eur:",
        },
    ),
    "salesforce_opportunities": (
        "orders_report.csv",
        {
            "Opportunity ID": "row id:transactions.order_id",
            "Account ID": "id:transactions.customer_id",
            "Close Date": "day:transactions.at",
            "Amount": "euro:transactions.amount",
        },
    ),
    "zendesk": (
        "zendesk_tickets.csv",
        {
            "Id": "number:",
            "Requester email": "email:tickets.email",
            "Created at": "iso:tickets.opened_at",
            "Solved at": "iso:tickets.closed_at",
            "Via": "word:tickets.channel",
            "Description": "long:tickets.text",
        },
    ),
    "service_deutsch": (
        "Beschwerden.csv",
        {
            "Vorgang": "row id:",
            "Kundennr.": "id:tickets.customer_id",
            "Eingang am": "german day:tickets.opened_at",
            "Erledigt am": "german day:tickets.closed_at",
            "Kategorie": "word:tickets.category",
            "Beschreibung": "long:tickets.text",
        },
    ),
    "salesforce_cases": (
        "cases.csv",
        {
            "Case Number": "number:",
            "Contact Email": "email:tickets.email",
            "Date/Time Opened": "iso:tickets.opened_at",
            "Date/Time Closed": "iso:tickets.closed_at",
            "Case Origin": "word:tickets.channel",
            "Case Reason": "word:tickets.category",
        },
    ),
    "qualtrics": (
        "nps_survey.csv",
        {
            "ResponseId": "row:",
            "RecordedDate": "iso:feedback.at",
            "ExternalReference": "id:feedback.customer_id",
            "NPS": "nps:feedback.score",
            "Comment": "long:feedback.text",
        },
    ),
    "umfrage": (
        "Umfrage Zufriedenheit.csv",
        {
            "Kundennummer": "id:feedback.customer_id",
            "Antwortdatum": "german day:feedback.at",
            "Wie zufrieden sind Sie mit uns?": "stars:feedback.score",
            "Was können wir verbessern?": "long:feedback.text",
        },
    ),
    "mailchimp": (
        "mailchimp_campaign_sends.csv",
        {
            "Email Address": "email:campaigns.email",
            "Campaign Title": "word:campaigns.campaign",
            "Send Time": "iso:campaigns.at",
            "Clicked": "yes:campaigns.responded",
        },
    ),
    "google_analytics": (
        "ga4_events.csv",
        {
            "event_timestamp": "iso:interactions.at",
            "event_name": "word:interactions.kind",
            "user_pseudo_id": "row:interactions.anonymous_id",
            "user_id": "id:interactions.customer_id",
            "ga_session_id": "number:interactions.session_id",
            "page_location": "path:interactions.item",
        },
    ),
}


def write(folder, name):
    """The export of a system, 60 rows, and beside it, where it is none itself, a list of customers."""
    raw = folder / "raw"
    raw.mkdir(exist_ok=True)
    file, columns = EXPORTS[name]
    chance = random.Random(name)
    rows = [
        [
            ("Frau", "Herr")[row % 2] if kind == "frau" else cell(kind, row, chance)
            for kind, _ in map(parts, columns.values())
        ]
        for row in range(ROWS)
    ]
    lines = [";".join(columns), *(";".join(row) for row in rows)]
    (raw / file).write_text("\n".join(lines) + "\n", encoding="utf-8")
    if "customers." not in "".join(columns.values()):
        people = [[cell(kind, row, chance) for kind in ("id", "first", "last", "email")] for row in range(ROWS)]
        text = "\n".join(["customer_id,first_name,last_name,email", *map(",".join, people)])
        (raw / "people.csv").write_text(text + "\n", encoding="utf-8")
    return file, columns


def parts(given):
    """Kind of the values, and the role."""
    kind, _, role = given.partition(":")
    return kind, role


@pytest.mark.parametrize("name", EXPORTS)
def test_exports_of_well_known_systems(tmp_path, name):
    file, columns = write(tmp_path, name)
    proposal = cp.init(tmp_path)
    found = roles(yaml.safe_load(proposal.text), [file])
    told = {heading: ", ".join(found.get((file, heading), {""}) - {"attribute"}) for heading in columns}
    assert told == {heading: parts(given)[1] for heading, given in columns.items()}
    load_dataset(proposal.file)


def test_the_command_and_what_it_wrote(tmp_path):
    write(tmp_path, "kundenstamm")
    write(tmp_path, "warenwirtschaft")
    said = CliRunner().invoke(main, ["init", str(tmp_path)])
    assert said.exit_code == 0, said.output
    text = (tmp_path / "dataset.yaml").read_text("utf-8")
    assert "language: de" in text
    assert "of its 60 values are ids of raw/Kundenstamm.csv" in text
    assert "OPEN currency" in text
    assert "lines wait for you" in said.output
    checked = CliRunner().invoke(main, ["check", str(tmp_path / "dataset.yaml")])
    assert checked.exit_code == 0, checked.output


def test_a_file_of_somebody_is_never_written_over(tmp_path):
    write(tmp_path, "kundenstamm")
    cp.init(tmp_path)
    file = tmp_path / "dataset.yaml"
    mine = file.read_text("utf-8").replace("      city: Wohnort", "      region: Wohnort")
    file.write_text(mine, encoding="utf-8")
    again = cp.init(tmp_path)
    assert file.read_text("utf-8") == mine
    assert again.difference[["column", "now", "proposed"]].to_numpy().tolist() == [
        ["Wohnort", "customers.region", "customers.city"]
    ]
    assert "stays as it is" in repr(again)


def test_day_and_month_are_not_chosen_in_silence(tmp_path):
    (tmp_path / "orders.csv").write_text(
        "customer_id,order_date,amount\n"
        + "".join(f"C{n},0{n}/0{m}/2025,9.5\n" for n, m in itertools.permutations(range(1, 8), 2))
    )
    (tmp_path / "customers.csv").write_text("customer_id,first_name\n" + "".join(f"C{n},Ada{n}\n" for n in range(1, 8)))
    proposal = cp.init(tmp_path)
    assert any("day and month cannot be told apart" in point for point in proposal.open)
    refused = CliRunner().invoke(main, ["check", str(tmp_path / "dataset.yaml")])
    assert refused.exit_code == 3
    assert "set 'date' to" in refused.output


def test_columns_called_like_those_of_the_product_get_a_name_of_their_own(tmp_path):
    rows = "".join(f"C{n},Ada{n},{'AB'[n % 2]},{n * 7 % 23},{'xyz'[n % 3]}\n" for n in range(60))
    (tmp_path / "customers.csv").write_text("customer_id,first_name,source,spend,tier\n" + rows)
    proposal = cp.init(tmp_path)
    source = yaml.safe_load(proposal.text)["sources"][0]
    assert list(source["attributes"]) == ["own_source", "own_spend", "tier"]
    load_dataset(proposal.file)


def test_consent_to_something_else_is_left_to_a_person(tmp_path):
    write(tmp_path, "shopify_customers")
    proposal = cp.init(tmp_path)
    assert any(point.startswith("consent: does 'Accepts Email Marketing'") for point in proposal.open)
    assert "\n      consent:" not in proposal.text


def test_what_cannot_be_read_is_told(tmp_path):
    write(tmp_path, "kundenstamm")
    raw = tmp_path / "raw"
    (raw / "empty.csv").write_bytes(b"")
    (raw / "broken.xlsx").write_bytes(b"PK\x03\x04")
    (raw / "broken.sqlite").write_bytes(b"no database")
    (raw / "broken.json").write_bytes(b'{"a": 1')
    (raw / "broken.parquet").write_bytes(b"PAR1")
    (raw / "no_names.csv").write_text("Ada,ada@example.org\nBela,bela@example.org\n", encoding="utf-8")
    (raw / "lines.csv").write_text('"a\nb: [",c\n1,2\n', encoding="utf-8")
    proposal = cp.init(tmp_path)
    assert sum(point.startswith(("raw/empty", "raw/broken")) for point in proposal.open) == 5
    assert "ada@" not in proposal.text
    assert load_dataset(proposal.file).sources[0].path == "raw/Kundenstamm.csv"


def test_a_folder_without_exports(tmp_path):
    with pytest.raises(InputRejected, match="there is no export"):
        cp.init(tmp_path)


def test_no_value_of_a_person_is_in_the_proposal(tmp_path):
    write(tmp_path, "kundenstamm")
    text = cp.init(tmp_path).text
    assert not any(word in text for word in ("Auental", "example.org", "Hauptstr"))


def test_headings():
    assert means("Kundennr.", "customers") == {"customer_id": pytest.approx(1, abs=0.05)}
    assert "postal_code" in means("PLZ", "customers")
    assert means("Anything at all", "customers") == {}
