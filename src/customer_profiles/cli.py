"""The command line: thin commands over the package; every failure is one paragraph and an exit code.

0 is done, the codes of failures stand in `errors`, and one table of all is in the README; who is told to stop ends with
128 and the number of the signal: 130 Ctrl-C, 143 SIGTERM.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING, Any, Literal, TextIO

import click

from . import __version__
from .errors import ConfigurationError, EnvironmentFailed, FormMissing, InputRejected, ProfileError
from .execution.stopping import Stopped, listening

if TYPE_CHECKING:
    import pandas as pd

ALARM = 10
DATASET = click.argument("dataset_yaml", type=click.Path())
FRESH = click.option("--fresh", is_flag=True, help="Read all sources, also those that have not changed since.")


class Commands(click.Group):
    """Reports failures of this package, and of the machine, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; ``--debug`` lets the traceback through."""
        with listening():
            return self._invoke(ctx)

    def _invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Stopped as stopped:
            click.echo(f"Error: {stopped}", err=True)
            sys.exit(stopped.code)
        except (ProfileError, OSError, MemoryError) as error:
            if ctx.params.get("debug") or isinstance(error, BrokenPipeError):
                raise
            failure = error if isinstance(error, ProfileError) else _of_the_machine(error)
            click.echo(f"Error: {failure}", err=True)
            sys.exit(failure.exit_code)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="customer-profiles")
@click.option("--debug", is_flag=True, help="Show the traceback of a failure.")
def main(debug: bool) -> None:
    """From raw customer exports to one profile per customer and reports a board can trust."""


@main.command()
@DATASET
@click.option("--as-of", metavar="DATE", help="Day of the run, YYYY-MM-DD; nothing later is visible.")
@click.option("--language", metavar="en|de", help="Language of the report.")
@click.option("--out", type=click.Path(file_okay=False), help="Folder of reports.  [default: reports]")
@click.option("--only", metavar="NN", help="Only this chapter and what it needs; the published report stays.")
@click.option("--jobs", type=click.IntRange(1, 64), default=2, show_default=True, help="Notebooks side by side.")
@click.option("--slides", is_flag=True, help="Also slides.html, one panel a slide, which prints one slide a sheet.")
@click.option("--pdf", is_flag=True, help="Also summary.pdf, profiles.pdf and report.pdf, printed by Chromium.")
@click.option(
    "--compare", metavar="RUN|DATE", default="", help="Kept run to say what changed since.  [default: the last]"
)
@FRESH
@click.option("--resume", is_flag=True, help="Go on with a run that was killed, if nothing it is made of has changed.")
@click.option("--alert", is_flag=True, help="End with exit code 10 if something real changed or a target is missed.")
def report(
    dataset_yaml: str,
    as_of: str | None,
    language: str | None,
    out: str | None,
    only: str | None,
    jobs: int,
    slides: bool,
    pdf: bool,
    compare: str,
    fresh: bool,
    resume: bool,
    alert: bool,
) -> None:
    """Make all reports of a data set and publish them.

    DATASET_YAML is the path of a dataset.yaml, or the name of a folder under data/.
    """
    from . import paths
    from .execution.run import run_report
    from .ingest.reuse import forget
    from .reporting import alerts

    if fresh:
        forget(paths.runs(dataset_yaml))
    forms = [name for name, wanted in (("slides", slides), ("pdf", pdf)) if wanted]
    missing = None
    try:
        page = run_report(
            dataset_yaml,
            as_of=as_of,
            language=language,
            out=out,
            only=only,
            jobs=jobs,
            forms=forms,
            compare=compare,
            resume=resume,
        )
    except FormMissing as failure:
        if failure.page is None:
            raise
        page, missing = failure.page, failure
    if only:
        click.echo(f"Only chapter {only} and what it needs; the published report is untouched.", err=True)
    click.echo(f"Open {page}" if sys.stdout.isatty() else str(page))
    alarm, told = alerts.read(page.parent) if alert else (False, "")
    if missing and not alarm:
        raise missing
    if missing:
        click.echo(f"Error: {missing}", err=True)
    if alarm:
        click.echo(told, err=True, nl=False)
        sys.exit(ALARM)


@main.command()
@click.argument("folder", type=click.Path(file_okay=False))
def init(folder: str) -> None:
    """Describe the exports of a folder in a dataset.yaml, as far as they tell.

    Each guess stands there with its reason; what is unsure is a line with OPEN. A dataset.yaml that is there already
    is never written over: then the difference is told.
    """
    from .ingest.init import propose

    click.echo(repr(propose(folder)))


@main.command()
@DATASET
@click.option("--strict", is_flag=True, help="End with exit code 3 if there is a warning.")
@FRESH
def check(dataset_yaml: str, strict: bool, fresh: bool) -> None:
    """Check a dataset.yaml and all its sources, without making a report.

    Prints for each source how many rows were read and what became of them, and warns of what is lost or doubtful, with
    the line of dataset.yaml that mends it. The next report takes what was read here, if nothing has changed.
    """
    import tempfile
    from datetime import datetime
    from pathlib import Path

    from . import paths
    from .identity.pseudonyms import pseudonym_key
    from .ingest.config.dataset import load_dataset
    from .ingest.doubts import doubts, unread
    from .ingest.pipeline import collect
    from .ingest.reuse import forget
    from .tables import Tables

    runs = paths.runs(dataset_yaml)
    if fresh:
        forget(runs)
    dataset = load_dataset(paths.dataset_file(dataset_yaml))
    as_of = dataset.as_of or datetime.now(dataset.zone).date()
    with tempfile.TemporaryDirectory() as folder:
        collected = collect(dataset, Tables(Path(folder)), as_of, pseudonym_key(dataset), runs)
    click.echo(_lines(collected.reconciliation))
    if len(collected.set_aside):
        click.echo("\nRows set aside, by reason:")
        reasons = ["source", "column", "reason"]
        counts = collected.set_aside.groupby(reasons, dropna=False).size().reset_index(name="rows")
        click.echo(_lines(counts.sort_values(["rows", *reasons], ascending=[False, True, True, True])))
    if left := unread(dataset):
        click.echo("\nColumns that nobody reads:")
        click.echo("\n".join(f"  {path}: {', '.join(names)}" for path, names in left.items()))
    found = doubts(dataset, collected)
    if found:
        click.echo("\nWarnings:\n" + "\n".join(f"  {sentence}" for sentence in found))
    if found and strict:
        raise InputRejected(f"{len(found)} warnings, and --strict asks for none")


@main.command()
@click.option("--out", type=click.Path(file_okay=False), required=True, help="Folder for the exports and dataset.yaml.")
@click.option("--kind", type=click.Choice(["b2c", "b2b"]), default="b2c", show_default=True, help="Persons or firms.")
@click.option("--customers", type=click.IntRange(min=50), help="How many.  [default: 2000 persons or 400 firms]")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--null", is_flag=True, help="A company in which nothing depends on anything.")
def demo(out: str, kind: Literal["b2c", "b2b"], customers: int | None, seed: int, null: bool) -> None:
    """Invent the exports of a company, with a dataset.yaml and the truth behind them.

    b2c is a German outdoor shop whose customers are persons, b2b a maker of laboratory equipment that sells to firms.
    The data set is called as the folder.
    """
    import re
    from pathlib import Path

    from .demo import make_company

    name = re.sub(r"[^a-z0-9]+", "_", Path(out).resolve().name.lower()).strip("_")
    click.echo(make_company(Path(out), customers=customers, seed=seed, null=null, kind=kind, called=name))


@main.command()
@DATASET
@click.option("--id", "ids", metavar="SPACE:ID", multiple=True, help="Id in one system, e.g. crm:… or shop:…")
@click.option("--email", "emails", metavar="ADDRESS", multiple=True)
@click.option("--phone", "phones", metavar="NUMBER", multiple=True)
@click.option(
    "--from",
    "file",
    type=click.File(encoding="utf-8"),
    help="File with lines such as 'email ADDRESS', 'phone NUMBER', 'id SPACE:ID'; - for standard input.",
)
@click.option("--withdraw", is_flag=True, help="Also take back all published pages until the next report.")
def erase(
    dataset_yaml: str,
    ids: tuple[str, ...],
    emails: tuple[str, ...],
    phones: tuple[str, ...],
    file: TextIO | None,
    withdraw: bool,
) -> None:
    """Erase people: keep them out of every later run and take them out of all kept ones.

    What is given goes on a list of keyed hashes beside dataset.yaml, never in clear, and is not repeated here. Prefer
    --from: what stands on a command line stays in the history of the shell. The exports themselves are not changed.
    """
    from datetime import datetime

    from . import paths
    from .identity.pseudonyms import pseudonym_key
    from .ingest.config.dataset import load_dataset
    from .privacy import erasure
    from .reporting import publish

    dataset = load_dataset(paths.dataset_file(dataset_yaml))
    given = {"id": list(ids), "email": list(emails), "phone": list(phones)}
    for number, line in enumerate(file or (), start=1):
        kind, _, value = line.strip().partition(" ")
        if kind and kind not in given:
            raise ConfigurationError(f"line {number}: begin it with 'email', 'phone' or 'id' and a blank")
        if kind:
            given[kind].append(value.strip())
    if not any(given.values()):
        raise click.UsageError("give --id, --email, --phone or --from")
    wanted = erasure.entries(dataset, given["id"], given["email"], given["phone"])
    runs = paths.runs(dataset.file)
    with publish.lock(runs):
        today = datetime.now(dataset.zone).date()  # the newest records tell most
        done = erasure.erase(dataset, wanted, pseudonym_key(dataset), today)
        pages = publish.withdraw(runs) if withdraw else None
    click.echo(f"{done.known} of {done.given} given are in today's exports; {done.entries} hashes are new on the list.")
    click.echo(
        f"Kept runs: {done.purged.runs} held one of these people; {done.purged.rows} rows were removed, "
        f"{done.purged.deleted} tables, the models and the executed notebooks deleted."
    )
    if done.unread:
        click.echo(f"Today's exports could not be searched for further ids of the same people: {done.unread}", err=True)
    click.echo(
        "Published pages hold no single person and stay as they are (--withdraw takes them back)."
        if pages is None
        else f"The published pages of {pages} runs were taken back."
    )
    click.echo("Run 'customer-profiles report' for figures without them, and delete them in the exports as well.")


@main.command()
@DATASET
@click.option(
    "--to", "target", required=True, metavar="FILE|env:VARIABLE", help="File (.csv, .xlsx, .parquet) or database."
)
@click.option("--ids", metavar="SPACE", help="Use the ids of this system instead of pseudonyms.")
@click.option(
    "--what",
    type=click.Choice(["segments", "profile", "leads"]),
    default="segments",
    show_default=True,
    help="profile: all that is known of each customer; leads: open prospects by your own numbers, chance, next step.",
)
@click.option(
    "--layout",
    "system",
    metavar="SYSTEM",
    help="Columns as the import of salesforce, hubspot or a system of layouts: in dataset.yaml wants them; for a file.",
)
@click.option("--table", help="Table of the database.  [default: customer_segments or customer_profile]")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
def export(
    dataset_yaml: str, target: str, ids: str | None, what: str, system: str | None, table: str | None, dry_run: bool
) -> None:
    """Hand what the last published run found for each customer to another system.

    env:VARIABLE names an environment variable with the connection string of a PostgreSQL database. Doing it again
    brings the table up to date and changes no other row. The exports are read anew: whoever has objected since the run
    is left out, and --ids takes the company's own ids from there. The result then identifies people, keep it so.
    """
    from pathlib import Path

    from .identity.pseudonyms import pseudonym_key
    from .privacy.raw_ids import lead_ids, raw_ids, withdrawn
    from .reporting import crm_export, write_back
    from .reporting.brief import last_run

    dataset, tables, as_of = last_run(dataset_yaml)
    key = pseudonym_key(dataset)
    if system and target.startswith(crm_export.VARIABLE):
        raise click.UsageError("--layout is for files")
    names = crm_export.layout(system, dataset.layouts) if system else {}
    if what == "leads":
        listed = crm_export.prospects(tables)
        rows = listed.merge(lead_ids(dataset, key, as_of), on="lead_id").drop(columns="lead_id")
        rows.insert(0, "id", rows.pop("id"))
        gone = len(listed) - len(rows)
        click.echo(f"{len(listed)} open prospects in the report; {gone} of them may not appear any more.")
    else:
        may = crm_export.allowed(tables, withdrawn(dataset, key, as_of))
        own = raw_ids(dataset, ids, tables.read("identities"), key, as_of) if ids else None
        rows = crm_export.unified(tables) if what == "profile" or system else crm_export.assignments(tables)
        everybody = len(rows)
        rows = crm_export.called(rows[rows["customer_id"].isin(may)], own)
        click.echo(_reconciled(everybody, len(may), rows, own))
    if absent := [name for name in names if name not in rows and name != "id"]:
        click.echo(f"Of the layout {system}, this run has no value of {', '.join(absent)}.")
    if target.startswith(crm_export.VARIABLE):
        name, by = table or crm_export.NAMES[what], "id" if ids or what == "leads" else "customer_id"
        done = write_back.to_postgres(rows, target.removeprefix(crm_export.VARIABLE), name, (by,), dry_run)
        click.echo(
            f"{'Would change' if dry_run else 'Changed'} {name}: {done.new} new rows, {done.changed} changed, "
            f"{done.removed} removed, {done.unchanged} as they were."
        )
        for word, columns in (("new", done.columns_added), ("removed", done.columns_removed)):
            if columns:
                click.echo(f"Columns {word}: {', '.join(columns)}")
    elif not dry_run:
        crm_export.to_file(crm_export.laid_out(rows, names) if names else rows, Path(target))
    click.echo(f"{len(rows)} rows {'would be ' if dry_run else ''}handed over to {target}.")


@main.command()
@DATASET
@click.argument("customer", metavar="ID")
@click.option("--language", metavar="en|de", help="Otherwise as dataset.yaml says.")
@click.option("--identify", is_flag=True, help="Also name the customer: reads the exports anew.")
def brief(dataset_yaml: str, customer: str, language: str | None, identify: bool) -> None:
    """What the last published run knows of one customer: who, bought, said, needed, worth, next contact.

    ID is a pseudonym, or SPACE:ID with the id of one system, e.g. crm:… It is printed here and nowhere else.
    """
    from .analysis.profiles import brief as known
    from .params import Params
    from .reporting import brief as page
    from .reporting.language import Language

    Params.check({"language": language or ""})
    dataset, run, as_of = page.last_run(dataset_yaml)
    tables = page.read(run, known.TABLES)
    number = known.find(tables["identities"], page.account(dataset, customer))
    sections = known.sections(tables, number, list(dataset.attributes()))
    if identify:
        accounts = tables["identities"].query("customer_no == @number")["pseudonym"]
        sections.insert(0, known.named(page.people(dataset, accounts, as_of)))
    spoken = Language(language or dataset.language, dataset.currency, *dataset.vocabulary())
    click.echo(page.text(sections, spoken))


@main.command()
@DATASET
@click.option(
    "--from",
    "file",
    type=click.File(encoding="utf-8"),
    required=True,
    help="JSON: a record, a list of them, or one on each line; - for standard input.",
)
def score(dataset_yaml: str, file: TextIO) -> None:
    """What is foreseen of profiles that need not be in the last published run, by what it has learnt.

    A record is a row of the profile with the columns that models/schema.json of the run names; what is not known is
    null. Prints one JSON object a line, in the order given. Nothing of it is kept.
    """
    import json

    from .front_door import load

    data, found = load(dataset_yaml), []
    for number, record in enumerate(_records(file.read()), start=1):
        try:
            found.append(data.score(record))
        except InputRejected as error:
            raise InputRejected(f"record {number}: {error}") from None
    for scores in found:
        click.echo(json.dumps(scores, ensure_ascii=False))


def _records(text: str) -> list[dict[str, Any]]:
    """Records of a JSON text: one, a list, or one on each line."""
    import json

    try:
        try:
            given = json.loads(text)
        except json.JSONDecodeError:
            given = [json.loads(line) for line in text.splitlines() if line.strip()]
    except json.JSONDecodeError as error:
        raise InputRejected(f'this is no JSON ({error.msg}): write a record as {{"age": 34, …}}') from None
    records = given if isinstance(given, list) else [given]
    if not records or not all(isinstance(record, dict) for record in records):
        raise InputRejected('give at least one record, each written as {"age": 34, …}')
    return records


def _of_the_machine(error: OSError | MemoryError) -> ProfileError:
    """Disk, rights and memory in words."""
    if isinstance(error, MemoryError):
        return EnvironmentFailed("memory ran out: free some, or use --jobs 1")
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EISDIR):
        return ConfigurationError(f"{error.filename}: {os.strerror(error.errno)}")
    where = f"{error.filename}: " if error.filename else ""
    return EnvironmentFailed(f"{where}{error.strerror or error}")


def _reconciled(everybody: int, allowed: int, rows: pd.DataFrame, own: pd.DataFrame | None) -> str:
    """How the rows that are handed over follow from the customers of the report."""
    told = f"{everybody} customers in the report; {everybody - allowed} of them may not appear any more"
    if own is None:
        return f"{told}; {len(rows)} are handed over."
    return f"{told}; the other {allowed} have {len(rows)} ids in this system."


def _lines(table: pd.DataFrame) -> str:
    """A table for the terminal."""
    return table.to_string(index=False, na_rep="")


if __name__ == "__main__":
    main()
