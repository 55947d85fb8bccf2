"""The demo company's folder: raw exports, dataset.yaml and the truth about them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from . import affinity, behaviour, firm_records, firm_truth, leavers, prospects, sheets, voices, voucher
from .exports import Csv, Excel, JsonLines, Parquet, Writer
from .firm_sheets import firm_sheets
from .firms import make_contacts, make_firms
from .people import make_people
from .plan import FOLDER, Plan, load_plan
from .records import crm_records, shop_records
from .references import references
from .references import truth as area_truth
from .truth import TABLES, TruthBook

BLOCK = 25_000  # customers made at a time: memory stays bounded, whatever the size of the company
ORDERS_PER_BLOCK = 500_000  # order numbers set aside for each block


@dataclass(frozen=True)
class Kind:
    """What differs between a company whose customers are persons and one whose customers are firms.

    Parameters
    ----------
    customers : int
        How many there are unless somebody says otherwise.
    make : callable
        Makes everything about a block of customers, by name of the table.
    sheets : callable
        The raw files of a block: name, rows, and the columns in which a cell may be broken.
    truth : callable
        The truth tables of a block.
    tables : tuple of str
        Names of the truth tables.
    writers : callable
        A writer for each raw file.
    dataset : str
        The dataset.yaml.
    beside : tuple of str
        Files that a person of the company keeps beside it.
    """

    customers: int
    make: Callable[..., dict[str, pd.DataFrame]]
    sheets: Callable[..., Iterator[sheets.Sheet]]
    truth: Callable[..., Iterator[tuple[str, pd.DataFrame]]]
    tables: tuple[str, ...]
    writers: Callable[[Path], dict[str, Writer]]
    dataset: str
    beside: tuple[str, ...] = ()


def make_company(
    out: Path,
    customers: int | None = None,
    seed: int = 1,
    null: bool = False,
    kind: Literal["b2c", "b2b"] = "b2c",
    called: str | None = None,
) -> Path:
    """Write the exports of an invented company, with known truth.

    Parameters
    ----------
    out : Path
        Folder for ``dataset.yaml``, ``raw/``, ``truth.json`` and ``truth/``. Earlier exports in it are replaced.
    customers : int, optional
        Number of different persons or firms; all other volumes follow from it. Otherwise 2,000 persons or 400 firms.
    seed : int
        The same seed and size give the same bytes.
    null : bool
        Make a company of the same size and formats in which nothing depends on anything.
    kind : {"b2c", "b2b"}
        An outdoor shop with persons as customers, or a maker of laboratory equipment with firms.
    called : str, optional
        Short name in the ``dataset.yaml``, which its reports go by.

    Returns
    -------
    Path
        The ``dataset.yaml``.
    """
    out, of_kind = Path(out), KINDS[kind]
    customers = of_kind.customers if customers is None else customers
    plan = load_plan(null, kind)
    for folder in (out / "raw", out / "truth"):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    book, spent = TruthBook(plan, of_kind.tables), []
    with ExitStack() as stack:
        writers = {name: stack.enter_context(closing(writer)) for name, writer in of_kind.writers(out / "raw").items()}
        truths = {name: Parquet(out / "truth" / f"{name}.parquet") for name in of_kind.tables}
        for writer in truths.values():
            stack.enter_context(closing(writer))
        for block, first in enumerate(range(0, customers, BLOCK)):
            rng = np.random.default_rng([seed, block])
            made = of_kind.make(rng, plan, first, min(BLOCK, customers - first), block, seed)
            for name, rows in _raw(rng, plan, of_kind.sheets(rng, plan, made), book):
                writers[name].append(rows)
            if kind == "b2c":
                email = sheets.addresses_on_file(made["people"], made["crm"], made["shop"])
                writers["gutschein.csv"].append(voucher.voucher(plan, made["people"], email, seed, block))
            for name, rows in of_kind.truth(plan, made, book):
                truths[name].append(rows)
            spent.append(made["lines"].groupby("person")["amount"].sum().to_numpy())
        for name, rows in references(plan):
            writers[name].append(rows)
        writers["interessenten.csv"].append(prospects.prospects(plan, customers, seed))
        extra: dict[str, Any] = {"prospects": prospects.truth(plan)}
        if kind == "b2c":
            extra |= {"voucher": voucher.truth(plan)}
            extra |= {"affinity": affinity.truth(plan), "leavers": leavers.truth(plan), "potential": area_truth(plan)}
    if kind == "b2b":
        extra["concentration"] = firm_truth.concentration(np.concatenate(spent))
    book.save(out / "truth.json", customers=customers, seed=seed, **extra)
    for name in of_kind.beside:
        shutil.copyfile(FOLDER / name, out / name)
    text = (FOLDER / of_kind.dataset).read_text(encoding="utf-8")
    if called:
        text = re.sub(r"^name: \w+$", f"name: {called}", text, count=1, flags=re.MULTILINE)
    (out / "dataset.yaml").write_text(text, encoding="utf-8")
    return out / "dataset.yaml"


def _make_block(
    rng: np.random.Generator, plan: Plan, first: int, n: int, block: int, seed: int
) -> dict[str, pd.DataFrame]:
    """Everything about `n` customers, by name of the table; ``person`` links them."""
    people = make_people(rng, plan, first, n)
    if first == 0:
        _add_person_named_null(people)
    crm, shop = crm_records(rng, plan, people), shop_records(rng, plan, people)
    lines = behaviour.order_lines(rng, plan, people, 100_000_000 + block * ORDERS_PER_BLOCK)
    lines = affinity.planted(plan, people, lines, seed, block)
    people = people.join(behaviour.habits(plan, people, lines))
    cases, left = voices.tickets(rng, plan, people), leavers.left(plan, people, seed, block)
    return {
        "people": people,
        "crm": crm,
        "shop": shop,
        "lines": leavers.before(lines, left),
        "visits": leavers.before(behaviour.visits(rng, plan, people), left),
        "letters": behaviour.newsletters(rng, plan, people),
        "tickets": cases,
        "answers": voices.answers(rng, plan, people, cases),
        "reviews": voices.reviews(rng, plan, people, cases),
    }


def _make_firm_block(
    rng: np.random.Generator, plan: Plan, first: int, n: int, block: int, seed: int
) -> dict[str, pd.DataFrame]:
    """Everything about `n` firms; ``person`` links firms to orders, and contacts to what contacts do and say."""
    firms = make_firms(rng, plan, first, n)
    crm, erp = firm_records.crm_accounts(rng, plan, firms), firm_records.erp_accounts(rng, plan, firms)
    lines = behaviour.order_lines(rng, plan, firms, 100_000_000 + block * ORDERS_PER_BLOCK)
    firms = firms.join(behaviour.habits(plan, firms, lines))
    contacts = make_contacts(rng, plan, firms)
    cases = voices.tickets(rng, plan, contacts)
    return {
        "people": firms,
        "crm": crm,
        "erp": erp,
        "contacts": contacts,
        "contact_rows": firm_records.contact_records(rng, plan, contacts, crm),
        "lines": lines,
        "visits": behaviour.logins(rng, plan, behaviour.visits(rng, plan, contacts)),
        "letters": behaviour.newsletters(rng, plan, contacts),
        "tickets": cases,
        "answers": voices.answers(rng, plan, contacts, cases),
    }


def _raw(
    rng: np.random.Generator, plan: Plan, written: Iterator[sheets.Sheet], book: TruthBook
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Rows of each raw file as the system writes them, defects included."""
    for name, rows, breakable in written:
        if breakable:
            rows, broken, repeated = sheets.damage(rng, plan, name, rows, breakable)
            book.note_defects(name, broken, repeated)
        yield name, rows


