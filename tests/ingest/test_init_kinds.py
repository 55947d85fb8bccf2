"""What `init` does with ways of writing that many exports share, whatever they are exports of."""

from __future__ import annotations

from datetime import timedelta

import openpyxl
import pytest
import yaml
from own_exports import DAY, ORDER, PEOPLE, PERSON, ROWS, Folder, orders

from customer_profiles.ingest.init.headings import means, shared_owner


@pytest.fixture
def exports(tmp_path):
    return Folder(tmp_path).add("customers.csv", PERSON, PEOPLE)


@pytest.mark.parametrize(
    ("heading", "table", "role"),
    [
        ("City (Billing)", "customers", "city"),
        ("(Do Not Modify) Account Number", "customers", "customer_id"),
        ("Address 1: City", "customers", "city"),
        ("Organization - Industry", "customers", "industry"),
        ("ZIP/Postal code of Address", "customers", "postal_code"),
        ("default_billing_address_city", "customers", "city"),
    ],
)
def test_what_decorates_a_heading(heading, table, role):
    assert role in means(heading, table)


def test_a_unit_in_brackets_is_no_decoration():
    assert "closed_at" not in means("Resolution time (in hrs)", "tickets")


@pytest.mark.parametrize(("heading", "factor"), [("Duration (min)", 60), ("engagement_time_msec", 0.001)])
def test_durations_in_another_unit(exports, heading, factor):
    columns = ["session_id", "event_timestamp", "user_id", "event_name", "device", "visitor_id", "utm_source", heading]
    rows = [
        [
            *(f"S{n}", f"{DAY + timedelta(hours=n):%Y-%m-%d %H:%M:%S}", PEOPLE[n][0], "view"),
            *(("mobile", "desktop")[n % 2], f"v{n:05}", ("google", "newsletter")[n % 2], n + 1),
        ]
        for n in range(ROWS)
    ]
    exports.add("web_events.csv", columns, rows)
    found = exports.init()[0]["web_events.csv"]["columns"]
    assert found["duration_s"] == {"column": heading, "factor": factor}
    assert (found["device"], found["anonymous_id"], found["source"]) == ("device", "visitor_id", "utm_source")
    assert exports.check().exit_code == 0


def test_what_all_headings_of_a_file_begin_with():
    names = ["Person - ID", "Person - First name", "Person - Last name", "Person - Email - Work"]
    assert (shared_owner(names), shared_owner(["a", "b - c", "d"])) == ("Person - ", "")


@pytest.mark.parametrize(
    "form", ["%b %d, %Y, %I:%M:%S %p", "%d-%b-%Y %H:%M", "%d. %B %Y", "%d %b %Y %H:%M:%S", "%b %d, %Y %I:%M %p"]
)
def test_days_that_name_their_month(exports, form):
    exports.add(
        "orders.csv",
        [*ORDER, "Amount"],
        [
            (row[0], (DAY + timedelta(days=n)).strftime(form), *row[2:], "9.5")
            for n, row in enumerate(orders(lambda n, line: []))
        ],
    )
    exports.init()
    said = exports.check()
    assert said.exit_code == 0, said.output
    assert f"orders transactions   shop    {ROWS}    {ROWS}          0 " in said.output


@pytest.mark.parametrize("unit", [1, 1_000, 1_000_000])
def test_time_since_1970(exports, unit):
    moments = [[f"E{n}", int((DAY + timedelta(hours=n)).timestamp() * unit), PEOPLE[n][0], "view"] for n in range(ROWS)]
    exports.add("ga4_events.csv", ["session_id", "event_timestamp", "user_id", "event_name"], moments)
    sources, _ = exports.init()
    assert sources["ga4_events.csv"]["datetime"] == "unix"
    assert f"{ROWS}    {ROWS}          0" in exports.check().output


