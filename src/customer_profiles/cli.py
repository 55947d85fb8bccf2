"""The command line: thin commands over the package; every failure is one paragraph and an exit code.

0 done · 2 usage or configuration · 3 input rejected · 4 privacy gate refused · 5 disk, rights or memory ·
6 another run is under way · 7 a cell failed · 8 a kernel died or ran out of time.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import click

from . import __version__
from .errors import ConfigurationError, EnvironmentFailed, ProfileError

if TYPE_CHECKING:
    import pandas as pd

DATASET = click.argument("dataset_yaml", type=click.Path())


class Commands(click.Group):
    """Reports failures of this package, and of the machine, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; ``--debug`` lets the traceback through."""
        try:
            return super().invoke(ctx)
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
def report(
    dataset_yaml: str, as_of: str | None, language: str | None, out: str | None, only: str | None, jobs: int
) -> None:
    """Make all reports of a data set and publish them.

    DATASET_YAML is the path of a dataset.yaml, or the name of a folder under data/.
    """
    from .report.run import run_report

    # A scheduler's request to stop unwinds the run like Ctrl-C does: kernels end, nothing half-written stays.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    page = run_report(dataset_yaml, as_of=as_of, language=language, out=out, only=only, jobs=jobs)
    if only:
        click.echo(f"Only chapter {only} and what it needs; the published report is untouched.", err=True)
    click.echo(f"Open {page}" if sys.stdout.isatty() else str(page))


@main.command()
@DATASET
def check(dataset_yaml: str) -> None:
    """Check a dataset.yaml and all its sources, without making a report.

    Prints for each source how many rows were read and what became of them.
    """
    import tempfile
    from datetime import datetime
    from pathlib import Path

    from . import paths
    from .collect.config import load_dataset
    from .collect.pipeline import collect
    from .collect.pseudonyms import pseudonym_key
    from .tables import Tables

    dataset = load_dataset(paths.dataset_file(dataset_yaml))
    as_of = dataset.as_of or datetime.now(dataset.zone).date()
    with tempfile.TemporaryDirectory() as folder:
        collected = collect(dataset, Tables(Path(folder)), as_of, pseudonym_key(dataset))
    click.echo(_lines(collected.reconciliation))
    if len(collected.set_aside):
        click.echo("\nRows set aside, by reason:")
        reasons = ["source", "column", "reason"]
        counts = collected.set_aside.groupby(reasons, dropna=False).size().reset_index(name="rows")
        click.echo(_lines(counts.sort_values(["rows", *reasons], ascending=[False, True, True, True])))


@main.command()
@click.option("--out", type=click.Path(file_okay=False), required=True, help="Folder for the exports and dataset.yaml.")
@click.option("--customers", type=click.IntRange(min=50), default=2000, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--null", is_flag=True, help="A company in which nothing depends on anything.")
def demo(out: str, customers: int, seed: int, null: bool) -> None:
    """Invent the exports of a German outdoor shop, with a dataset.yaml and the truth behind them."""
    from pathlib import Path

    from .demo import make_company

    click.echo(make_company(Path(out), customers=customers, seed=seed, null=null))


def _of_the_machine(error: OSError | MemoryError) -> ProfileError:
    """Disk, rights and memory in words."""
    if isinstance(error, MemoryError):
        return EnvironmentFailed("memory ran out: free some, or use --jobs 1")
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EISDIR):
        return ConfigurationError(f"{error.filename}: {os.strerror(error.errno)}")
    where = f"{error.filename}: " if error.filename else ""
    return EnvironmentFailed(f"{where}{error.strerror or error}")


def _lines(table: pd.DataFrame) -> str:
    """A table for the terminal."""
    return table.to_string(index=False, na_rep="")


if __name__ == "__main__":
    main()
