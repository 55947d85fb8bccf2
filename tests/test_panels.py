"""Panels: guarded before they are drawn, told in one place, kept as data, and open to anybody's chart."""

from __future__ import annotations

import json

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import seaborn as sns

from customer_profiles import viz
from customer_profiles.chapter import Chapter
from customer_profiles.chapters import CHAPTERS
from customer_profiles.errors import ConfigurationError, PrivacyRefused
from customer_profiles.ingest.config.dataset import load_dataset
from customer_profiles.messages import Finding, Text
from customer_profiles.reporting import stored
from customer_profiles.results import NOBODY, ONE_MARGIN, OVERLAPPING, Disclosure, Result
from customer_profiles.stats.claims import Claims

DATASET = """\
name: test
title: Test
language: {language}
sources:
  - {{name: crm, system: crm, path: crm.csv, table: customers, columns: {{customer_id: id}}}}
"""
COUNTS = pd.DataFrame({"value": ["north", "south", "east"], "n": [60, 36, 4], "base": 100, "share": [0.6, 0.36, 0.04]})


@pytest.fixture
def shown(monkeypatch):
    """What a notebook shows, in order."""
    outputs = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: outputs.append(data))
    return outputs


@pytest.fixture
def chapter(tmp_path, shown):
    return opened(tmp_path)


def opened(folder, language="en"):
    (folder / "dataset.yaml").write_text(DATASET.format(language=language))
    spec = CHAPTERS["02"]
    return Chapter(spec, spec.params(), load_dataset(folder / "dataset.yaml"), folder / "run")


def regions(**more) -> Result:
    return Result("regions", COUNTS, Text("Customers by region"), ONE_MARGIN, **more)


class TestGuard:
    def test_a_chart_sees_only_what_may_be_shown(self, chapter):
        seen = []
        chapter.panel(regions(), lambda frame, ax: seen.append(frame))
        for frame in seen:
            assert frame["n"].tolist()[:1] == [60]
            assert frame.loc[frame["value"].isin(["south", "east"]), ["n", "share"]].isna().all(axis=None)
            assert "suppressed" not in frame

    def test_nothing_hidden_is_drawn_said_or_kept(self, chapter, shown):
        claim = Claims(
            "regions", "{value:value} has {n:count}.", {"value": "value", "n": "n"}, ("value",), effect=0.1, kind="fact"
        )
        told = regions(claims=lambda table: claim.tell(table.assign(claim=True), family=3))
        chapter.panel(told, viz.bars, x="share", y="value", blocks=None)
        kept = json.loads((chapter.results / "blocks" / "regions.json").read_text())
        assert [claim["id"] for claim in kept["claims"]] == ["regions.north"]
        for text in (json.dumps(kept), shown[0]["text/html"]):
            assert "60%" in text
            assert "36%" not in text
            assert "4.0%" not in text
        table = pd.read_parquet(chapter.results / "published" / "regions.parquet")
        assert table.loc[table["value"] == "east", "n"].isna().all()

    def test_the_chart_has_the_rows_that_its_message_names(self, chapter):
        seen = []
        claim = Claims(
            "regions", "{value:value} has {n:count}.", {"value": "value", "n": "n"}, ("value",), effect=0.1, kind="fact"
        )
        told = regions(claims=lambda table: claim.tell(table.assign(claim=True), family=3))
        chapter.panel(told.where(value=["south"]), lambda frame, ax: seen.append(frame))
        assert set(seen[0]["value"]) == {"north", "south"}

    def test_the_small_chart_has_the_row_of_the_message(self, chapter):
        frame = pd.DataFrame({"value": list("abcdef"), "n": range(60, 0, -10), "base": 210})
        claim = Finding("“{value:value}” is small.", {"value": "f"}, id="small", kind="fact")
        result = Result("index", frame.assign(share=frame["n"] / 210), Text("Letters"), NOBODY, lambda table: [claim])
        chapter.panel(result, viz.bars, x="share", y="value")
        small = chapter.panels["index"].drawing.small
        assert ">f</text>" in small
        assert ">e</text>" not in small

    def test_nothing_but_noughts_is_no_chart(self, chapter):
        frame = pd.DataFrame({"value": ["read", "lost"], "n": [0, 0], "base": 100, "share": 0.0})
        chapter.panel(Result("noughts", frame, Text("Noughts"), NOBODY), viz.bars, x="share", y="value")
        assert chapter.panels["noughts"].drawing is None

    def test_a_view_without_rows_is_no_panel_and_takes_nothing_from_the_next(self, chapter):
        chapter.panel(regions().where(value="west"), viz.bars, x="share", y="value")
        assert not chapter.panels
        chapter.panel(regions().where(value="north"), viz.bars, x="share", y="value")
        assert len(chapter.panels["regions"].table.frame) == len(COUNTS)

    def test_a_table_of_customers_is_refused(self, chapter):
        with pytest.raises(PrivacyRefused, match="one row per customer"):
            chapter.panel(Result("x", COUNTS.assign(customer_id="a"), Text("x"), NOBODY))

    def test_a_chart_of_something_else_is_refused(self, chapter):
        profile = pd.DataFrame({"age": np.arange(500), "spend": np.arange(500)})
        with pytest.raises(PrivacyRefused, match="draws 500 dots"):
            chapter.panel(regions(), lambda frame, ax: sns.scatterplot(profile, x="age", y="spend", ax=ax))

    @pytest.mark.parametrize("rule", [Disclosure(), ONE_MARGIN, OVERLAPPING])
    def test_a_count_column_is_asked_for(self, chapter, rule):
        with pytest.raises(PrivacyRefused, match="'n'"):
            chapter.panel(Result("x", COUNTS.drop(columns="n"), Text("x"), rule))


