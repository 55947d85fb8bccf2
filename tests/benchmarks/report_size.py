"""How much there is to read in a report: words, tables, charts, bytes and height of each page, seen in Chromium.

Counted is what a reader sees when a page opens, labels of charts included: without navigation, header, footer and what
is folded away. Without `--folder` the report of the demo company is made anew.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from customer_profiles.chapters import CHAPTERS
from customer_profiles.reporting.bundle import SLIDES
from customer_profiles.reporting.cards import FILE
from customer_profiles.reporting.pages import SUMMARY, file_name
from customer_profiles.reporting.paper import browser

ROOT = Path(__file__).parents[2]
WIDE, PHONE = 1280, 375
FIRST = "06"
"""Last chapter of those that are counted together."""
SEEN = """() => {
  const away = 'nav, header, footer, details, .skip';
  const seen = e => !e.closest(away) && e.checkVisibility();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let words = 0;
  while (walker.nextNode())
    if (seen(walker.currentNode.parentElement))
      words += (walker.currentNode.textContent.match(/\\S*[\\p{L}\\p{N}]\\S*/gu) || []).length;
  const count = css => [...document.querySelectorAll(css)].filter(seen).length;
  const ends = [...document.querySelectorAll('.answers article')].map(a => a.getBoundingClientRect().bottom + scrollY);
  return {
    words, tables: count('table'), charts: count('figure svg'), height: document.documentElement.scrollHeight,
    answers: Math.round(Math.max(0, ...ends)),
  };
}"""


def measured(chromium: Browser, path: Path, width: int) -> dict[str, int]:
    """Counts of a page at a width."""
    page = chromium.new_page(viewport={"width": width, "height": 900})
    page.goto(path.as_uri())
    found: dict[str, int] = page.evaluate(SEEN)
    page.close()
    return found


def report(home: Path, *options: str) -> Path:
    """The report of the demo company, made in a project folder of its own."""
    ignored = shutil.ignore_patterns("runs")
    shutil.copytree(ROOT / "data" / "demo", home / "data" / "demo", ignore=ignored)
    environment = os.environ | {"CUSTOMER_PROFILES_HOME": str(home), "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "customer_profiles.cli", "report", "demo", *options]
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return home / "reports" / "demo" / "latest"


def told(folder: Path) -> list[str]:
    """A line for each count of each page, then those of several pages together."""
    files = {number: folder / file_name(spec) for number, spec in sorted(CHAPTERS.items())}
    pages = {number: path for number, path in files.items() if path.exists()}  # who has nothing to say has none
    lines, first = [], {"words": 0, "tables": 0, "charts": 0}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser(), args=["--no-sandbox", "--disable-gpu"])
        for number, path in pages.items():
            found = measured(chromium, path, WIDE)
            counts = {"words": found["words"], "tables": found["tables"], "charts": found["charts"]}
            first = {name: first[name] + counts[name] * (number <= FIRST) for name in first}
            all_of_it = counts | {"bytes": path.stat().st_size, "pixels": found["height"]}
            lines += [f"page {number} {name}: {count}" for name, count in all_of_it.items()]
            if number == SUMMARY:
                lines += [f"answers {WIDE}: {found['answers']}"]
                lines += [f"answers {PHONE}: {measured(chromium, path, PHONE)['answers']}"]
        profiles = [measured(chromium, path, WIDE)["words"] for path in sorted(folder.glob(FILE.format("*")))]
        chromium.close()
    lines += [f"first {name}: {count}" for name, count in first.items()]
    lines += [f"longest segment words: {max(profiles)}"] if profiles else []
    size = sum(path.stat().st_size for path in folder.glob("*.html") if path.name != SLIDES)
    findings = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
    return [*lines, f"all megabytes: {size / 1e6:.2f}", f"all findings: {len(findings)}"]


def main() -> None:
    """Print the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="of a published report that is there already")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        print("\n".join(told((options.folder or report(Path(home))).resolve())))


if __name__ == "__main__":
    main()
