"""The report as PDF: its pages as they print, the summary by itself and the whole set in one file.

Printed by the Chromium of the machine, the one that the tests look at pages with. It is asked for nothing but a file
of this report: no name can be resolved while it works, so that there is no request.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from markupsafe import Markup

from ..chapters import CHAPTERS
from ..errors import FormMissing
from .export import filled, stylesheet
from .language import Language
from .pages import SUMMARY, WORDS, Report, file_name
from .references import across, within

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    *("--headless", "--disable-gpu", "--no-first-run", "--disable-sync", "--disable-extensions"),
    *("--disable-background-networking", "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND"),
    *("--no-pdf-header-footer", "--generate-pdf-document-outline"),
)
SECONDS = 180
"""For one file."""
MAIN = re.compile(r"<main[^>]*>(.*)</main>", re.DOTALL)
MOMENT = re.compile(rb"/(CreationDate|ModDate) \(D:\d{14}[^)]*\)")
PROFILE = re.compile(r'<section class="persona page">.*?</section>', re.DOTALL)
OWN_PAGE = '<main id="content" class="frame profile">'
NOT_FOUND = re.compile(r'<section class="not-found">.*?</section>', re.DOTALL)
HEADING = re.compile(r"<h1>.*?</h1>", re.DOTALL)
SUMMARY_FILE, PROFILES_FILE, WHOLE_FILE = FILES = ("summary.pdf", "profiles.pdf", "report.pdf")


def write(folder: Path, report: Report) -> None:
    """Print the pages of a folder into PDFs beside them: the summary, each profile on a sheet, and the whole set.

    Raises
    ------
    FormMissing
        If there is no Chromium, or it fails; no file is left then.
    """
    whole = [spec for spec in report.specs if (folder / file_name(spec)).exists()]
    summary = [spec for spec in whole if spec.number == SUMMARY]
    names = [
        name
        for spec in whole
        for name in (file_name(spec), *(each.file for each in report.profiles if each.chapter == spec.number))
    ]
    pages = {name: (folder / name).read_text(encoding="utf-8") for name in names}
    sets = {SUMMARY_FILE: {name: pages[name] for name in map(file_name, summary)}, PROFILES_FILE: profiles(pages)}
    try:
        for name, sheets in (sets | {WHOLE_FILE: pages}).items():
            if sheets:
                (folder / name).write_bytes(printed(document(sheets, report.language, report.company)))
    except FormMissing:
        for name in FILES:
            (folder / name).unlink(missing_ok=True)
        raise


def profiles(pages: dict[str, str]) -> dict[str, str]:
    """The profiles that stand on the pages of a report, each as a page of its own; below its heading if it has a file.

    >>> list(profiles({"x.html": '<main><section class="persona page">A</section></main>', "y.html": ""}).values())
    ['<main><section class="persona page">A</section></main>']
    """
    found = [
        "".join(HEADING.findall(page) if OWN_PAGE in page else []) + section
        for page in pages.values()
        for section in PROFILE.findall(page)
    ]
    return {f"profile-{at}.html": f"<main>{section}</main>" for at, section in enumerate(found, 1)}


def browser() -> str:
    """Path of the Chromium that prints.

    Raises
    ------
    FormMissing
        If there is none.
    """
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise FormMissing(
            f"it takes Chromium, and none of {', '.join(BROWSERS)} is on the path: install it (Debian and Ubuntu: "
            "apt install chromium; in a checkout: make browser)"
        )
    return found


def document(pages: dict[str, str], language: Language, company: str) -> str:
    """Pages as one HTML document without navigation, their links leading to places in it.

    What the chapters did not find stands together on the last sheets: a few lines of each would take a sheet of their
    own.

    Parameters
    ----------
    pages : dict of str to str
        HTML by file name, in the order of reading.
    language : Language
    company : str
    """
    prefixes = {name: f"{at}-" for at, name in enumerate(pages)}
    sheets, nothing = [], []
    for name, page in pages.items():
        found = MAIN.search(page)
        body = across(within(found[1] if found else "", prefixes[name]), prefixes)
        kind = "summary" if name == file_name(CHAPTERS[SUMMARY]) else "chapter"
        chapter = HEADING.search(body)
        title = re.sub("h1>", "h2>", chapter[0]) if chapter else ""
        nothing += [title + each.replace("<h2>", '<h2 class="again">') for each in NOT_FOUND.findall(body)]
        sheets.append({"id": prefixes[name], "kind": kind, "body": Markup(NOT_FOUND.sub("", body))})
    if nothing:
        heading = f"<h1>{language.translate(WORDS['not_found'])}</h1>"
        sheets.append({"id": "not-found", "kind": "chapter", "body": Markup(heading + "".join(nothing))})
    view = {
        "language": language.code,
        "company": company,
        "title": language.translate(WORDS["product"]),
        "sheets": sheets,
    }
    return filled("paper.html.j2", view | stylesheet("paper.css"))


def printed(html: str) -> bytes:
    """A document as tagged PDF; equal documents give equal files.

    Raises
    ------
    FormMissing
        If there is no Chromium, or it fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "document.html"), Path(folder, "document.pdf")
        source.write_text(html, encoding="utf-8")
        root = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium has no sandbox for the superuser
        command = [browser(), *FLAGS, *root, f"--user-data-dir={folder}/profile", f"--print-to-pdf={target}"]
        try:
            done = subprocess.run(
                [*command, source.as_uri()], capture_output=True, text=True, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise FormMissing(f"{command[0]} has not printed it within {SECONDS} seconds") from None
        if done.returncode or not target.exists():
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise FormMissing(f"{command[0]} could not print it (exit code {done.returncode}): {last}")
        return MOMENT.sub(rb"/\1 (D:20000101000000+00'00')", target.read_bytes())