def test_running_numbers_of_two_files_are_not_the_same_persons(tmp_path):
    folder = Folder(tmp_path)
    folder.add("customers.csv", ["id", *PERSON[1:]], [[n + 1, *PEOPLE[n][1:]] for n in range(ROWS)])
    folder.add("newsletter_subscribers.csv", ["id", *PERSON[1:]], [[n + 1, *PEOPLE[-n][1:]] for n in range(ROWS)])
    made = [[n + 1, f"{DAY:%Y-%m-%d}", PEOPLE[-n][3], "It broke after two days and nobody answers"] for n in range(40)]
    folder.add("tickets.csv", ["id", "created_at", "requester_email", "description"], made)
    sources, _ = folder.init()
    assert sources["customers.csv"]["ids"] != sources["newsletter_subscribers.csv"]["ids"]
    assert sources["tickets.csv"]["key"] == "email"
    assert "customer_id" not in sources["tickets.csv"]["columns"]


def test_who_has_no_id_is_known_by_address(tmp_path):
    folder = Folder(tmp_path).add(
        "members.csv", ["Full name", "Email", "City"], [[f"{p[1]} {p[2]}", p[3], "Jena"] for p in PEOPLE]
    )
    folder.add("orders.csv", [*ORDER, "Amount"], orders(lambda n, line: ["9.5"]))
    sources, _ = folder.init()
    assert sources["members.csv"]["columns"]["customer_id"] == "Email"
    assert sources["orders.csv"]["key"] == "email"
    assert folder.check().exit_code == 0


@pytest.mark.parametrize(
    ("codes", "key", "expected"),
    [
        (["Completed", "Processing", "Cancelled"], "where", {"Kind": ["Completed", "Processing"]}),
        (["Won", "Lost", "Open"], "where", {"Kind": ["Won"]}),
        (["Rechnung", "Gutschrift", "Angebot"], "times", {"Kind": {"Rechnung": 1, "Gutschrift": -1}}),
        (["paid", "refunded"], "times", {"Kind": {"paid": 1, "refunded": 0}}),
        (["a", "b", "c"], "times", None),
    ],
)
def test_what_codes_say_of_amounts(exports, codes, key, expected):
    exports.add("orders.csv", [*ORDER, "Amount", "Kind"], orders(lambda n, line: [f"{n + 5}.5", codes[n % len(codes)]]))
    source = exports.init()[0]["orders.csv"]
    amount = source["columns"]["amount"]
    found = source.get("where") if key == "where" else amount.get("times") if isinstance(amount, dict) else None
    assert found == expected
    assert "Warnings" not in exports.check().output


def test_amounts_below_zero_beside_the_sign_of_their_currency_are_refunds_already(exports):
    rows = orders(lambda n, line: ["-$4.50" if n % 5 == 0 else f"${n + 5}.50", "Refund" if n % 5 == 0 else "Payment"])
    exports.add("orders.csv", [*ORDER, "Net Sales", "Event Type"], rows)
    assert exports.init()[0]["orders.csv"]["columns"]["amount"] == "Net Sales"


def test_the_number_that_other_files_name_customers_by(tmp_path):
    folder = Folder(tmp_path)
    rows = [[f"Z{n:05}", f"K-{n}x", *PEOPLE[n][1:]] for n in range(ROWS)]
    folder.add("customers.csv", ["Customer Number", "Reference", *PERSON[1:]], rows)
    bought = [[f"B{n}", f"{DAY:%Y-%m-%d}", f"{PEOPLE[n][1]} {n}", f"K-{n}x", "9.5"] for n in range(ROWS)]
    folder.add("orders.csv", ["Order Number", "Order Date", "Customer", "Customer/Reference", "Amount"], bought)
    sources, _ = folder.init()
    assert sources["customers.csv"]["columns"]["customer_id"] == "Reference"
    assert sources["orders.csv"]["columns"]["customer_id"] == "Customer/Reference"


def test_totals_that_each_line_repeats_count_once(exports):
    exports.add(
        "orders.csv", [*ORDER, "Order Total", "SKU"], orders(lambda n, line: [f"{n + 5}.5", f"S{line}"], lines=2)
    )
    sources, _ = exports.init()
    assert sources["orders.csv"]["once"] == {"Order Number": ["Order Total"]}


