"""One unattended run: validate, execute the notebooks, export their pages, check for leaks, publish.

Everything is written beside the last report and published in one step at the very end. Whatever fails before leaves
the last report as it was.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from .. import paths
from ..chapters import CHAPTERS, ChapterSpec, named
from ..errors import FormMissing, KernelDied, naming
from ..ingest.config.dataset import Dataset, load_dataset
from ..ingest.config.solutions import NAME as SOLUTIONS
from ..ingest.config.topics import NAME as TOPICS
from ..ingest.readers.provenance import Content, Contents, refuse_changed
from ..params import Params
from ..reporting import history, publish
from ..reporting.outputs import check
from ..reporting.pages import SUMMARY, Report, file_name, reading_order
from ..reporting.stored import is_complete, read_results, read_segment_names, write_json
from ..tables import Tables
from . import resume as resuming
from . import stopping
from .kernels import Kernels, folder_of
from .notebook import execute
from .progress import Progress
from .schedule import run_all

if TYPE_CHECKING:
    from nbformat import NotebookNode

JOBS = 2
CHANGES = "11"
"""Chapter that compares with an earlier run."""


@dataclass(frozen=True)
class Run:
    """What one run makes, from what, and where.

    Parameters
    ----------
    dataset : Dataset
    as_of : date
        Nothing after this day is visible to any step.
    language : str
        Language of the report.
    specs : dict
        Chapters to run, by number.
    folder : Path
        New folder below the data set's ``runs/``: tables, results and executed notebooks, never published.
    pages : Path
        New folder of the same name below ``reports/<name>/``.
    told : dict
        dataset.yaml and what lies beside it, as they were when the run began.
    compare : str
        Run to compare with; empty: the last published one.
    done : tuple of str
        Chapters that a killed run has finished in this folder.
    resumed : bool
        Whether this goes on with a killed run.
    note : str
        What there is to say about that.
    """

    dataset: Dataset
    as_of: date
    language: str
    specs: dict[str, ChapterSpec]
    folder: Path
    pages: Path
    told: Contents = field(default_factory=dict)
    compare: str = ""
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    done: tuple[str, ...] = ()
    resumed: bool = False
    note: str = ""

    @property
    def tables(self) -> Tables:
        """Tables that the chapters write."""
        return Tables(self.folder)

    @property
    def notebooks(self) -> Path:
        """Where the executed notebooks go."""
        return self.folder / publish.NOTEBOOKS

    def results(self, number: str) -> Path:
        """Where a chapter leaves its results."""
        return self.folder / "chapters" / number

    def params(self) -> dict[str, Params]:
        """Validated parameters of each chapter."""
        given = {
            "dataset": str(self.dataset.file),
            "as_of": self.as_of.isoformat(),
            "language": self.language,
            "run_folder": str(self.folder),
        }
        own = {number: {"compare_with": self.compare} if number == CHANGES else {} for number in self.specs}
        return {number: spec.params.check(given | own[number]) for number, spec in self.specs.items()}


def run_report(
    dataset_yaml: str | Path,
    as_of: str | None = None,
    language: str | None = None,
    out: str | Path | None = None,
    only: str | None = None,
    jobs: int = JOBS,
    progress: bool = True,
    forms: Collection[str] = (),
    compare: str = "",
    resume: bool = False,
) -> Path:
    """Make the report of a data set and publish it.

    Parameters
    ----------
    dataset_yaml : str or Path
        Path of a dataset.yaml, or the name of a folder under ``data/``.
    as_of : str, optional
        Day of the run, ``YYYY-MM-DD``; otherwise as dataset.yaml says, else today.
    language : {"en", "de"}, optional
        Otherwise as dataset.yaml says.
    out : str or Path, optional
        Folder of reports; otherwise ``reports/``.
    only : str, optional
        Number of a chapter: run it and what it needs. Such a part of a report is left beside the published one.
    jobs : int
        Notebooks that run side by side.
    progress : bool
        Whether to show progress on standard error.
    forms : collection of {"slides", "pdf"}
        What to make besides pages, workbook and findings.
    compare : str
        Run to say what changed since, its name or its day; otherwise the last published one.
    resume : bool
        Whether to go on with a run that was killed, if all that it was made of is still the same.

    Returns
    -------
    Path
        The page to open.

    Raises
    ------
    ProfileError
        One of its subclasses, each with the exit code of the command line.
    """
    given = paths.dataset_file(dataset_yaml)
    told = {path: Content.of(path) for path in (given, given.with_name(TOPICS), given.with_name(SOLUTIONS))}
    dataset = load_dataset(given)
    specs = chapters(only)
    Params.check({"as_of": as_of or "", "language": language or ""})
    runs, reports = paths.runs(dataset.file), paths.reports(dataset.name, out)
    with publish.lock(runs):
        run_id = publish.new_run_id()
        run = Run(
            dataset=dataset,
            as_of=date.fromisoformat(as_of) if as_of else dataset.as_of or datetime.now(dataset.zone).date(),
            language=language or dataset.language,
            specs=specs,
            folder=runs / run_id,
            pages=reports / run_id,
            told=told,
            compare=publish.kept_run(runs, compare).name if compare else "",
        )
        run = _gone_on_with(run, resuming.killed_run(runs)) if resume else run
        for killed in publish.clear_killed(runs, reports, spare=run.folder):
            shutil.rmtree(folder_of(_short(killed)), ignore_errors=True)
        try:
            missing = _make(run, jobs, progress, forms)
            stopping.finish()
            if only is None:
                publish.publish(run.folder, run.pages)
                history.update(runs, run.dataset.privacy.rounded)
            publish.end(run.folder)
        except BaseException as error:
            with stopping.held():
                stopped = isinstance(error, stopping.Stopped | KeyboardInterrupt)
                publish.abandon(run.folder, run.pages, keep="" if stopped else publish.NOTEBOOKS)
                publish.prune(runs, reports)
            if isinstance(error, stopping.Stopped):
                error.consequence = "nothing was published, and the last report stays as it was"
            raise
        publish.prune(runs, reports)
        page = (run.pages if only else reports / publish.LATEST) / file_name(CHAPTERS[only or SUMMARY])
        if missing:
            raise FormMissing(missing.why, page)
        return page


def _gone_on_with(run: Run, killed: Path | None) -> Run:
    """The run with the chapters that a killed one has finished; as it is where none can be used."""
    if killed is None:
        return replace(run, note="There is no killed run to go on with.")
    done, told, why = resuming.read(replace(run, folder=killed, resumed=True))
    if not done:
        return replace(run, note=f"The killed run begins again: {why}.")
    shutil.rmtree(folder_of(_short(killed.name)), ignore_errors=True)
    resuming.take_over(killed, run.folder, run.pages.with_name(killed.name), run.specs, done)
    said = f"Goes on with the run that was killed; done: {', '.join(done)}."
    return replace(run, done=tuple(done), started=datetime.fromisoformat(told["started"]), resumed=True, note=said)


def chapters(only: str | None = None) -> dict[str, ChapterSpec]:
    """Chapters to run: all, or one with everything it builds on.

    Raises
    ------
    ConfigurationError
        If there is no such chapter.

    Examples
    --------
    >>> list(chapters("04"))
    ['01', '03', '04']
    """
    if only is None:
        return dict(CHAPTERS)
    needed, unseen = set(), [named(only).number]
    while unseen:
        number = unseen.pop()
        needed.add(number)
        unseen += CHAPTERS[number].after
    return {number: spec for number, spec in CHAPTERS.items() if number in needed}


def _make(run: Run, jobs: int, visible: bool, forms: Collection[str]) -> FormMissing | None:
    """Fill the run's two folders; returns what an optional form has lacked."""
    params = run.params()
    publish.begin(run.folder, run.pages)
    left = [spec for number, spec in run.specs.items() if number not in run.done]
    with Progress(left, visible, run.folder) as progress:
        if run.note:
            progress.say(f"  {run.note}")
        with Kernels(_short(run.folder.name)) as kernels:
            kernel = "forked" if kernels.forked else f"python3 ({kernels.note})"
            if not kernels.forked:
                progress.say(f"  Each notebook starts a kernel of its own: {kernels.note}.")
            notebooks = _execute_all(run, params, jobs, kernels, progress)
        with naming(run.pages):
            missing = _write_pages(run, params, notebooks, kernel, forms)
        progress.tick()
    return missing