class TestOwnCharts:
    def test_anybodys_chart_is_drawn_in_the_readers_language(self, tmp_path, shown):
        chapter = opened(tmp_path, "de")
        result = Result("asked", COUNTS.assign(value=["female", "male", "x"], n=50), Text("Customers"), OVERLAPPING)
        chapter.panel(result, lambda frame, ax: sns.barplot(frame, x="n", y="value", ax=ax))
        assert "weiblich" in shown[0]["text/html"]
        assert "Anzahl (n)" in shown[0]["text/html"]

    def test_a_frame_of_ones_own_is_guarded_by_the_strictest_rule(self, chapter):
        mine = COUNTS.groupby("value", as_index=False)["n"].sum()
        chapter.panel(
            mine, lambda frame, ax: sns.barplot(frame, x="n", y="value", ax=ax), title="Late parcels by region"
        )
        assert chapter.panels["late_parcels_by_region"].table.suppressed == 2

    def test_a_frame_of_ones_own_needs_a_title(self, chapter):
        with pytest.raises(ConfigurationError, match="needs a title"):
            chapter.panel(COUNTS)

    def test_a_frame_of_ones_own_has_what_is_drawn(self, chapter):
        with pytest.raises(ConfigurationError, match=r"y='values': .* did you mean 'value'"):
            chapter.panel(COUNTS, viz.bars, x="n", y="values", title="Late parcels")

    def test_a_chart_of_seaborn_is_a_chart(self, chapter):
        chapter.panel(COUNTS, sns.barplot, x="n", y="value", title="Late parcels")
        assert chapter.panels["late_parcels"].drawing.wide.startswith("<svg")

    @pytest.mark.parametrize("chart", ["bars", lambda frame: None, lambda frame, ax, width: None])
    def test_what_is_no_chart_is_told_how_it_is_called(self, chapter, chart):
        with pytest.raises(
            ConfigurationError, match=r"(called as <lambda>\(frame, ax, x=…\)|\(frame, ax, …\), not str)"
        ):
            chapter.panel(COUNTS, chart, title="Late parcels", x="n")

    def test_pyplot_stays_out_of_it(self, chapter):
        chapter.panel(regions(), viz.bars, x="share", y="value", blocks=None)
        assert plt.get_fignums() == []


