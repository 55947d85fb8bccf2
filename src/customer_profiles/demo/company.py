"""The demo company's folder: raw exports, dataset.yaml and the truth about them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
import pandas as pd

from . import behaviour, sheets, voices
from .exports import Csv, Excel, JsonLines, Parquet, Writer
from .people import make_people
from .plan import FOLDER, Plan, load_plan
from .records import crm_records, shop_records
from .references import references
from .truth import TABLES, TruthBook

BLOCK = 25_000  # customers made at a time: memory stays bounded, whatever the size of the company
ORDERS_PER_BLOCK = 500_000  # order numbers set aside for each block


def make_company(out: Path, customers: int = 2000, seed: int = 1, null: bool = False) -> Path:
    """Write the exports of an invented outdoor shop, with known truth.

    Parameters
    ----------
    out : Path
        Folder for ``dataset.yaml``, ``raw/``, ``truth.json`` and ``truth/``. Earlier exports in it are replaced.
    customers : int
        Number of different persons; all other volumes follow from it.
    seed : int
        The same seed and size give the same bytes.
    null : bool
        Make a company of the same size and formats in which nothing depends on anything.

    Returns
    -------
    Path
        The ``dataset.yaml``.
    """
    out = Path(out)
    plan = load_plan(null)
    for folder in (out / "raw", out / "truth"):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    book = TruthBook(plan)
    with ExitStack() as stack:
        writers = {name: stack.enter_context(closing(writer)) for name, writer in _writers(out / "raw").items()}
        truths = {name: stack.enter_context(closing(writer)) for name, writer in _truths(out / "truth").items()}
        for block, first in enumerate(range(0, customers, BLOCK)):
            rng = np.random.default_rng([seed, block])
            made = _make_block(rng, plan, first, min(BLOCK, customers - first), block)
            for name, rows in _raw(rng, plan, made, book):
                writers[name].append(rows)
            for name, rows in book.rows(made):
                truths[name].append(rows)
        for name, rows in references(plan):
            writers[name].append(rows)
    book.save(out / "truth.json", customers=customers, seed=seed)
    return Path(shutil.copyfile(FOLDER / "dataset.yaml", out / "dataset.yaml"))


def _make_block(rng: np.random.Generator, plan: Plan, first: int, n: int, block: int) -> dict[str, pd.DataFrame]:
    """Everything about `n` customers, by name of the table; ``person`` links them."""
    people = make_people(rng, plan, first, n)
    if first == 0:
        _add_person_named_null(people)
    crm, shop = crm_records(rng, plan, people), shop_records(rng, plan, people)
    lines = behaviour.order_lines(rng, plan, people, 100_000_000 + block * ORDERS_PER_BLOCK)
    people = people.join(behaviour.habits(plan, people, lines))
    cases = voices.tickets(rng, plan, people)
    return {
        "people": people,
        "crm": crm,
        "shop": shop,
        "lines": lines,
        "visits": behaviour.visits(rng, plan, people),
        "letters": behaviour.newsletters(rng, plan, people),
        "tickets": cases,
        "answers": voices.answers(rng, plan, people, cases),
        "reviews": voices.reviews(rng, plan, people, cases),
    }


def _raw(
    rng: np.random.Generator, plan: Plan, made: dict[str, pd.DataFrame], book: TruthBook
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Rows of each raw file as the system writes them, defects included."""
    for name, rows, breakable in sheets.sheets(plan, made):
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
        "gebiete.csv": Csv(raw / "gebiete.csv"),
        "bevoelkerung.csv": Csv(raw / "bevoelkerung.csv"),
        "kalender.csv": Csv(raw / "kalender.csv"),
    }


def _truths(folder: Path) -> dict[str, Writer]:
    return {name: Parquet(folder / f"{name}.parquet") for name in TABLES}


def _add_person_named_null(people: pd.DataFrame) -> None:
    """One customer is called Null, as some people are."""
    people.loc[min(7, len(people) - 1), ["surname", "in_crm", "in_shop", "consent"]] = ["Null", True, True, True]
