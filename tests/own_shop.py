"""The exports of an invented shop as Shopify, HubSpot, Zendesk and SurveyMonkey write them, and what they add up to."""

from __future__ import annotations

import csv
import json
import random
from datetime import datetime, timedelta
from pathlib import Path

FIRST = ["Ada", "Bela", "Cem", "Dora", "Egon", "Fina", "Gero", "Hilke", "Ivo", "Jule", "Kolja", "Lore", "Milo", "Nele"]
LAST = ["Auental", "Brandt", "Cordes", "Dahl", "Ebert", "Funke", "Greve", "Hansen", "Ihde", "Jansen", "Kern", "Lorenz"]
GOODS = [("Rain jacket", 89.90), ("Tent Alva", 249.00), ("Trail boots", 139.50), ("Trail map", 12.80)]
TEXTS = ["The parcel came two weeks late", "The zip broke after a week", "Where is my refund?", "The size does not fit"]
REASONS = ["delivery", "quality", "refund", "size"]
COMMENTS = ["Delivery took too long", "Very friendly staff", "Nice boots, good price", "The site is confusing", ""]
SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Total,Discount Amount,Created at,Lineitem quantity,"
    "Lineitem name,Lineitem price,Lineitem sku,Refunded Amount,Source"
)
HUBSPOT = (
    "Record ID,First Name,Last Name,Email,City,Postal Code,Country/Region,Date of birth,Gender,Interests,"
    "Lifecycle Stage,Create Date,Consent to analysis"
)
SURVEY = ["Respondent ID", "Collector ID", "Start Date", "End Date", "Email Address"]
RECOMMEND = "How likely is it that you would recommend us to a friend or colleague?"


def make_exports(folder: Path, customers: int = 240, seed: int = 1) -> dict[str, float]:
    """Write four files into a folder; what a report of them has to say: customers, orders, sales, tickets, nps."""
    chance, folder = random.Random(seed), Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    people, orders, tickets, answers = [], [], [], []
    truth = dict.fromkeys(("customers", "orders", "sales", "tickets", "answers", "score"), 0.0)

    def moment() -> datetime:
        return datetime(2023, 7, 1) + timedelta(minutes=chance.randrange(730 * 24 * 60))

    for number in range(customers):
        first, last = FIRST[number % len(FIRST)], LAST[number // len(FIRST) % len(LAST)]
        email, agreed = f"{first}.{last}.{number}@example.org".lower(), number % 10 != 7
        truth["customers"] += agreed
        likes = ";".join(sorted(chance.sample(["Hiking", "Climbing", "Camping"], chance.randrange(3))))
        born = f"{chance.randrange(1950, 2004)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
        where = chance.choice([("Jena", "07743"), ("Trier", "54290"), ("Fulda", "36037")])
        people.append(
            [
                *(90_000_000 + number, first, last, email, *where, "Germany", born, chance.choice(["female", "male"])),
                *(likes, chance.choice(["customer", "lead"]), "2023-01-01 00:00", "Yes" if agreed else "No"),
            ]
        )
        for _ in range(chance.choice([1, 1, 2, 3, 5])):
            at, name = moment(), f"#{1001 + len({row[0] for row in orders})}"
            lines = [(chance.randrange(4), chance.choice([1, 1, 2])) for _ in range(chance.choice([1, 2, 3]))]
            total = sum(GOODS[good][1] * pieces for good, pieces in lines)
            off = round(total / 10, 2) if chance.random() < 0.2 else 0.0
            total = round(total - off, 2)
            refunded = total if chance.random() < 0.08 else 0.0
            for line, (good, pieces) in enumerate(lines):
                title, price = GOODS[good]
                sums = [f"{total:.2f}", "4.90", f"{total + 4.9:.2f}", f"{off:.2f}"]
                paid = ["paid", f"{at:%Y-%m-%d %H:%M:%S +0200}", "EUR", *sums]
                paid = paid if line == 0 else [""] * 7
                made = f"{at:%Y-%m-%d %H:%M:%S +0200}"
                sku = f"SKU-{good}{line}"
                back = f"{refunded:.2f}" if line == 0 else ""
                orders.append([name, email, *paid, made, pieces, title, f"{price:.2f}", sku, back, "web"])
            truth["orders"] += agreed
            truth["sales"] += (total - refunded) * agreed
        for _ in range(chance.choice([0, 0, 1, 2])):
            at, reason = moment(), chance.randrange(4)
            requester = {"id": 7_000 + number, "email": email}
            fields = [{"id": 360001, "value": REASONS[reason]}, {"id": 360002, "value": None}]
            solved = f"{at + timedelta(hours=chance.randrange(1, 90)):%Y-%m-%dT%H:%M:%SZ}"
            about = {"via": {"channel": chance.choice(["email", "web", "chat"])}, "description": TEXTS[reason]}
            ticket = {"id": 5_000 + len(tickets), "requester": requester, "created_at": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
            tickets.append(ticket | {"solved_at": solved, **about, "custom_fields": fields})
            truth["tickets"] += agreed
        if number % 4 != 3:
            at, score = moment(), chance.randrange(3, 11)
            said = f"{at:%m/%d/%Y %I:%M:%S %p}"
            answers.append([11_844_000 + number, 438121, said, said, email, score, chance.choice(COMMENTS)])
            truth["answers"] += agreed
            truth["score"] += score * agreed
    table(folder / "orders_export.csv", [SHOPIFY.split(","), *orders])
    table(folder / "hubspot_contacts.csv", [HUBSPOT.split(","), *people])
    second = ["", "", "", "", "", "", "Open-Ended Response"]
    table(
        folder / "nps_surveymonkey.csv",
        [[*SURVEY, RECOMMEND, "What is the main reason for your score?"], second, *answers],
    )
    (folder / "zendesk_tickets.json").write_text(json.dumps(tickets, indent=1), encoding="utf-8")
    return truth


def table(path: Path, rows: list[list]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