@pytest.mark.parametrize(("shipping", "said"), [(4.5, False), (None, True)])
def test_discounts_of_the_order_are_taken_off_if_its_total_proves_them(exports, shipping, said):
    """One of two lines costs n and is bought twice; every third order has 3.00 off."""

    def cells(n, line):
        off = 3.0 if n % 3 == 0 else 0.0
        total = 2 * n + 10 + 7 + (shipping or n * 0.77) - off
        first = [f"{off:.2f}", f"{shipping or 0:.2f}", f"{total:.2f}"]
        return [2 if line == 0 else 1, f"{n + 5 if line == 0 else 7}.00", *(first if line == 0 else ["", "", ""])]

    exports.add(
        "orders.csv", [*ORDER, "Quantity", "Unit price", "Discount", "Shipping", "Total"], orders(cells, lines=2)
    )
    sources, proposal = exports.init()
    amount = sources["orders.csv"]["columns"]["amount"]
    taken = {"column": "Discount", "factor": -1}
    assert (taken in amount.get("sum", [])) != said
    assert any("already taken off" in point for point in proposal.open) == said


def test_firms_their_contacts_and_what_was_won(tmp_path):
    folder = Folder(tmp_path)
    firms = [[f"001{n:06}", f"Auental{n} GmbH", "Retail", 10 + n % 5] for n in range(ROWS)]
    folder.add("Account.csv", ["Account ID", "Account Name", "Industry", "NumberOfEmployees"], firms)
    people = [[f"003{n:06}", firms[n][0], f"Ada{n}", f"Brandt{n}", f"ada@auental{n}.example"] for n in range(ROWS)]
    folder.add("Contact.csv", ["Contact ID", "Account ID", "FirstName", "LastName", "Email"], people)
    stages = ["Closed Won", "Closed Lost", "Negotiation"]
    deals = [
        [f"006{n:06}", firms[n][1], f"{100 * n + 5}", stages[n % 3], f"{DAY + timedelta(days=n):%Y-%m-%d}"]
        for n in range(ROWS)
    ]
    folder.add("Opportunity.csv", ["Id", "Account", "Amount", "StageName", "CloseDate"], deals)
    sources, _ = folder.init()
    assert folder.content["kind"] == "b2b"
    assert sources["Account.csv"]["columns"]["company"] == "Account Name"
    assert sources["Contact.csv"]["table"] == "contacts"
    won = sources["Opportunity.csv"]
    assert (won["table"], won["where"]) == ("transactions", {"StageName": ["Closed Won"]})
    assert won["lookups"][0]["on"] == {"Account": "Account Name"}
    assert f"transactions   shop    {ROWS}    20" in folder.check().output


@pytest.mark.parametrize(
    ("heading", "codes", "value"),
    [
        ("status", ["active", "churned"], "churned"),
        ("is_active", ["yes", "no"], "no"),
        ("colour", ["red", "blue"], None),
    ],
)
def test_an_outcome_is_proposed_and_not_chosen(tmp_path, heading, codes, value):
    rows = [[*person, codes[n % 3 == 0]] for n, person in enumerate(PEOPLE)]
    folder = Folder(tmp_path).add("customers.csv", [*PERSON, heading], rows)
    text = folder.init()[1].text
    assert "outcome" not in folder.content
    proposed = [line for line in text.splitlines() if line.startswith("# outcome:")]
    assert len(proposed) == (value is not None)
    if value:
        (folder.folder / "dataset.yaml").write_text(text.replace("# outcome:", "outcome:"), encoding="utf-8")
        assert f"value: {value}" in proposed[0].replace("'", "")
        assert folder.check().exit_code == 0


def test_titles_above_the_names_of_a_sheet_are_no_names(tmp_path):
    folder = Folder(tmp_path)
    book = openpyxl.Workbook()
    for row in [["Cards, as of 30.11.2025"], [], PERSON, *PEOPLE]:
        book.active.append(row)
    book.save(tmp_path / "raw" / "customers.xlsx")
    sources, _ = folder.init()
    assert sources["customers.xlsx"]["columns"].keys() == set(PERSON)
    assert folder.check().exit_code == 0