def _execute_all(
    run: Run, params: dict[str, Params], jobs: int, kernels: Kernels, progress: Progress
) -> dict[str, NotebookNode]:
    """Execute the notebooks; each has to reach its end marker, because a kernel can end without an error."""
    import nbformat

    done, noting, made_of = list(run.done), Lock(), dict[str, str | None]()

    def task(spec: ChapterSpec) -> NotebookNode:
        output = run.notebooks / f"{spec.stem}.ipynb"
        notebook = execute(spec, params[spec.number], output, kernels, progress.tick)
        for cell in check(notebook, spec):
            progress.say(f"  {cell}")
        if not is_complete(run.results(spec.number)):
            raise KernelDied(f"notebook {spec.stem} ended before it saved its facts")
        refuse_changed(run.told)
        with noting:
            done.append(spec.number)
            made_of.update(made_of or resuming.made_of(run))
            resuming.note(run, done, made_of)
        progress.chapter(spec)
        return notebook

    made = {n: nbformat.read(run.notebooks / f"{run.specs[n].stem}.ipynb", nbformat.NO_CONVERT) for n in run.done}
    return made | run_all(
        {number: partial(task, spec) for number, spec in run.specs.items() if number not in run.done},
        {number: spec.after for number, spec in run.specs.items()},
        jobs,
        stop=kernels.close,
    )


def _write_pages(
    run: Run, params: dict[str, Params], notebooks: dict[str, NotebookNode], kernel: str, forms: Collection[str]
) -> FormMissing | None:
    from ..identity.pseudonyms import pseudonym_key
    from ..reporting import paper
    from ..reporting.bundle import refuse_leaks, write_report
    from ..reporting.language import Language
    from ..reporting.manifest import manifest

    labels, values = run.dataset.vocabulary()
    report = Report(
        company=run.dataset.title,
        language=Language(
            run.language,
            run.dataset.currency,
            labels,
            read_segment_names(run.folder) | values,
            run.dataset.privacy.rounded,
        ),
        as_of=run.as_of,
        specs=reading_order(run.specs),
        min_group_size=run.dataset.privacy.min_group_size,
        folder=run.folder,
        params=params,
        results={number: read_results(run.results(number)) for number in run.specs},
    )
    published = write_report(run.pages, notebooks, report, with_slides="slides" in forms)
    refuse_leaks(run.pages, report, run.tables, pseudonym_key(run.dataset))
    kept = [cell for spec in report.specs for cell in check(notebooks[spec.number], spec)]
    made_from = manifest(run.pages.name, run.started, run.dataset, run.as_of, params, run.tables, kernel, kept)
    refuse_changed(run.told)
    write_json(run.pages / "run.json", made_from)
    try:
        if "pdf" in forms:
            paper.write(run.pages, published)
    except FormMissing as missing:
        return missing
    return None


def _short(run_id: str) -> str:
    """The random end of a run's name: paths of sockets must be short."""
    return run_id.rpartition("-")[2]
