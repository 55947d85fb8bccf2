"""From the files of a data set to the canonical tables of a run, with every row accounted for."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import InputRejected
from ..identity import id_ledger
from ..identity.accounts import NO_ACCOUNT, roll_up
from ..identity.id_ledger import IdLedger, last_ids
from ..identity.matching_tables import write_matching
from ..identity.people import EXCLUDED, UNKNOWN, People
from ..identity.pseudonyms import pseudonym
from ..identity.resolution import match_people
from ..messages import N_
from ..privacy.known_names import KnownNames
from ..privacy.opt_outs import linked_entries, list_file, objections_file
from ..privacy.purge import purge
from ..tables import Tables
from . import ages, contract, crosschecks, cutoff, ledger
from .config.dataset import Dataset, Source
from .config.unmapped import gaps
from .conflicts import set_conflicts_aside
from .ledger import Account
from .parsing.cleaning import Log
from .readers.provenance import refuse_changed, remembered
from .readers.registry import files_read
from .readers.snapshots import one_snapshot
from .reading import Run, casts
from .reuse import Kept, forget
from .rows_read import told
from .visitors import nobody, prepare_touches
from .writer import TableWriter, own_fields

NO_CONSENT, LATER = N_("no consent, or erased"), N_("after the date of the run")
NOBODY = N_("customer not known")


@dataclass(frozen=True)
class Collected:
    """What collecting found out, besides the tables it wrote; see `ledger` for the columns."""

    reconciliation: pd.DataFrame
    set_aside: pd.DataFrame
    inventory: pd.DataFrame
    cleaning: pd.DataFrame
    exclusions: pd.DataFrame
    completeness: pd.DataFrame
    dialects: pd.DataFrame
    checks: pd.DataFrame
    ages: pd.DataFrame
    last_traces: pd.DataFrame
    shared_addresses: pd.DataFrame
    contradictions: pd.DataFrame
    gaps: pd.DataFrame


@one_snapshot()
def collect(dataset: Dataset, tables: Tables, as_of: date, key: bytes, runs: Path | None = None) -> Collected:
    """Read all sources and write the canonical tables, without names and addresses, and the accounts of the run.

    Parameters
    ----------
    dataset : Dataset
        What to read and how.
    tables : Tables
        Where to write; besides the canonical tables: reconciliation, set_aside, inventory, cleaning, exclusions,
        completeness, dialects, identifiers and files_read, and those of `write_matching`.
    as_of : date
        Date of the run: what happened later is excluded.
    key : bytes
        Secret of the pseudonyms.
    runs : Path, optional
        Folder of runs beside which the tables are kept for the next one, see `reuse`; otherwise the data set's if the
        tables are one of its runs, else nothing is reused.

    Raises
    ------
    InputRejected
        If a source cannot be read or changes while it is read, or its rows do not add up.
    EnvironmentFailed
        If a table cannot be written.
    """
    own = dataset.folder / "runs"
    in_run = tables.folder.parent.resolve() == own.resolve()
    runs = runs or (own if in_run else None)
    made = Tables(tables.folder, tables.fallback, tables.stamp)
    run = Run.of(dataset, made, as_of, key)
    last = last_ids(Tables(own / "latest"))
    with remembered() as contents:
        kept = Kept.of(dataset, as_of, key, runs) if runs else None
        purged = kept.take(made) if kept else None
        people: People | None = None
        if purged is None:
            if runs:
                forget(runs)
            people, met = _collect(run, last)
            refuse_changed()
            if met.suppressed.hashes != run.suppressed.hashes:
                met.suppressed.save(list_file(dataset))
            if runs and met.objections.hashes != run.objections.hashes:
                own.mkdir(exist_ok=True)
                met.objections.save(objections_file(dataset))
            kept = Kept.of(dataset, as_of, key, runs) if runs else None  # as the lists are now
        else:
            made.write("id_changes", id_ledger.changes(last, made.read(id_ledger.TABLE)))
            if in_run and not purged:
                people = read_people(run, _accounts(dataset), last)[1]
    if in_run and people is not None:
        purge(own, people.withdrawn(), spare=tables.folder)
    if kept and people is not None:
        kept.keep(made, purged=in_run)
    columns = ["source", "place", "file", "bytes", "sha256"]
    tables.write("files_read", pd.DataFrame(files_read(dataset, contents), columns=columns))
    return Collected(**{field.name: pd.read_parquet(tables.path(field.name)) for field in fields(Collected)})


def _accounts(dataset: Dataset) -> dict[str, Account]:
    return {source.name: Account(source, cleaned=Log(dataset.cleaning.off)) for source in dataset.sources}


def _collect(run: Run, last: pd.DataFrame) -> tuple[People, Run]:
    dataset, tables, accounts = run.dataset, run.tables, _accounts(run.dataset)
    records, people, run = read_people(run, accounts, last)
    _account_for_customers(records, people, accounts)
    names = KnownNames(records, people.record_numbers)
    for table in contract.TABLES:
        if table not in ("customers", "contacts") and dataset.filled(table):
            _write_table(run, table, people, accounts, names)
    if dataset.filled("contacts"):
        _write_contacts(run, records, people)
    if dataset.filled("interactions"):
        rules = dataset.visitors
        prepare_touches(tables, rules.link_days, rules.session_minutes, dataset.memory_limit)
    else:
        tables.write("visitors", nobody())
    for account in accounts.values():
        account.close()
    derived = _write_customers(run, people, list(accounts.values()))
    write_matching(tables, people, last)
    tables.write("identifiers", people.identifiers(records))
    _write_accounts(run, list(accounts.values()), records, people, derived)
    return people, run


def read_people(
    run: Run, accounts: dict[str, Account], last: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, People, Run]:
    """Records of customers and of contacts, the people behind them, and the run with its lists as they are now.

    To the lists comes whatever else the records tell of people who were erased or object: each of it alone keeps them
    out of later runs. Who agrees again is no longer among the objections.
    """
    records, companies = _read_customers(run, accounts), None
    if run.dataset.kind == "b2b":
        records, companies = _with_contacts(records, _read_customers(run, accounts, "contacts"), accounts)
    erased = records.pop("erased").to_numpy(dtype=bool) if len(records) else np.array([], dtype=bool)
    with told("customers recognised", None, run.tables.folder, begun=len(records)):
        people = People(run.key, records, companies, run.dataset.identity.level, IdLedger(run.key, last, run.as_of))
    if not len(records):
        return records, people, run
    absent, remembered = people.record_numbers == EXCLUDED, records.remembered.to_numpy(dtype=bool)
    erased, objecting, agreeing = (
        linked_entries(records, people.groups, of) for of in (erased, absent & ~erased, remembered & ~absent)
    )
    objections = run.objections.without_entries(agreeing).with_entries(objecting)
    return records, people, replace(run, suppressed=run.suppressed.with_entries(erased), objections=objections)


def _read_customers(run: Run, accounts: dict[str, Account], table: str = "customers") -> pd.DataFrame:
    """Records of all sources of customers, or contacts: canonical columns, source, space, raw_id, refused, counts.

    A row that cannot be used still counts as a refusal if it does not say yes to consent: otherwise a mistyped
    birth date would bring back a person who objected.
    """
    parts = []
    name = "customer_id" if table == "customers" else "contact_id"
    for source in run.dataset.filled(table):
        account = accounts[source.name]
        ids: set[str] = set()
        mine, repeats = [], []
        for cast, new in casts(run, source, account):
            rows = cast.table.assign(source=source.name, space=source.ids, raw_id=cast.table[name])
            rows["file"], rows["row"] = account.file, cast.rows
            rows["account_space"] = source.account_ids
            asked = "consent" in source.mapped
            rows["agrees"] = rows.consent.fillna(False).to_numpy(dtype=bool) if asked else False
            rows["refused"] = ~rows.agrees if asked else False
            rows["erased"] = run.suppressed.records(rows, source.ids)
            rows["refused"] |= rows.erased
            rows["remembered"] = run.objections.records(rows, source.ids)
            late = new & cutoff.late(table, rows, run.end)
            again = new & ~late & (rows.raw_id.isin(ids) | rows.raw_id.where(new & ~late).duplicated()).to_numpy()
            if not account.cleaned.wants("repeated_ids"):
                again[:] = False
            before, repeated = int((new & ~late).sum()), int(again.sum())
            account.cleaned.count("repeated_ids", name, before, before - repeated, repeated)
            account.excluded[LATER] += int(late.sum())
            account.duplicate += repeated
            rows["counts"] = new & ~late & ~again
            ids.update(rows.raw_id[rows.counts])
            repeats.append(rows[again])
            mine.append(rows[(rows.counts | rows.refused) & rows.raw_id.notna()].drop(columns=name))
        parts += [part.drop(columns=["file", "row"]) for part in set_conflicts_aside(mine, repeats, account, name)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _account_for_customers(records: pd.DataFrame, people: People, accounts: dict[str, Account]) -> None:
    if records.empty:
        return
    for name, rows in records[records.counts].groupby("source", sort=False):
        numbers = people.record_numbers[rows.index]
        accounts[name].excluded[NO_CONSENT] += int((numbers == EXCLUDED).sum())
        kept = numbers != EXCLUDED
        id_column = "customer_id" if accounts[name].source.table == "customers" else "contact_id"
        accounts[name].add_used(rows[kept].assign(**{id_column: rows.raw_id[kept]}), numbers[kept])


def _with_contacts(
    records: pd.DataFrame, contacts: pd.DataFrame, accounts: dict[str, Account]
) -> tuple[pd.DataFrame, np.ndarray]:
    """Records of accounts and of contacts below each other, and the company of each.

    Contacts of whom no company is known are excluded. One who refuses is withheld, which says nothing of the company.
    """
    records = records.assign(is_contact=False, withheld=False)
    if len(contacts):
        withheld = contacts.refused | (contacts.remembered & ~contacts.agrees)
        contacts = contacts.assign(is_contact=True, withheld=withheld, refused=False)
        records = pd.concat([records, contacts], ignore_index=True)
    rolled_up = roll_up(records)
    records["consent"] = records.get("consent", pd.Series(dtype="boolean")).mask(
        records.is_contact
    )  # not the company's
    companies, records["found_by"] = rolled_up.company_no.to_numpy(), rolled_up.found_by
    nowhere = companies == NO_ACCOUNT
    for name, rows in records[nowhere & records.counts.to_numpy(dtype=bool)].groupby("source", sort=False):
        accounts[name].excluded[NO_CONSENT] += int(rows.withheld.sum())
        accounts[name].excluded[NOBODY] += int((~rows.withheld).sum())
    return records[~nowhere].reset_index(drop=True), companies[~nowhere]


def _write_table(run: Run, table: str, people: People, accounts: dict[str, Account], names: KnownNames) -> None:
    devices = _devices_of_absent(run, people) if table == "interactions" else set()
    with TableWriter(run.tables, table, own_fields(run.dataset, table)) as writer:
        for source in run.dataset.filled(table):
            account = accounts[source.name]
            for cast, new in casts(run, source, account):
                rows = _only(cast.table, new)
                late = cutoff.late(table, rows, run.end)
                account.excluded[LATER] += int(late.sum())
                rows = cutoff.as_it_stood(_without_erased(run, table, _only(rows, ~late), account), run.end, account)
                numbers = None
                if table in contract.WITH_CUSTOMERS:
                    rows, numbers = _with_customers(run, table, source, rows, people, account, devices)
                rows = names.hide_in(rows, numbers) if table in ("tickets", "feedback") else rows
                rows = _finished(run, table, rows)
                writer.write(rows)
                account.add_used(rows, numbers)


def _without_erased(run: Run, table: str, rows: pd.DataFrame, account: Account) -> pd.DataFrame:
    """Rows without those of erased prospects and visitors, who are no customers."""
    for kind, column in (("id:lead", "lead_id"), ("id:anonymous", "anonymous_id")):
        if column in rows and column in contract.TABLES[table]:
            erased = run.suppressed.hits(kind, rows[column])
            account.excluded[NO_CONSENT] += int(erased.sum())
            rows = _only(rows, ~erased)
    return rows


def _only(rows: pd.DataFrame, chosen: np.ndarray) -> pd.DataFrame:
    """Some of the rows; not a copy of all."""
    return rows if chosen.all() else rows[chosen]


def _devices_of_absent(run: Run, people: People) -> set[str]:
    """Visitors as whom somebody has logged in who must not appear: what they did without a login goes as well.

    The login may come after the visits, so that all events have to be read before the first is written.
    """
    devices: set[str] = set()
    for source in run.dataset.filled("interactions"):
        if "anonymous_id" not in source.mapped or not ({"customer_id", source.key} & source.mapped.keys()):
            continue
        for cast, _ in casts(run, source, Account(source)):
            rows = cast.table[cast.good]
            absent = _erased(run, source, rows)
            if "customer_id" in rows:
                absent |= people.must_not_appear(source.ids, rows.customer_id)
            elif source.key:
                absent |= people.by_contact(source.key, rows[source.key]) == EXCLUDED
            devices.update(rows.anonymous_id[absent].dropna())
    return devices


def _erased(run: Run, source: Source, rows: pd.DataFrame) -> np.ndarray:
    """Rows that name a person by number or address who was erased, or objected and is known from nowhere else."""
    erased = np.zeros(len(rows), dtype=bool)
    for kind, column in ((f"id:{source.ids}", "customer_id"), (source.key, source.key)):
        if kind is not None and column in rows:
            erased |= run.suppressed.hits(kind, rows[column]) | run.objections.hits(kind, rows[column])
    return erased


def may_appear(run: Run, source: Source, rows: pd.DataFrame, people: People) -> np.ndarray:
    """Rows of prospects who neither were erased nor are customers who must not appear."""
    absent = _erased(run, source, rows) | run.suppressed.hits("id:lead", rows.lead_id)
    return ~absent & (_numbers(source, rows, people) != EXCLUDED)


def _numbers(source: Source, rows: pd.DataFrame, people: People) -> np.ndarray:
    """Numbers of the customers whom rows name by id or address."""
    if source.key and "customer_id" not in rows:
        return people.by_contact(source.key, rows[source.key])
    return people.by_id(source.ids, rows.customer_id) if "customer_id" in rows else np.full(len(rows), UNKNOWN)


def _with_customers(
    run: Run, table: str, source: Source, rows: pd.DataFrame, people: People, account: Account, devices: set[str]
) -> tuple[pd.DataFrame, np.ndarray]:
    """Rows with the customers they belong to; those of nobody or of a person who must not appear are excluded."""
    erased = _erased(run, source, rows)
    named = rows.assign(customer_id=rows.customer_id.mask(erased)) if "customer_id" in rows else rows
    numbers = _numbers(source, named, people)
    if table == "transactions" and "customer_id" in rows:
        people.alternatives.add_orders(source.ids, rows[numbers >= 0])
    if devices and "anonymous_id" in rows:
        erased |= rows.anonymous_id.isin(devices).to_numpy() & (numbers == UNKNOWN)
    numbers = np.where(erased, EXCLUDED, numbers)
    account.excluded[NO_CONSENT] += int((numbers == EXCLUDED).sum())
    keep = numbers != EXCLUDED
    if table not in contract.MAY_BE_ANONYMOUS:
        account.excluded[NOBODY] += int((numbers == UNKNOWN).sum())
        keep &= numbers != UNKNOWN
    numbers = numbers[keep]
    number = pd.arrays.IntegerArray(numbers.clip(0), numbers < 0)
    return _only(rows, keep).assign(customer_id=people.named(numbers), customer_no=number), numbers


def _finished(run: Run, table: str, rows: pd.DataFrame) -> pd.DataFrame:
    """What remains to be done for single tables."""
    if table == "interactions" and "anonymous_id" in rows:
        return rows.assign(anonymous_id=_pseudonymised(run.key, "anonymous", rows.anonymous_id))
    if table == "leads":
        return rows.assign(lead_id=_pseudonymised(run.key, "lead", rows.lead_id))
    if table == "population" and "share" not in rows:
        return rows.assign(share=rows["count"] / rows.groupby("attribute")["count"].transform("sum"))
    return rows


def _pseudonymised(key: bytes, space: str, raw_ids: pd.Series) -> pd.Series:
    names = {raw_id: pseudonym(key, space, raw_id) for raw_id in raw_ids.dropna().unique()}
    return raw_ids.map(names).astype("str")


def _write_contacts(run: Run, records: pd.DataFrame, people: People) -> None:
    """The contacts of each account, without what names them; one person in two exports has one number."""
    mine = (records.is_contact & records.counts & (people.record_numbers != EXCLUDED)).to_numpy(dtype=bool)
    contacts, numbers = records[mine].reset_index(drop=True), people.record_numbers[mine]
    with TableWriter(run.tables, "contacts") as writer:
        if len(contacts):
            owned = contacts.assign(customer_id=people.pseudonyms()[numbers], customer_no=numbers)
            ids = _pseudonymised(run.key, "contact", contacts.raw_id)
            writer.write(owned.assign(person_no=match_people(contacts), contact_id=ids))


def _write_customers(run: Run, people: People, accounts: list[Account]) -> Log:
    """One row per customer; whoever is known from other tables only has a row without attributes.

    Returns what the profile will derive from other columns.
    """
    customers = people.golden.reindex(range(len(people))).assign(
        customer_id=people.pseudonyms(),
        customer_no=np.arange(len(people)),
        sources=ledger.sources_per_customer(accounts, len(people)),
    )
    if customers.empty:
        asked = any("consent" in source.mapped for source in run.dataset.sources)
        hint = ": nobody clearly agreed; name the codes of 'consent' under its 'values'" if asked else ""
        if not asked and (key := next((source.key for source in run.dataset.sources if source.key), None)):
            hint = (
                f": rows know their customers by {key} only; read such a file once more, as table customers "
                f"with customer_id and {key} from that column"
            )
        raise InputRejected(f"no source has a customer who may appear in a report{hint}")
    with TableWriter(run.tables, "customers", own_fields(run.dataset, "customers")) as writer:
        writer.write(customers)
    derived = Log()
    for band, numbers in (
        ("age_band", ["age", "birth_date"]),
        ("employees_band", ["employees"]),
        ("revenue_band", ["revenue"]),
    ):
        if band in run.dataset.attributes() and band not in customers:
            known = int(customers.reindex(columns=numbers).notna().any(axis=1).sum())
            derived.count("bands", band, 0, known, known)
    return derived


def _write_accounts(run: Run, accounts: list[Account], records: pd.DataFrame, people: People, derived: Log) -> None:
    told = {account.source.name: account.ages for account in accounts}
    # The contacts of a company are several people, who need not agree.
    own = ~records.get("is_contact", pd.Series(False, index=records.index)).to_numpy(dtype=bool)
    compared = records[own], people.record_numbers[own]
    collected = Collected(
        reconciliation=ledger.reconciliation(accounts),
        set_aside=ledger.set_aside(accounts),
        inventory=ledger.inventory(accounts, len(people)),
        cleaning=ledger.cleaning(accounts, derived),
        exclusions=ledger.exclusions(accounts),
        completeness=ledger.completeness(accounts),
        dialects=ledger.dialects(accounts),
        checks=ledger.checks(accounts),
        ages=ages.table(told),
        last_traces=ages.last_traces(told, len(people)),
        shared_addresses=crosschecks.shared_addresses(*compared),
        contradictions=crosschecks.contradictions(*compared),
        gaps=gaps(run.dataset, {account.source.name: account.headers for account in accounts}),
    )
    for name, table in vars(collected).items():
        run.tables.write(name, table)
