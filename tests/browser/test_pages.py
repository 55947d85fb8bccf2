"""Every page of a report as a reader sees it: on a phone and on a screen, in light and in dark, and on paper.

Nothing is requested beyond the files, nothing is logged, axe finds nothing, and no text is cut off.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from benchmarks.report_size import WIDE, measured

from customer_profiles.chapters import CHAPTERS
from customer_profiles.reporting import paper
from customer_profiles.reporting.bundle import SLIDES
from customer_profiles.reporting.cards import FILE
from customer_profiles.reporting.language import Language
from customer_profiles.reporting.pages import file_name

pytestmark = pytest.mark.browser

MAX_BYTES = 5_000_000
VIEWS = ((375, "dark"), (1280, "light"))  # each width and each scheme once: colours move nothing
# axe needs a minute for a table of a thousand rows, and those folded away are written like those above them.
FOLDED_CODE = "details:not(.published-table details)"
REPORTS = ("demo_report", "complete_journey_report", "b2b_report", "telco_report", "olist_report")
SHEET = (673, 1017)
"""Pixels of an A4 sheet within its margins."""
SEGMENTS = [FILE.format(at) for at in range(1, 11)]
"""Pages of as many segments as the largest report has and more; who is not there has none."""
MOST_WORDS = 300
PAGES = [*(file_name(spec) for _, spec in sorted(CHAPTERS.items())), SLIDES]
# By data set: pages of chapters that have nothing to say, as that of what changed in a first year.
SILENT = {
    "complete_journey": {"04_analyse_feedback.html", "09_plan_actions.html", "11_track_changes.html"},
    "telco": {"06_follow_journeys.html", "11_track_changes.html"},
    "olist": {"11_track_changes.html"},
}

# Words that end outside the window, or outside a box that neither scrolls nor grows. What lies in a region made to
# scroll is within reach; what is hidden for the eye on purpose (the skip link) does not count.
CUT_OFF = """() => {
  const cut = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement;
    if (!node.textContent.trim() || !parent.checkVisibility() || parent.closest('.skip')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      let left = 0, right = document.documentElement.clientWidth, scrolls = false;
      for (let e = parent; e && e !== document.body; e = e.parentElement) {
        const overflow = getComputedStyle(e).overflowX;
        if (overflow === 'auto' || overflow === 'scroll') { scrolls = true; break; }
        if (overflow === 'hidden' || overflow === 'clip') {
          const outer = e.getBoundingClientRect();
          left = Math.max(left, outer.left); right = Math.min(right, outer.right);
        }
      }
      if (!scrolls && (box.left < left - 1 || box.right > right + 1)) cut.push(node.textContent.trim().slice(0, 60));
    }
  }
  return cut;
}"""

# Charts of which a reader does not see exactly one of the two drawings, and its words in a readable size. On a phone
# the answers of the summary have none.
NOT_SEEN = """() => [...document.querySelectorAll('figure.chart')].filter(figure => {
  if (innerWidth < 640 && figure.closest('.answers')) return figure.checkVisibility();
  const seen = [...figure.querySelectorAll('svg')].filter(svg => svg.getBoundingClientRect().width > 0);
  return seen.length !== 1 || [...seen[0].querySelectorAll('text')].some(text =>
    parseFloat(getComputedStyle(text).fontSize) * Math.hypot(text.getScreenCTM().a, text.getScreenCTM().b) < 8);
}).map(figure => figure.closest('section').id)"""

# What is broken in the layout: words of a drawing on top of each other, and cards with nothing in them.
BROKEN = """() => {
  const found = [];
  for (const svg of document.querySelectorAll('figure svg')) {
    if (!svg.checkVisibility() || svg.getBoundingClientRect().width === 0) continue;
    const words = [...svg.querySelectorAll('text:not([transform*=rotate])')].filter(t => t.textContent.trim());
    const boxes = words.map(t => [t.textContent.trim(), t.getBoundingClientRect()]);
    boxes.forEach(([word, a], at) => boxes.slice(at + 1).forEach(([other, b]) => {
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 2 && high > 0.4 * Math.min(a.height, b.height)) found.push(`${word} / ${other}`);
    }));
  }
  for (const card of document.querySelectorAll('.panel, .answers article, .kpis li, .persona, .follows, .shown'))
    if (card.checkVisibility() && !card.textContent.trim()) found.push(`empty: ${card.className} ${card.id}`);
  return found;
}"""
# Cells of a table that end beyond the sheet.
OFF_THE_SHEET = """() => [...document.querySelectorAll('th, td')].filter(cell =>
  cell.checkVisibility() && cell.getBoundingClientRect().right > document.documentElement.clientWidth + 1
).map(cell => cell.textContent.trim())"""


@pytest.fixture(params=REPORTS)
def folder(request) -> Path:
    """Folder of a published report."""
    return request.getfixturevalue(request.param).folder


@pytest.fixture
def visit(browser):
    """Opens a page and records what it asks for and what it logs."""
    contexts = []

    def open_page(path: Path, width: int = 1280, scheme: str = "light", **options):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **options)
        contexts.append(context)
        page = context.new_page()
        page.requests, page.complaints = [], []
        page.on("request", lambda request: page.requests.append(request.url))
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


def test_every_chapter_has_its_page_and_a_bearable_size(folder):
    named = {path.name for path in folder.glob("*.html")}
    assert named - set(SEGMENTS) == set(PAGES) - SILENT.get(folder.resolve().parent.name, set())
    assert max(path.stat().st_size for path in folder.glob("*.html")) <= MAX_BYTES


def test_each_segment_has_a_page_of_few_words_that_summary_and_profiles_lead_to(folder, browser):
    named = {path.name for path in folder.glob(FILE.format("*"))}
    for page in ("index.html", file_name(CHAPTERS["10"])):
        text = (folder / page).read_text("utf-8")
        assert set(re.findall(r'<a href="(segment-\d+\.html)"', text)) == named, page
    words = {name: measured(browser, folder / name, WIDE)["words"] for name in named}
    assert {name: count for name, count in words.items() if not 40 <= count <= MOST_WORDS} == {}


def views() -> list:
    """Every page of both reports in each view; of the second report the other view is slow, as are further segments."""

    def marks(at: int, name: str, view: tuple[int, str]) -> list:
        return [pytest.mark.slow] if at > 1 or (at and view != VIEWS[0]) or name in SEGMENTS[1:] else []

    return [
        pytest.param(report, name, *view, marks=marks(at, name, view))
        for at, report in enumerate(REPORTS)
        for name in (*PAGES, *SEGMENTS)
        for view in VIEWS
    ]


@pytest.mark.parametrize(("folder", "name", "width", "scheme"), views(), indirect=["folder"])
def test_page_is_quiet_complete_and_accessible(folder, name, width, scheme, visit):
    from axe_playwright_python.sync_playwright import Axe

    if (folder / name).exists():  # which may be missing is told above
        page = visit(folder / name, width, scheme)
        page.evaluate(f"document.querySelectorAll({FOLDED_CODE!r}).forEach(d => d.open = true)")
        found = Axe().run(page)
        assert found.violations_count == 0, f"{name} at {width} px, {scheme}\n{found.generate_report()}"
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        beyond = [url for url in page.requests if not url.startswith(("data:", (folder / name).as_uri()))]
        where = f"{name} at {width} px, {scheme}"
        assert beyond == [], where
        assert page.complaints == [], where
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{where} is too wide"
        assert page.evaluate(CUT_OFF) == [], where
        assert page.evaluate(NOT_SEEN) == [], where


@pytest.mark.parametrize("width", [375, 1280])
def test_no_words_lie_on_top_of_each_other_and_no_card_is_empty(folder, width, visit):
    found = {}
    for path in sorted(folder.glob("*.html")):
        page = visit(path, width)
        found[path.name] = page.evaluate(BROKEN)
        page.close()  # twenty pages open at once are what a small machine can hardly hold
    assert {name: broken for name, broken in found.items() if broken} == {}


def test_no_column_is_lost_on_paper(folder, visit):
    lost = {}
    for path in sorted({*folder.glob("[i0-9]*.html"), *folder.glob(FILE.format("*"))}):
        page = visit(path)
        page.set_viewport_size({"width": SHEET[0], "height": SHEET[1]})
        page.emulate_media(media="print")
        lost[path.name] = [*page.evaluate(OFF_THE_SHEET), *page.evaluate(CUT_OFF)]
        page.close()
    assert {name: cells for name, cells in lost.items() if cells} == {}


def test_each_profile_prints_on_one_sheet(folder):
    pages = paper.profiles(
        {path.name: path.read_text("utf-8") for path in [*folder.glob("10_*.html"), *folder.glob(FILE.format("*"))]}
    )
    for name, profile in pages.items():
        printed = paper.printed(paper.document({name: profile}, Language("en"), "Company"))
        assert len(re.findall(rb"/Type /Page\b", printed)) == 1, name


@pytest.mark.parametrize(
    "name", [*PAGES, SEGMENTS[0], *(pytest.param(name, marks=pytest.mark.slow) for name in SEGMENTS[1:])]
)
def test_every_link_leads_somewhere(folder, name, visit):
    if not (folder / name).exists():  # which may be missing is told above
        return
    page = visit(folder / name)
    for href in page.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))"):
        target, _, anchor = href.partition("#")
        text = (folder / (target or name)).read_text(encoding="utf-8")
        assert not anchor or f'id="{anchor}"' in text, href
    twice = page.evaluate(
        "[...document.querySelectorAll('[id]')].map(e => e.id).filter((x, i, all) => all.indexOf(x) < i)"
    )
    assert twice == []


def test_works_without_scripts_and_by_keyboard(folder, visit):
    page = visit(folder / "index.html", java_script_enabled=True)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#content"
    plain = visit(folder / "index.html", java_script_enabled=False)
    plain.click("nav li:nth-child(2) a")
    assert plain.url.endswith(PAGES[1])


def test_slides_print_one_a_sheet_and_nothing_is_cut_off(folder, visit, tmp_path):
    page = visit(folder / SLIDES)
    slides = page.locator(".slide").count()
    page.emulate_media(media="print")
    over = "[...document.querySelectorAll('.slide')].filter(s => s.scrollHeight > s.clientHeight + 1).map(s => s.id)"
    assert page.evaluate(over) == []
    page.emulate_media(media="screen")
    page.keyboard.press("ArrowDown")
    for _ in range(100):  # the page snaps to the next slide; its policy lets nobody wait inside it
        if page.evaluate("scrollY") > 600:
            break
        page.wait_for_timeout(100)
    assert page.evaluate("scrollY") > 600
    printed = paper.printed((folder / SLIDES).read_text("utf-8"))
    assert len(re.findall(rb"/Type /Page\b", printed)) == slides


def test_pdf_is_tagged_complete_and_the_same_each_time(folder):
    pages = {name: (folder / name).read_text("utf-8") for name in PAGES if name != SLIDES and (folder / name).exists()}
    whole = paper.document(pages, Language("en"), "Company")
    printed = paper.printed(whole)
    for sign in (b"/StructTreeRoot", b"/MarkInfo", b"/Lang (en)", b"/Outlines", b"/Title"):
        assert sign in printed
    assert b"file://" not in printed
    assert b"http" not in printed
    only = paper.document({"index.html": pages["index.html"]}, Language("en"), "Company")
    summary = paper.printed(only)
    assert paper.printed(only) == summary
    assert len(re.findall(rb"/Type /Page\b", summary)) == 1


def test_what_was_not_found_takes_no_sheet_in_each_chapter(folder):
    pages = {path.name: path.read_text("utf-8") for path in sorted(folder.glob("[i0-9]*.html"))}
    told = sum(page.count('class="not-found"') for page in pages.values())
    assert told
    whole = paper.document(pages, Language("en"), "Company")
    assert whole.count('class="not-found"') == told
    assert whole.index('class="not-found"') > max(whole.index(f'id="{at}-"') for at in range(len(pages)))


def test_paper_gets_black_on_white_and_no_navigation(folder, visit):
    page = visit(folder / "index.html", scheme="dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('.top nav')).display") == "none"