def test_shops_with_a_place_are_branches_and_number_no_customers(exports):
    exports.add("filialen.csv", ["Filiale", "Breitengrad", "Längengrad"], [["Mitte", "51.05", "13.74"]])
    bills = [[n, f"2025-03-{n % 28 + 1:02}", "Mitte", PEOPLE[n][0], f"{n}.50"] for n in range(ROWS)]
    exports.add("bons.csv", ["Bon-Nr.", "Datum", "Filiale", "Karten-Nr.", "Umsatz"], bills)
    sources, _ = exports.init()
    assert sources["filialen.csv"]["table"] == "branches"
    assert sources["bons.csv"]["columns"]["customer_id"] == "Karten-Nr."


def test_service_cases_are_no_leads_for_having_a_number_and_a_day(exports):
    cases = [[n, PEOPLE[n][0], "03.04.2025 10:00", "14.04.2025 11:00", ["Umzug", "Preis"][n % 2]] for n in range(ROWS)]
    exports.add("kundenkontakte.csv", ["Vorgangsnr.", "GP-Nr.", "Eingangsdatum", "Erledigt am", "Anliegen"], cases)
    sources, _ = exports.init()
    source = sources["kundenkontakte.csv"]
    assert (source["table"], source["columns"]["customer_id"]) == ("tickets", "GP-Nr.")


@pytest.mark.parametrize(
    ("form", "stated"), [("%d.%m.%y", "%d.%m.%y %H:%M"), ("%d.%m.%Y", "%d.%m.%Y %H:%M"), ("%Y-%m-%d", None)]
)
def test_a_day_and_its_time_of_day_are_one_point_in_time(exports, form, stated):
    rows = [
        [f"B{n}", PEOPLE[n][0], f"{DAY + timedelta(days=n):{form}}", f"{8 + n % 9:02}:15", f"{n}.50"]
        for n in range(ROWS)
    ]
    exports.add("orders.csv", ["Order Number", "Customer Id", "Datum", "Uhrzeit", "Amount"], rows)
    sources, _ = exports.init()
    source = sources["orders.csv"]
    assert source["columns"]["at"] == {"join": ["Datum", "Uhrzeit"]}
    assert source.get("datetime") == stated
    assert f"transactions   shop    {ROWS}    {ROWS}" in exports.check().output


@pytest.mark.parametrize(
    ("heading", "scale", "asks"),
    [
        ("Zufriedenheit (1=sehr gut bis 6=ungenügend)", "6-1", False),
        ("Satisfaction (1 = very bad, 6 = very good)", "1-6", False),
        ("Satisfaction (1-6)", "1-6", True),
        ("Satisfaction", "1-5", True),
    ],
)
def test_the_scale_that_a_heading_states(exports, heading, scale, asks):
    answers = [[PEOPLE[n][0], f"2025-03-{n % 28 + 1:02}", n % 5 + 1] for n in range(ROWS)]
    exports.add("survey.csv", ["Customer Id", "Date", heading], answers)
    sources, proposal = exports.init()
    assert sources["survey.csv"]["columns"]["scale"] == {"value": scale}
    assert any(point.startswith("scale") for point in proposal.open) == asks


@pytest.mark.parametrize(("of_line", "expected"), [(True, "item-price"), (False, ["item-price", "quantity"])])
def test_a_price_that_grows_with_the_quantity_is_that_of_the_line(exports, of_line, expected):
    rows = orders(lambda n, line: [f"P{n % 4}", n % 3 + 1, f"{(n % 4 + 5) * (n % 3 + 1 if of_line else 1)}.50"])
    exports.add("orders.csv", [*ORDER, "sku", "quantity", "item-price"], _halved(rows) if of_line else rows)
    amount = exports.init()[0]["orders.csv"]["columns"]["amount"]
    assert (amount["product"] if isinstance(amount, dict) else amount) == expected


def _halved(rows):
    """Whole prices of one piece, so that those of a line are exact multiples."""
    return [[*row[:-1], f"{float(row[-1]) - 0.5:.2f}"] for row in rows]