class TestWhatIsKept:
    def test_a_panel_comes_back_as_it_was(self, chapter):
        claim = Finding("{n:count} in the north.", {"n": 60}, id="regions.north", interval=(0.5, 0.7))
        chapter.panel(regions(claims=lambda table: [claim]), viz.bars, x="share", y="value", blocks=None)
        ours, kept = chapter.panels["regions"], stored.read_block(chapter.results, "regions", 10)
        assert kept.claims == ours.claims
        assert (kept.claims[0].table, kept.claims[0].chapter) == ("regions", "")
        assert kept.drawing == ours.drawing
        assert kept.title == ours.title
        pd.testing.assert_frame_equal(kept.table.frame, ours.table.frame, check_dtype=False)
        assert [finding.chapter for finding in stored.read_results(chapter.results).findings] == ["02"]

    def test_a_result_shown_twice_has_its_evidence_once(self, chapter):
        chapter.panel(regions(), viz.bars, x="share", y="value", blocks=None)
        chapter.panel(regions().head(1), viz.bars, x="share", y="value", blocks=None)
        first, second = chapter.panels.values()
        assert first.table is not None
        assert second.table is None
        assert stored.read_results(chapter.results).tables.keys() == {"regions"}

    def test_a_panel_can_be_saved(self, chapter, tmp_path):
        chapter.panel(regions(), viz.bars, x="share", y="value", blocks=None)
        panel = chapter.panels["regions"]
        assert pd.read_csv(panel.save(tmp_path / "x.csv"))["n"].isna().sum() == 2
        assert panel.save(tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
        assert panel.save(tmp_path / "x.svg").read_text().startswith("<svg")
        with pytest.raises(ConfigurationError, match=r"x\.pdf"):
            panel.save(tmp_path / "x.pdf")

    def test_an_empty_result_says_once_what_it_needs(self, chapter, shown):
        for _ in range(2):
            chapter.panel(Result("tickets", COUNTS[:0], Text("Tickets"), needs="tickets"), viz.bars)
        chapter.panel(Result("nothing", COUNTS[:0], Text("Nothing")))
        (output,) = shown
        assert "<p>Left out: the data hold no “Service tickets”.</p>" in output["text/html"]


class TestViews:
    def test_views_choose_rows_for_the_chart_and_leave_the_evidence_whole(self, chapter):
        seen = []
        result = Result("regions", COUNTS.assign(n=[60, 36, 40]), Text("Regions"), OVERLAPPING)
        views = [
            result.head(1),
            result.nlargest(2, "n"),
            result.where(value=["east"]),
            result.where(value="east"),
            result.query("n < 40"),
            result.sort_values("n").head(1),
        ]
        for view in views:
            chapter.panel(view, lambda frame, ax: seen.append(frame["value"].tolist()))
        assert seen[::2] == [["north"], ["north", "east"], ["east"], ["east"], ["south"], ["south"]]
        assert len(chapter.panels["regions"].table.frame) == 3


class TestClaims:
    TOLD = Claims(
        "regions",
        lambda row: "{value:value} is {share:share}." if row.share > 0.5 else "{value:value} is only {share:share}.",
        {"value": "value", "share": "share", "twice": lambda row: 2 * row.n},
        ("value",),
        nothing="Nothing among {family:count}.",
        test="a test",
        estimate="share",
        effect=0.5,
        most=1,
    )
    TABLE = COUNTS.assign(share_low=0.1, share_high=0.9, p_adjusted=[0.01, 0.02, 0.5], claim=[True, True, False])

    def test_nothing_compared_nothing_said(self):
        assert self.TOLD.tell(self.TABLE, family=0) == []
        assert self.TOLD.tell(self.TABLE[:0], family=0) == []

    def test_nothing_found_is_one_sentence(self):
        (found,) = self.TOLD.tell(self.TABLE.assign(claim=False), family=3)
        assert (found.id, found.kind, found.family, found.n) == ("regions.nothing", "nothing", 3, 100)

    def test_the_first_established_rows_are_told_with_their_evidence(self):
        (found,) = self.TOLD.tell(self.TABLE, family=3)
        assert found.values == {"value": "north", "share": 0.6, "twice": 120}
        assert all(type(value) in (str, int, float) for value in found.values.values())
        assert (found.id, found.n, found.reach, found.effect) == ("regions.north", 100, 60, 0.5)
        assert (found.interval, found.p_adjusted, found.family) == ((0.1, 0.9), 0.01, 3)

    def test_what_the_page_hides_no_sentence_tells(self):
        (found,) = self.TOLD.tell(self.TABLE.assign(hidden=[True, False, False]), family=3)
        assert found.id == "regions.south"
        assert "only" in found.message

    def test_all_hidden_is_silence_not_a_denial(self):
        assert self.TOLD.tell(self.TABLE.assign(hidden=True), family=3) == []


@pytest.mark.parametrize("customers", [1, 9])
def test_there_is_no_panel_of_fewer_customers_than_the_smallest_group(chapter, customers):
    chapter.tables.write("customers", pd.DataFrame({"customer_no": range(customers)}))
    with pytest.raises(PrivacyRefused, match=f"only {customers} customers? may"):
        chapter.panel(Result("letters", COUNTS, Text("Letters"), ONE_MARGIN))
