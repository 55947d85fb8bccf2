"""The exports of two invented firms, one with contracts and one that sells to firms, and what they add up to."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path

from own_shop import FIRST, LAST, table

CONTRACTS = [
    "Customer Number",
    "First Name",
    "Last Name",
    "Email",
    "Date of Birth",
    "ZIP Code",
    "City",
    "Tariff",
    "Contract Start",
    "Tenure Months",
    "Monthly Fee",
    "Status",
    "Cancellation Reason",
    "Consent to analysis",
]
CALLS = ["Call ID", "Customer Number", "Call Start", "Call End", "Call Reason", "Notes"]
SATISFACTION = ["Response ID", "Submit Date (UTC)", "Customer Number", "How satisfied are you with us?", "Comment"]
ACCOUNT = [
    "Id",
    "IsDeleted",
    "Name",
    "Type",
    "BillingStreet",
    "BillingCity",
    "BillingPostalCode",
    "BillingCountry",
    "Website",
    "Industry",
    "NumberOfEmployees",
    "CreatedDate",
]
CONTACT = ["Id", "AccountId", "LastName", "FirstName", "Email", "Title", "HasOptedOutOfEmail", "CreatedDate"]
OPPORTUNITY = ["Id", "AccountId", "Name", "StageName", "Amount", "Probability", "CloseDate", "Type", "CreatedDate"]
CASE = ["Id", "CaseNumber", "ContactId", "AccountId", "Reason", "Origin", "Description", "ClosedDate", "CreatedDate"]
LEAD = ["Lead ID", "Lead Status", "Company", "Industry", "City", "Created Date", "Converted Date"]
NOTES = ["The bill has an amount that nobody can explain", "No connection since Monday, and nobody calls back"]
AS_OF = datetime(2025, 6, 30)


def make_contracts(folder: Path, customers: int = 260, seed: int = 2) -> dict[str, float]:
    """Customers with a tariff of which some have left, their calls and answers; what a report of them has to say."""
    chance = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    people, calls, answers = [], [], []
    truth = dict.fromkeys(("customers", "tickets", "answers", "left", "fees"), 0.0)
    for number in range(customers):
        first, last = FIRST[number % len(FIRST)], LAST[number // len(FIRST) % len(LAST)]
        tariff, fee = chance.choice([("S", 9.99), ("M", 19.99), ("L", 39.99)])
        start = datetime(2021, 1, 1) + timedelta(days=chance.randrange(1500))
        left, agreed = chance.random() < (0.35 if tariff == "L" else 0.15), number % 10 != 7
        months = (AS_OF - start).days // 30 if not left else chance.randrange(1, (AS_OF - start).days // 30)
        born = f"{chance.randrange(13, 29)}/{chance.randrange(1, 13):02}/{chance.randrange(1950, 2004)}"
        city = chance.choice([("07743", "Jena"), ("54290", "Trier"), ("36037", "Fulda")])
        status = ("Cancelled", chance.choice(["Price", "Moved", "Coverage"])) if left else ("Active", "")
        people.append(
            [
                *(f"V{number + 70_000}", first, last, f"{first}.{last}.{number}@example.org".lower(), born, *city),
                *(tariff, f"{start:%d/%m/%Y}", months, f"{fee:.2f}", *status, "Yes" if agreed else "No"),
            ]
        )
        truth["customers"] += agreed
        truth["left"] += left and agreed
        truth["fees"] += fee * agreed
        for _ in range(chance.choice([0, 0, 1, 2])):
            begun = datetime(2024, 7, 1) + timedelta(minutes=chance.randrange(360 * 24 * 60))
            when = (f"{moment:%d/%m/%Y %H:%M}" for moment in (begun, begun + timedelta(minutes=9)))
            reason = chance.randrange(2)
            calls.append([len(calls), people[-1][0], *when, ("bill", "outage")[reason], NOTES[reason]])
            truth["tickets"] += agreed
        if number % 3:
            given = f"{datetime(2025, 3, 1) + timedelta(days=chance.randrange(100)):%Y-%m-%d} 10:00:00"
            answers.append([f"r{number}", given, people[-1][0], chance.randrange(1, 6), chance.choice([*NOTES, ""])])
            truth["answers"] += agreed
    table(folder / "contracts.csv", [CONTRACTS, *people])
    table(folder / "call_center_calls.csv", [CALLS, *calls])
    table(folder / "satisfaction_survey.csv", [SATISFACTION, *answers])
    return truth


def make_sales(folder: Path, firms: int = 120, seed: int = 3) -> dict[str, float]:
    """Accounts, contacts, opportunities, cases and leads; what a report of them has to say."""
    chance = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    accounts, contacts, deals, cases, leads = [], [], [], [], []
    truth = dict.fromkeys(("customers", "orders", "spend", "tickets", "leads", "won_leads"), 0.0)

    def stamp(moment: datetime) -> str:
        return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"

    def moment() -> datetime:
        return datetime(2023, 7, 1) + timedelta(minutes=chance.randrange(690 * 24 * 60))

    for number in range(firms):
        first, last = FIRST[number % len(FIRST)], LAST[number // len(FIRST) % len(LAST)]
        name, site, key = f"{last}{first.lower()}bau GmbH", f"{last}{first}".lower(), f"0015g{number:010}AAA"
        city = chance.choice([("Jena", "07743"), ("Trier", "54290"), ("Fulda", "36037")])
        about = (f"https://www.{site}.example", chance.choice(["Construction", "Retail", "Food"]), 10 + number % 90)
        born = stamp(datetime(2023, 1, 1) + timedelta(days=number))
        accounts.append([key, "false", name, "Customer", f"Hauptstr. {number}", *city, "Germany", *about, born])
        truth["customers"] += 1
        for person in range(chance.choice([1, 2])):
            mail = f"{first}.{person}@{site}.example".lower()
            contact = f"0035g{number * 2 + person:010}AAA"
            contacts.append([contact, key, last, first, mail, chance.choice(["Buyer", "CEO"]), "false", born])
        for _ in range(chance.choice([1, 2, 4])):
            stage, worth, begun = (
                chance.choice(["Closed Won", "Closed Lost", "Proposal"]),
                chance.randrange(5, 200),
                moment(),
            )
            closed = f"{begun + timedelta(days=chance.randrange(1, 30)):%Y-%m-%d}"
            deal = f"0065g{len(deals):010}AAA"
            row = [deal, key, f"{name} - licences", stage, f"{worth * 100}.0", 50, closed, "New Business", stamp(begun)]
            deals.append(row)
            truth["orders"] += stage == "Closed Won"
            truth["spend"] += worth * 100 * (stage == "Closed Won")
        for _ in range(chance.choice([0, 1, 2])):
            begun, reason = moment(), chance.choice(["Installation", "Breakdown"])
            ends = (stamp(begun + timedelta(hours=30)), stamp(begun))
            ticket = [f"5005g{len(cases):010}AAA", f"{len(cases):08}", contact, key, reason]
            cases.append([*ticket, chance.choice(["Phone", "Web"]), chance.choice(NOTES), *ends])
            truth["tickets"] += 1
        begun, won = moment(), number % 3 == 0
        then = f"{begun + timedelta(days=20):%Y-%m-%d}" if won else ""
        lead = [f"00Q5g{number:010}AAA", "Converted" if won else "Open", f"{last} Neu AG {number}", about[1], city[0]]
        leads.append([*lead, f"{begun:%Y-%m-%d}", then])
        truth["leads"] += 1
        truth["won_leads"] += won
    table(folder / "Account.csv", [ACCOUNT, *accounts])
    table(folder / "Contact.csv", [CONTACT, *contacts])
    table(folder / "Opportunity.csv", [OPPORTUNITY, *deals])
    table(folder / "Case.csv", [CASE, *cases])
    table(folder / "Leads.csv", [LEAD, *leads])
    return truth