def test_amounts_of_lines_are_taken_as_they_stand_beside_the_price_of_one_piece(exports):
    rows = orders(lambda n, line: [n % 3 + 1, f"{n % 4 + 5}.00", f"{(n % 4 + 5) * (n % 3 + 1) - n % 2}.00"])
    exports.add("orders.csv", [*ORDER, "Menge", "Einzelpreis", "Gesamtpreis"], rows)
    assert exports.init()[0]["orders.csv"]["columns"]["amount"] == "Gesamtpreis"


def test_buyers_known_by_address_only_are_customers(tmp_path):
    folder = Folder(tmp_path)
    bought = orders(lambda n, line: [f"{n}.5{line}"], lines=2)
    folder.add("orders.csv", ["Order Number", "Order Date", "Email", "Amount"], bought)
    folder.add("nps.csv", ["Email", "Date", "NPS"], [[PEOPLE[n][3], "2025-03-14", n % 11] for n in range(ROWS)])
    folder.init()
    kinds = [(source["table"], source["columns"].get("customer_id")) for source in folder.content["sources"]]
    assert ("customers", "Email") in kinds
    told = folder.check().output
    assert f"transactions shop {2 * ROWS} {2 * ROWS}" in " ".join(told.split())
    assert "Warnings" not in told


def test_where_a_visit_came_from_is_not_where_its_visitor_lives(tmp_path):
    folder = Folder(tmp_path)
    folder.add(
        "orders.csv", ["Order Number", "Order Date", "Customer Id", "Amount"], orders(lambda n, line: [f"{n}.50"])
    )
    visits = [[PEOPLE[n % 20][3], f"2025-03-14T10:{n:02}:00", "page_view", "Bonn"] for n in range(ROWS)]
    folder.add("events.csv", ["user_id", "event_timestamp", "event_name", "geo.city"], visits)
    folder.init()
    of_persons = [source["path"] for source in folder.content["sources"] if source["table"] == "customers"]
    assert "raw/events.csv" not in of_persons


def test_a_file_that_knows_buyers_by_address_only_says_what_is_lacking(tmp_path):
    folder = Folder(tmp_path)
    folder.add("orders.csv", ["Order Number", "Order Date", "Email", "Amount"], orders(lambda n, line: [f"{n}.50"]))
    folder.init()
    sources = [source for source in folder.content["sources"] if source["table"] != "customers"]
    (tmp_path / "dataset.yaml").write_text(yaml.safe_dump(folder.content | {"sources": sources}), encoding="utf-8")
    told = folder.check()
    assert told.exit_code == 3
    assert "as table customers with customer_id and email" in told.output


def test_names_of_leads_and_permissions_are_no_traits(tmp_path):
    folder = Folder(tmp_path)
    prospects = [[f"L{n}", f"Ada{n % 9}", f"Auen{n % 7}", "2025-03-14", ["Web", "Fair"][n % 2]] for n in range(ROWS)]
    folder.add("leads.csv", ["Lead ID", "First Name", "Last Name", "Created", "Lead Source"], prospects)
    people = [[*person, "JN"[n % 2], "JN"[n % 3 == 0]] for n, person in enumerate(PEOPLE)]
    folder.add("customers.csv", [*PERSON, "Anruf erlaubt", "Auswertung erlaubt"], people)
    sources, _ = folder.init()
    assert sources["leads.csv"]["attributes"].keys() == {"lead_source"}
    assert "attributes" not in sources["customers.csv"]
    assert sources["customers.csv"]["columns"]["consent"] == "Auswertung erlaubt"


def test_a_sign_beside_a_further_number_is_declared(tmp_path):
    people = [[*person, f"{40 + n % 14},00 €"] for n, person in enumerate(PEOPLE)]
    folder = Folder(tmp_path).add("customers.csv", [*PERSON, "Abschlag"], people)
    sources, _ = folder.init()
    assert sources["customers.csv"]["sign"] == "€"
    assert folder.check().exit_code == 0