def _writers(raw: Path) -> dict[str, Writer]:
    return {
        "crm_kunden.csv": Csv(raw / "crm_kunden.csv", encoding="cp1252"),
        "shop_kunden.csv": Csv(raw / "shop_kunden.csv", delimiter=","),
        "bestellungen_2024.xlsx": Excel(raw / "bestellungen_2024.xlsx", "Bestellungen"),
        "bestellungen_2025.csv": Csv(raw / "bestellungen_2025.csv", encoding="utf-8-sig"),
        "web_events.parquet": Parquet(raw / "web_events.parquet"),
        "app_events.jsonl": JsonLines(raw / "app_events.jsonl"),
        "newsletter.csv": Csv(raw / "newsletter.csv", delimiter=","),
        "tickets.csv": Csv(raw / "tickets.csv", delimiter=","),
        "umfragen.csv": Csv(raw / "umfragen.csv"),
        "bewertungen.csv": Csv(raw / "bewertungen.csv"),
        "gutschein.csv": Csv(raw / "gutschein.csv", delimiter=","),
        "interessenten.csv": Csv(raw / "interessenten.csv"),
        "gebiete.csv": Csv(raw / "gebiete.csv"),
        "bevoelkerung.csv": Csv(raw / "bevoelkerung.csv"),
        "kalender.csv": Csv(raw / "kalender.csv"),
    }


def _firm_writers(raw: Path) -> dict[str, Writer]:
    return {
        "crm_firmen.csv": Csv(raw / "crm_firmen.csv", encoding="cp1252"),
        "crm_kontakte.csv": Csv(raw / "crm_kontakte.csv", encoding="utf-8-sig"),
        "erp_debitoren.csv": Csv(raw / "erp_debitoren.csv", encoding="cp1252"),
        "bestellungen_2024.csv": Csv(raw / "bestellungen_2024.csv"),
        "bestellungen_2025.csv": Csv(raw / "bestellungen_2025.csv", encoding="utf-8-sig"),
        "portal_events.jsonl": JsonLines(raw / "portal_events.jsonl"),
        "mailings.csv": Csv(raw / "mailings.csv", delimiter=","),
        "tickets.csv": Csv(raw / "tickets.csv", delimiter=","),
        "nps_umfrage.csv": Csv(raw / "nps_umfrage.csv"),
        "interessenten.csv": Csv(raw / "interessenten.csv"),
        "gebiete.csv": Csv(raw / "gebiete.csv"),
        "bevoelkerung.csv": Csv(raw / "bevoelkerung.csv"),
        "kalender.csv": Csv(raw / "kalender.csv"),
    }


def _add_person_named_null(people: pd.DataFrame) -> None:
    """One customer is called Null, as some people are."""
    people.loc[min(7, len(people) - 1), ["surname", "in_crm", "in_shop", "consent"]] = ["Null", True, True, True]


KINDS = {
    "b2c": Kind(
        customers=2000,
        make=_make_block,
        sheets=lambda rng, plan, made: sheets.sheets(plan, made),
        truth=lambda plan, made, book: book.rows(made),
        tables=TABLES,
        writers=_writers,
        dataset="dataset.yaml",
        beside=("solutions.yaml",),
    ),
    "b2b": Kind(
        customers=400,
        make=_make_firm_block,
        sheets=firm_sheets,
        truth=firm_truth.rows,
        tables=firm_truth.TABLES,
        writers=_firm_writers,
        dataset="dataset_b2b.yaml",
    ),
}
