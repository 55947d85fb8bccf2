"""Invented exports of eight products, as these write them, and what each column is: written before `init` saw any.

Each set has its files and, per file, the table it fills and its columns: heading, meaning, cells. A meaning is a
column of the contract, `attribute`, `key` (of a lookup), `condition` (rows are kept by it), "" (left out), or None
where either is right. `sales` is what all orders of the set add up to. The measure of the first try stands in
docs/measured.md; a set that has been looked at is no longer unseen, so new ones belong beside these, not into them.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace as Row

Column = tuple[str, str | None, Callable[[Row], object]]
FIRST = ["Ada", "Bela", "Cem", "Dora", "Egon", "Fina", "Gero", "Hilke", "Ivo", "Jule", "Kolja", "Lore"]
LAST = ["Auental", "Brandt", "Cordes", "Dahl", "Ebert", "Funke", "Greve", "Hansen", "Ihde", "Jansen", "Kern"]
PLACES = [("Jena", "07743", "TH"), ("Trier", "54290", "RP"), ("Fulda", "36037", "HE"), ("Emden", "26721", "NI")]
GOODS = [("A-100", "Rain jacket", "Jackets", 89.9), ("A-200", "Tent Alva", "Tents", 249.0)]
GOODS += [("B-310", "Trail boots", "Shoes", 139.5), ("C-420", "Trail map", "Books", 12.8)]
SAID = ["The parcel came two weeks late and was wet", "The zip broke after one single week", "Where is my refund now?"]
REASONS = ["Delivery", "Quality", "Refund"]
PEOPLE, ORDERS = 150, 260


@dataclass(frozen=True)
class File:
    """One export: the table it fills ("" if none, LOOKUP words as roles have them), its rows and columns."""

    table: str
    rows: list[Row]
    columns: list[Column]
    delimiter: str = ","
    encoding: str = "utf-8"


def _people(seed: int) -> list[Row]:
    chance = random.Random(seed)
    people = []
    for n in range(PEOPLE):
        first, last = FIRST[n % len(FIRST)], LAST[n // len(FIRST) % len(LAST)]
        city, plz, region = chance.choice(PLACES)
        people.append(
            Row(
                n=n,
                first=first,
                last=last,
                email=f"{first}.{last}.{n}@example.org".lower(),
                city=city,
                plz=plz,
                region=region,
                street=f"Am Hang {n % 70 + 1}",
                phone=f"+49 151 {5_550_000 + n}",
                born=datetime(1950, 1, 1) + timedelta(days=chance.randrange(19_000)),
                made=datetime(2022, 3, 1, 9) + timedelta(minutes=chance.randrange(400_000)),
                female=chance.random() < 0.5,
                group=chance.choice(["Retail", "Club", "Staff"]),
                hex=f"{chance.getrandbits(64):016x}",
                firm=f"{last} {chance.choice(['Labor', 'Technik', 'Bau'])} {n} GmbH",
            )
        )
    return people


def _lines(people: list[Row], seed: int, most: int = 3) -> list[Row]:
    """Lines of orders: prices with 19 % tax, a tenth of the orders void, one line in five reduced by a tenth."""
    chance, lines = random.Random(seed), []
    for o in range(ORDERS):
        who, at = chance.choice(people), datetime(2024, 1, 2, 8) + timedelta(minutes=chance.randrange(700_000))
        void, back = chance.random() < 0.1, chance.random() < 0.08
        own = []
        for k in range(chance.randrange(1, most + 1)):
            sku, name, category, price = chance.choice(GOODS)
            q = chance.choice([1, 1, 2, 3])
            off = round(price * q / 10, 2) if chance.random() < 0.2 else 0.0
            gross = round(price * q - off, 2)
            own.append(Row(o=o, k=k, sku=sku, name=name, category=category, price=price, q=q, off=off, gross=gross))
        for line in own:
            line.who, line.at, line.void, line.back = who, at, void, back
            line.net, line.total = round(line.gross / 1.19, 2), round(sum(one.gross for one in own), 2)
            line.total_net, line.pieces = round(line.total / 1.19, 2), sum(one.q for one in own)
            line.total_off = round(sum(one.off for one in own), 2)
        lines += own
    return lines


def _cases(people: list[Row], seed: int, count: int = 120) -> list[Row]:
    chance = random.Random(seed)
    cases = []
    for n in range(count):
        at, about = datetime(2024, 2, 1, 9) + timedelta(minutes=chance.randrange(600_000)), chance.randrange(3)
        end = at + timedelta(minutes=chance.randrange(30, 9000))
        cases.append(Row(n=n, who=chance.choice(people), at=at, end=end, about=about, score=chance.randrange(0, 11)))
    return cases


def _sum(lines: Iterable[Row], part: str = "gross") -> float:
    return round(sum(getattr(line, part) for line in lines if not line.void), 2)


def _orders(lines: list[Row]) -> list[Row]:
    return [line for line in lines if line.k == 0]


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _de(number: float) -> str:
    return f"{number:.2f}".replace(".", ",")


def _nothing(row: Row) -> str:
    return ""


def _lightspeed() -> tuple[dict[str, File], float]:
    people = _people(11)
    lines = _lines(people, 12)
    customers: list[Column] = [
        ("id", "", lambda p: f"0adfd74a-{p.hex[:4]}-11e9-{p.hex[4:8]}-{p.hex[:12]}"),
        ("customer_code", "customer_id", lambda p: f"{p.last}-{p.hex[:4].upper()}{p.n}"),
        ("first_name", "first_name", lambda p: p.first),
        ("last_name", "last_name", lambda p: p.last),
        ("company_name", "", _nothing),
        ("email", "email", lambda p: p.email),
        ("phone", "phone", lambda p: p.phone),
        ("date_of_birth", "birth_date", lambda p: f"{p.born:%Y-%m-%d}"),
        ("gender", "gender", lambda p: "F" if p.female else "M"),
        ("customer_group_name", "attribute", lambda p: p.group),
        ("enable_loyalty", "attribute", lambda p: p.n % 3 and 1),
        ("loyalty_balance", None, lambda p: f"{p.n % 40 / 4:.2f}"),
        ("account_balance", "", lambda p: "0.00"),
        ("physical_address1", "street", lambda p: p.street),
        ("physical_city", "city", lambda p: p.city),
        ("physical_postcode", "postal_code", lambda p: p.plz),
        ("physical_state", "region", lambda p: p.region),
        ("physical_country_id", "country", lambda p: "DE"),
        ("do_not_email", "", lambda p: (p.n % 7 == 0 and 1) or 0),
    ]
    code = customers[1][2]
    rows = []
    for line in lines:
        if line.k == 0:
            top = {"q": line.pieces, "gross": line.total, "net": line.total_net, "off": line.total_off}
            rows.append(Row(**vars(line) | {"type": "Sale", "sku": "", "name": ""} | top))
        rows.append(Row(**vars(line) | {"type": "Sale Line"}))
        if line is lines[-1] or lines[lines.index(line) + 1].o != line.o:
            paid = {"type": "Payment", "q": "", "gross": 0.0, "net": 0.0, "off": 0.0, "sku": "", "name": "Card"}
            rows.append(Row(**vars(line) | paid | {"paid": line.total}))
    sales: list[Column] = [
        ("Date", "at", lambda x: _iso(x.at)),
        ("Receipt Number", "order_id", lambda x: 4000 + x.o),
        ("Line Type", "condition", lambda x: x.type),
        ("Customer Code", "customer_id", lambda x: code(x.who)),
        ("Customer Name", "", lambda x: f"{x.who.first} {x.who.last}"),
        ("Quantity", "quantity", lambda x: x.q),
        ("Subtotal", "", lambda x: f"{x.net:.2f}"),
        ("Sales Tax", "", lambda x: f"{x.gross - x.net:.2f}"),
        ("Discount", "discount", lambda x: f"{x.off:.2f}"),
        ("Total", "amount", lambda x: f"{x.gross:.2f}"),
        ("Paid", "", lambda x: f"{getattr(x, 'paid', 0.0):.2f}"),
        ("Details", "", lambda x: x.name),
        ("Register", "", lambda x: "Main Register"),
        ("User", "", lambda x: ["Kim", "Robin"][x.o % 2]),
        ("Status", "condition", lambda x: "VOIDED" if x.void else "CLOSED"),
        ("Sku", "product_id", lambda x: x.sku),
    ]
    files = {"customers.csv": File("customers", people, customers)}
    return files | {"lightspeed_sales.csv": File("transactions", rows, sales)}, _sum(lines)


def _jtl() -> tuple[dict[str, File], float]:
    people = _people(21)
    lines = _lines(people, 22)
    kunden: list[Column] = [
        ("Kundennummer", "customer_id", lambda p: f"KD{10_000 + p.n}"),
        ("Kundengruppe", "attribute", lambda p: ["Endkunden", "Händler"][p.group == "Staff"]),
        ("Anrede", "gender", lambda p: "Frau" if p.female else "Herr"),
        ("Vorname", "first_name", lambda p: p.first),
        ("Nachname", "last_name", lambda p: p.last),
        ("Straße", "street", lambda p: p.street),
        ("PLZ", "postal_code", lambda p: p.plz),
        ("Ort", "city", lambda p: p.city),
        ("Land-ISO", "country", lambda p: "DE"),
        ("Tel", "phone", lambda p: p.phone),
        ("E-Mail", "email", lambda p: p.email),
        ("Geburtstag", "birth_date", lambda p: f"{p.born:%d.%m.%Y}"),
        ("Erstellt am", "signup_date", lambda p: f"{p.made:%d.%m.%Y}"),
        ("Newsletter", "", lambda p: "JN"[p.n % 3 == 0]),
        ("Kundenherkunft", "attribute", lambda p: ["Shop", "Amazon", "eBay"][p.n % 3]),
    ]
    positionen: list[Column] = [
        ("Auftragsnummer", "order_id", lambda x: f"AU{2024_1000 + x.o}"),
        ("Erstelldatum", "at", lambda x: f"{x.at:%d.%m.%Y %H:%M}"),
        ("Kundennummer", "customer_id", lambda x: f"KD{10_000 + x.who.n}"),
        ("Plattform", "channel", lambda x: ["JTL-Shop", "amazon.de"][x.o % 2]),
        ("Zahlungsart", "", lambda x: ["PayPal", "Rechnung"][x.o % 2]),
        ("Auftragsstatus", "condition", lambda x: "Storniert" if x.void else "Versendet"),
        ("Artikelnummer", "product_id", lambda x: x.sku),
        ("Artikelname", "", lambda x: x.name),
        ("Warengruppe", "category", lambda x: x.category),
        ("Menge", "quantity", lambda x: x.q),
        ("VK-Preis netto", "", lambda x: _de(x.price / 1.19)),
        ("VK-Preis brutto", "amount", lambda x: _de(x.price)),
        ("MwSt.-Satz", "", lambda x: "19,00"),
    ]
    whole = round(sum(x.price * x.q for x in lines if not x.void), 2)
    return {
        "kunden.csv": File("customers", people, kunden, ";", "cp1252"),
        "auftragspositionen.csv": File("transactions", lines, positionen, ";", "cp1252"),
    }, whole


def _lexware() -> tuple[dict[str, File], float]:
    people = _people(31)
    orders = _orders(_lines(people, 32))
    kontakte: list[Column] = [
        ("Kundennummer", "customer_id", lambda p: 10_001 + p.n),
        ("Anrede", "gender", lambda p: "Frau" if p.female else "Herr"),
        ("Vorname", "first_name", lambda p: p.first),
        ("Nachname", "last_name", lambda p: p.last),
        ("Straße / Hausnummer", "street", lambda p: p.street),
        ("Postleitzahl", "postal_code", lambda p: p.plz),
        ("Ort", "city", lambda p: p.city),
        ("Land", "country", lambda p: "Deutschland"),
        ("E-Mail 1", "email", lambda p: p.email),
        ("Telefon 1", "phone", lambda p: p.phone),
        ("Notizen", "", _nothing),
    ]
    rechnungen: list[Column] = [
        ("Belegart", "amount", lambda x: "Rechnungskorrektur" if x.back else "Rechnung"),
        ("Belegnummer", "order_id", lambda x: f"{'RK' if x.back else 'RE'}{1000 + x.o}"),
        ("Belegdatum", "at", lambda x: f"{x.at:%d.%m.%Y}"),
        ("Fälligkeitsdatum", "", lambda x: f"{x.at + timedelta(14):%d.%m.%Y}"),
        ("Kundennummer", "customer_id", lambda x: 10_001 + x.who.n),
        ("Kunde", "", lambda x: f"{x.who.first} {x.who.last}"),
        ("Nettobetrag", "", lambda x: _de(x.total_net)),
        ("Umsatzsteuer", "", lambda x: _de(x.total - x.total_net)),
        ("Bruttobetrag", "amount", lambda x: _de(x.total)),
        ("Währung", "", lambda x: "EUR"),
        ("Belegstatus", "condition", lambda x: "storniert" if x.void else ["bezahlt", "offen"][x.o % 5 == 0]),
    ]
    empfaenger: list[Column] = [
        ("E-Mail", "email", lambda p: p.email),
        ("Registriert", "signup_date", lambda p: f"{p.made:%d.%m.%Y %H:%M}"),
        ("Aktiviert", "", lambda p: f"{p.made + timedelta(hours=1):%d.%m.%Y %H:%M}"),
        ("Deaktiviert", "", _nothing),
        ("Quelle", "attribute", lambda p: ["Formular", "Import", "API"][p.n % 3]),
        ("Vorname", "first_name", lambda p: p.first),
        ("Nachname", "last_name", lambda p: p.last),
    ]
    report: list[Column] = [
        ("Mailing", "campaign", lambda x: f"Newsletter {x.n % 4 + 1}/2024"),
        ("Versendet", "at", lambda x: f"{datetime(2024, 3, 1) + timedelta(30 * (x.n % 4)):%d.%m.%Y %H:%M}"),
        ("E-Mail", "email", lambda x: x.who.email),
        ("Geöffnet", "", lambda x: ["nein", "ja"][x.score > 3]),
        ("Geklickt", "responded", lambda x: ["nein", "ja"][x.score > 7]),
        ("Bounce", "", lambda x: "nein"),
    ]
    total = round(sum(-x.total if x.back else x.total for x in orders if not x.void), 2)
    return {
        "lexware_kontakte.csv": File("customers", people, kontakte, ";"),
        "rechnungen.csv": File("transactions", orders, rechnungen, ";"),
        "cleverreach_empfaenger.csv": File("customers", people[:90], empfaenger, ";"),
        "cleverreach_report.csv": File("campaigns", _cases(people[:90], 33), report, ";"),
    }, total


def _shopware() -> tuple[dict[str, File], float]:
    people = _people(41)
    orders = _orders(_lines(people, 42))
    customer: list[Column] = [
        ("id", "customer_id", lambda p: p.hex + f"{p.n:016x}"),
        ("salutation_key", "gender", lambda p: "mrs" if p.female else "mr"),
        ("customer_number", "", lambda p: 10_000 + p.n),
        ("first_name", "first_name", lambda p: p.first),
        ("last_name", "last_name", lambda p: p.last),
        ("email", "email", lambda p: p.email),
        ("active", None, lambda p: 1),
        ("guest", None, lambda p: int(p.n % 9 == 0)),
        ("customer_group", "attribute", lambda p: p.group),
        ("birthday", "birth_date", lambda p: f"{p.born:%Y-%m-%d}"),
        ("default_billing_address_street", "street", lambda p: p.street),
        ("default_billing_address_zipcode", "postal_code", lambda p: p.plz),
        ("default_billing_address_city", "city", lambda p: p.city),
        ("default_billing_address_country", "country", lambda p: "DE"),
        ("created_at", "signup_date", lambda p: f"{p.made:%Y-%m-%dT%H:%M:%S+00:00}"),
    ]
    order: list[Column] = [
        ("order_number", "order_id", lambda x: 20_000 + x.o),
        ("order_date_time", "at", lambda x: f"{x.at:%Y-%m-%dT%H:%M:%S+00:00}"),
        ("order_customer_id", "customer_id", lambda x: x.who.hex + f"{x.who.n:016x}"),
        ("order_customer_email", "", lambda x: x.who.email),
        ("amount_net", "", lambda x: f"{x.total_net:.2f}"),
        ("amount_total", "amount", lambda x: f"{x.total:.2f}"),
        ("position_price", "", lambda x: f"{x.total - 4.9:.2f}"),
        ("shipping_total", "", lambda x: "4.90"),
        ("tax_status", "", lambda x: "gross"),
        ("currency_iso_code", "", lambda x: "EUR"),
        ("order_state", "condition", lambda x: "cancelled" if x.void else "completed"),
        ("sales_channel_name", "channel", lambda x: ["Storefront", "POS"][x.o % 2]),
    ]
    files = {"customer.csv": File("customers", people, customer, ";")}
    return files | {"order.csv": File("transactions", orders, order, ";")}, _sum(orders, "total")


def _recharge() -> tuple[dict[str, File], float]:
    people = _people(51)
    orders = _orders(_lines(people, 52))
    customers: list[Column] = [
        ("customer_id", "customer_id", lambda p: 7_100_000 + p.n * 13),
        ("shopify_customer_id", "", lambda p: 55_512_300_000 + p.n),
        ("email", "email", lambda p: p.email),
        ("created_at", "signup_date", lambda p: f"{p.made:%Y-%m-%dT%H:%M:%S}"),
        ("first_name", "first_name", lambda p: p.first),
        ("last_name", "last_name", lambda p: p.last),
        ("billing_address_1", "street", lambda p: p.street),
        ("billing_address_city", "city", lambda p: p.city),
        ("billing_address_zip", "postal_code", lambda p: p.plz),
        ("billing_address_country", "country", lambda p: "Germany"),
        ("subscriptions_active_count", "attribute", lambda p: p.n % 3),
        ("has_valid_payment_method", "attribute", lambda p: ["true", "false"][p.n % 8 == 0]),
    ]
    charges: list[Column] = [
        ("charge_id", "order_id", lambda x: 880_000 + x.o),
        ("customer_id", "customer_id", lambda x: 7_100_000 + x.who.n * 13),
        ("email", "", lambda x: x.who.email),
        ("processed_at", "at", lambda x: f"{x.at:%Y-%m-%dT%H:%M:%S}"),
        ("type", None, lambda x: ["RECURRING", "CHECKOUT"][x.o % 2]),
        ("status", "condition", lambda x: "ERROR" if x.void else "SUCCESS"),
        ("line_items_price", "", lambda x: f"{x.total_net:.2f}"),
        ("tax_amount", "", lambda x: f"{x.total - x.total_net:.2f}"),
        ("total_price", "amount", lambda x: f"{x.total:.2f}"),
        ("total_refunds", "amount", lambda x: f"{x.total if x.back else 0:.2f}"),
        ("currency", "", lambda x: "EUR"),
    ]
    tickets: list[Column] = [
        ("Ticket id", "", lambda x: 9_000_000 + x.n * 7),
        ("Subject", "text", lambda x: ["Late", "Broken", "Money back"][x.about]),
        ("Status", "", lambda x: "closed"),
        ("Channel", "channel", lambda x: ["email", "chat", "instagram-direct-message"][x.n % 3]),
        ("Creation date", "opened_at", lambda x: _iso(x.at)),
        ("Closed date", "closed_at", lambda x: _iso(x.end)),
        ("Customer email", "email", lambda x: x.who.email),
        ("Customer name", "", lambda x: f"{x.who.first} {x.who.last}"),
        ("Assignee name", "", lambda x: ["Kim", "Robin"][x.n % 2]),
        ("Contact reason", "category", lambda x: f"{REASONS[x.about]}::Other"),
        ("Messages count", "", lambda x: x.n % 6 + 1),
        ("First message content", "text", lambda x: SAID[x.about] + f" (order {x.n})"),
    ]
    total = round(sum(x.total for x in orders if not x.void and not x.back), 2)
    return {
        "recharge_customers.csv": File("customers", people, customers),
        "recharge_charges.csv": File("transactions", orders, charges),
        "gorgias_tickets.csv": File("tickets", _cases(people, 53), tickets),
    }, total


def _chargebee() -> tuple[dict[str, File], float]:
    people = _people(61)
    orders = _orders(_lines(people, 62))
    customers: list[Column] = [
        ("Customer Id", "customer_id", lambda p: f"AzZ{p.hex[:9]}{p.n}"),
        ("First Name", "first_name", lambda p: p.first),
        ("Last Name", "last_name", lambda p: p.last),
        ("Email", "email", lambda p: p.email),
        ("Phone", "phone", lambda p: p.phone),
        ("Company", "", _nothing),
        ("Auto Collection", "attribute", lambda p: ["On", "Off"][p.n % 5 == 0]),
        ("Created At", "signup_date", lambda p: f"{p.made:%d-%b-%Y %H:%M}"),
        ("Billing Address Line1", "street", lambda p: p.street),
        ("Billing City", "city", lambda p: p.city),
        ("Billing Zip", "postal_code", lambda p: p.plz),
        ("Billing Country", "country", lambda p: "DE"),
        ("Preferred Currency Code", "", lambda p: "EUR"),
    ]
    invoices: list[Column] = [
        ("Invoice Number", "order_id", lambda x: 3000 + x.o),
        ("Subscription Id", "", lambda x: f"Sub{x.who.hex[:8]}"),
        ("Customer Id", "customer_id", lambda x: f"AzZ{x.who.hex[:9]}{x.who.n}"),
        ("Status", "condition", lambda x: "Voided" if x.void else "Paid"),
        ("Invoice Date", "at", lambda x: f"{x.at:%d-%b-%Y %H:%M}"),
        ("Due Date", "", lambda x: f"{x.at + timedelta(14):%d-%b-%Y %H:%M}"),
        ("Sub Total", "", lambda x: f"{x.total_net:.2f}"),
        ("Tax Total", "", lambda x: f"{x.total - x.total_net:.2f}"),
        ("Invoice Amount", "amount", lambda x: f"{x.total:.2f}"),
        ("Amount Paid", "", lambda x: f"{0 if x.void else x.total:.2f}"),
        ("Amount Due", "", lambda x: "0.00"),
        ("Currency Code", "", lambda x: "EUR"),
    ]
    answers: list[Column] = [
        ("Response ID", "", lambda x: 445_000_000 + x.n),
        ("Survey type", "metric", lambda x: "NPS"),
        ("Score", "score", lambda x: x.score),
        ("Comment", "text", lambda x: SAID[x.about] if x.n % 3 else ""),
        ("Response time", "at", lambda x: _iso(x.at)),
        ("Person ID", "", lambda x: 990_000 + x.who.n),
        ("Person email", "email", lambda x: x.who.email),
        ("Person name", "", lambda x: f"{x.who.first} {x.who.last}"),
        ("Tags", "", _nothing),
        ("Permalink", "", lambda x: f"https://delighted.com/r/{x.n}x"),
    ]
    return {
        "Customers.csv": File("customers", people, customers),
        "Invoices.csv": File("transactions", orders, invoices),
        "delighted_responses.csv": File("feedback", _cases(people, 63), answers),
    }, _sum(orders, "total")


def _eventbrite() -> tuple[dict[str, File], float]:
    people = _people(71)
    orders = _orders(_lines(people, 72))
    contacts: list[Column] = [
        ("CONTACT ID", "", lambda p: p.n + 1),
        ("EMAIL", "email", lambda p: p.email),
        ("FIRSTNAME", "first_name", lambda p: p.first),
        ("LASTNAME", "last_name", lambda p: p.last),
        ("SMS", "phone", lambda p: p.phone.replace(" ", "")),
        ("CITY", "city", lambda p: p.city),
        ("DATE_OF_BIRTH", "birth_date", lambda p: f"{p.born:%d-%m-%Y}"),
        ("EMAIL_BLACKLISTED", "", lambda p: ["No", "Yes"][p.n % 9 == 0]),
        ("ADDED_TIME", "signup_date", lambda p: f"{p.made:%d-%m-%Y %H:%M:%S}"),
        ("MODIFIED_TIME", None, lambda p: f"{p.made:%d-%m-%Y %H:%M:%S}"),
    ]
    sold: list[Column] = [
        ("Order ID", "order_id", lambda x: 7_700_000_000 + x.o * 31),
        ("Order date", "at", lambda x: _iso(x.at)),
        ("Order status", "condition", lambda x: "Cancelled" if x.void else "Completed"),
        ("Buyer first name", "", lambda x: x.who.first),
        ("Buyer last name", "", lambda x: x.who.last),
        ("Buyer email", "email", lambda x: x.who.email),
        ("Event name", "category", lambda x: x.category),
        ("Event ID", "product_id", lambda x: 41_000_000 + len(x.category)),
        ("Ticket quantity", "quantity", lambda x: x.pieces),
        ("Currency", "", lambda x: "EUR"),
        ("Gross sales", "amount", lambda x: f"{x.total:.2f}"),
        ("Eventbrite fees", "", lambda x: f"{x.total * 0.069:.2f}"),
        ("Tax", "", lambda x: f"{x.total - x.total_net:.2f}"),
        ("Net sales", "", lambda x: f"{x.total_net - round(x.total * 0.069, 2):.2f}"),
        ("Payment type", "", lambda x: ["Card", "PayPal"][x.o % 2]),
    ]
    return {
        "brevo_contacts.csv": File("customers", people, contacts),
        "eventbrite_orders.csv": File("transactions", orders, sold),
    }, _sum(orders, "total")


def _central() -> tuple[dict[str, File], float]:
    people = _people(81)
    lines = _lines(people, 82)
    customers: list[Column] = [
        ("No.", "customer_id", lambda p: f"D{10_000 + p.n * 10}"),
        ("Name", "company", lambda p: p.firm),
        ("Contact", None, lambda p: f"{p.first} {p.last}"),
        ("Address", "street", lambda p: p.street),
        ("Post Code", "postal_code", lambda p: p.plz),
        ("City", "city", lambda p: p.city),
        ("Country/Region Code", "country", lambda p: "DE"),
        ("Phone No.", "phone", lambda p: p.phone),
        ("Email", "email", lambda p: p.email),
        ("Salesperson Code", "attribute", lambda p: ["JR", "PS", "MD"][p.n % 3]),
        ("Customer Posting Group", "attribute", lambda p: ["DOMESTIC", "EU"][p.n % 4 == 0]),
        ("Balance (LCY)", "", lambda p: f"{p.n * 17.35:.2f}"),
        ("Last Date Modified", None, lambda p: f"{p.made:%Y-%m-%d}"),
    ]
    invoiced: list[Column] = [
        ("Document No.", "order_id", lambda x: f"103{1000 + x.o}"),
        ("Line No.", "", lambda x: 10_000 * (x.k + 1)),
        ("Posting Date", "at", lambda x: f"{x.at:%Y-%m-%d}"),
        ("Sell-to Customer No.", "customer_id", lambda x: f"D{10_000 + x.who.n * 10}"),
        ("Type", "", lambda x: "Item"),
        ("No.", "product_id", lambda x: x.sku),
        ("Description", "", lambda x: x.name),
        ("Item Category Code", "category", lambda x: x.category.upper()),
        ("Quantity", "quantity", lambda x: x.q),
        ("Unit of Measure Code", "", lambda x: "PCS"),
        ("Unit Price Excl. VAT", "", lambda x: f"{x.price / 1.19:.2f}"),
        ("Line Discount %", None, lambda x: 10 if x.off else 0),
        ("Amount", None, lambda x: f"{x.net:.2f}"),
        ("Amount Including VAT", None, lambda x: f"{x.gross:.2f}"),
    ]
    for line in lines:
        line.void = False
    tickets: list[Column] = [
        ("Ticket Id", "", lambda x: 3_000_000 + x.n),
        ("Account Name", "key", lambda x: x.who.firm),
        ("Contact Name", "", lambda x: f"{x.who.first} {x.who.last}"),
        ("Subject", None, lambda x: ["Late", "Broken", "Credit"][x.about]),
        ("Description", "text", lambda x: SAID[x.about] + f" (case {x.n})"),
        ("Mode", "channel", lambda x: ["Email", "Phone", "Web"][x.n % 3]),
        ("Ticket Status", "", lambda x: "Closed"),
        ("Created Time (Ticket)", "opened_at", lambda x: _iso(x.at)),
        ("Ticket Closed Time", "closed_at", lambda x: _iso(x.end)),
        ("Classifications", "category", lambda x: REASONS[x.about]),
        ("Ticket Owner", "", lambda x: ["Kim", "Robin"][x.n % 2]),
    ]
    return {
        "Customers.csv": File("customers", people, customers),
        "Posted Sales Invoice Lines.csv": File("transactions", lines, invoiced),
        "zoho_desk_tickets.csv": File("tickets", _cases(people, 83), tickets),
    }, _sum(lines)


SETS = {
    "lightspeed": _lightspeed,
    "jtl": _jtl,
    "lexware_cleverreach": _lexware,
    "shopware": _shopware,
    "recharge_gorgias": _recharge,
    "chargebee_delighted": _chargebee,
    "eventbrite_brevo": _eventbrite,
    "business_central_zoho_desk": _central,
}


def make(name: str, folder: Path) -> tuple[dict[str, File], float]:
    """Write the exports of a set into a folder; its files with what they mean, and its sales."""
    files, sales = SETS[name]()
    folder.mkdir(parents=True, exist_ok=True)
    for file, of in files.items():
        with (folder / file).open("w", newline="", encoding=of.encoding) as out:
            writer = csv.writer(out, delimiter=of.delimiter)
            writer.writerow([heading for heading, _, _ in of.columns])
            writer.writerows([[cells(row) for _, _, cells in of.columns] for row in of.rows])
    return files, sales
