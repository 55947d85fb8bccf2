"""Profiles on a page: every field with its kind, its n and its interval, and nothing of what the gate hides."""

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.profiles import ideal, templates, vulnerable
from customer_profiles.analysis.segments import channels, personas, rules
from customer_profiles.analysis.segments import verdicts as segment_verdicts
from customer_profiles.messages import Text
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.reporting.cards import html
from customer_profiles.reporting.language import Language

GATE = Gate(10)


@pytest.fixture
def company() -> tuple[pd.DataFrame, pd.Series]:
    rng = np.random.default_rng(0)
    n = 600
    group = np.repeat([1, 2, 3], [300, 200, 100])
    profile = pd.DataFrame(
        {
            "customer_no": range(n),
            "age": np.where(group == 1, 30, 60) + rng.integers(-5, 6, n),
            "gender": rng.choice(["female", "male"], n),
            "preferred_channel": np.where(rng.random(n) < 0.8, np.array(["", "app", "web", "store"])[group], "phone"),
            "orders": rng.poisson(group * 2),
            "spend": rng.poisson(group * 2) * 50.0,
        }
    )
    return profile, pd.Series(group)


@pytest.fixture
def parts(company) -> dict:
    profile, labels = company
    bands = profile[["age", "gender", "preferred_channel"]].apply(personas.thirds)
    traits = personas.traits(bands, labels, formed_by=["age"])
    table = pd.DataFrame({"segment": [1, 2, 3], "n": [300, 200, 100], "base": 600, "share": [0.5, 1 / 3, 1 / 6]})
    points = np.column_stack([labels, profile["age"]]).astype(float)
    established = traits.frame[traits.frame["claim"]].groupby("segment")["attribute"].nunique()
    reached = profile["preferred_channel"].notna()
    verdicts = segment_verdicts.judge(points, labels, table.assign(jaccard=0.9), established, reached)
    apart = GATE.guard(traits).frame
    return {
        "cards": personas.personas(apart, labels.value_counts().to_dict()),
        "sizes": GATE.guard(personas.figures(profile, labels)).frame,
        "traits": apart,
        "verdicts": GATE.guard(verdicts).frame,
        "routes": GATE.guard(channels.routing(profile, labels)).frame,
    }


def said(page: templates.Page) -> dict[str, str]:
    language = Language("en")
    return {field.label: language.text(field.value) for field in reversed(page.fields)}


def usual(profile: pd.DataFrame, labels: pd.Series, *attributes: str) -> pd.DataFrame:
    return GATE.guard(templates.usual(profile, labels, attributes)).frame


def kinds(pages: list[templates.Page]) -> list[str]:
    return [kind for page in pages for kind in (page.name_kind, *(field.kind for field in page.fields))]


def test_a_persona_is_fictional_where_it_says_so(company, parts):
    profile, labels = company
    habits = usual(profile, labels, "gender", "preferred_channel", "gender")
    assert len(habits) == 6  # each attribute once
    hurts = usual(profile.assign(main_pain=pd.Series(["lost"] * 30 + ["late"] * 20)), labels, "main_pain")
    pages = templates.personas(parts["cards"], parts["sizes"], habits, parts["routes"], hurts)
    assert [page.name_kind for page in pages] == ["fictional"] * 3
    fictional = [field for page in pages for field in page.fields if field.kind == "fictional"]
    assert [field.label for field in fictional] == ["Portrait"] * 3
    assert "made up" in said(pages[0])["Portrait"]
    assert said(pages[0])["Most frequent pain"].startswith("lost")
    assert "Most frequent pain" not in said(pages[1])
    assert kinds(pages).count("fictional") == 6
    accounts = templates.personas(parts["cards"], parts["sizes"], habits, parts["routes"], hurts, persons=False)
    assert "fictional" not in kinds(accounts)


def test_a_value_that_few_have_is_on_no_page(company):
    profile, labels = company
    few = profile.assign(rare=pd.Series(["chess"] * 4 + [None] * 596))
    assert usual(few, labels, "rare")["n"].isna().all()
    assert templates.usual(few, labels, ["rare"]).disclosure.within is None


def test_tables_of_segments_are_guarded_as_in_their_chapter(parts, company):
    profile, labels = company
    few = labels.mask(labels.eq(3) & (labels.index > 503), 2)
    figures, routing = personas.figures(profile, few), channels.routing(profile, few)
    picked = pd.DataFrame({"segment": [1], "rule": ["x > 1"], "n": 20, "picked": 30, "base": 40})
    read = templates.of_segments(figures.frame, parts["traits"], parts["verdicts"], routing.frame, picked)
    names = ["segment_figures", "segment_traits", "segment_verdicts", "routing", "segment_rules"]
    assert [result.name for result in read] == names
    given = [figures.disclosure, personas.OF_SEGMENTS, figures.disclosure, routing.disclosure, rules.PICKED]
    assert [result.disclosure for result in read] == given
    shown = GATE.guard(read[0]).frame
    assert shown.loc[shown["segment"].eq(3), "n"].isna().all()


def test_without_segments_there_is_no_page(company, parts):
    profile, labels = company
    nobody = labels.astype("Int64").mask(labels.notna())
    empty = {name: table[:0] for name, table in parts.items() if name != "cards"}
    assert len(templates.usual(profile, nobody, ["gender"])) == 0
    assert len(templates.usual(profile[:0], labels[:0], ["gender"])) == 0
    assert (
        templates.personas([], empty["sizes"], usual(profile, nobody, "gender"), empty["routes"], empty["sizes"]) == []
    )


def test_an_ideal_page_says_when_nothing_stands_out():
    definition = pd.DataFrame({"criterion": [ideal.VALUE, ideal.IDEAL], "n": [200, 150], "base": 800})
    definition = GATE.publish(definition.assign(share=0.2, share_low=0.1, share_high=0.3), within=None).frame
    gains = pd.DataFrame({"rank": [1, 2], "n": [40, 12], "base": [80, 80], "share": [0.5, 0.15]})
    gains = gains.assign(share_low=0.1, share_high=0.6, value_share=0.3, value_share_low=0.2, value_share_high=0.4)
    gains = GATE.publish(gains, within=[]).frame
    nothing = pd.DataFrame(
        {
            "attribute": ["gender"],
            "value": ["male"],
            "claim": [False],
            "index": [110.0],
            "suppressed": False,
            "effect": 0.1,
        }
    )
    (silent,) = templates.ideal(Text("The ideal account"), definition, gains, nothing, stands_out=False)
    assert "no ideal profile stands out" in said(silent)["Held-out gain"]
    assert "no trait" in said(silent)["Set apart by"]
    assert said(silent)["How many"].endswith("n = 150)")
    (loud,) = templates.ideal(Text("The ideal account"), definition, gains, nothing, stands_out=True)
    assert "50.0% are ideal" in said(loud)["Held-out gain"]
    assert "Set apart by" not in said(loud)
    assert templates.ideal(Text("The ideal account"), definition, gains[:0], nothing, stands_out=False) == []


def test_a_page_of_vulnerable_customers_shows_what_the_gate_lets_through():
    shares = pd.DataFrame(
        {
            "driver": ["resilience", "any sign"],
            "indicator": ["small_income", "any sign"],
            "n": [4, 40],
            "base": [300, 300],
        }
    )
    shares = GATE.publish(shares.assign(share=0.1, share_low=0.1, share_high=0.2), within=None).frame
    ranks = GATE.guard(vulnerable.rules(pd.Series([2] * 30 + [4] * 10 + [5] * 260))).frame
    needs = pd.DataFrame(columns=["group", "evidence", "suppressed"])
    served = pd.DataFrame(
        {
            "metric": ["hours to resolution"],
            "group": ["any sign"],
            "n": 40,
            "base": 40,
            "mean": 30.0,
            "mean_rest": 20.0,
        }
    ).assign(ratio=1.5, ratio_low=1.1, ratio_high=2.0, suppressed=False)
    (page,) = templates.vulnerable(shares, ranks, needs, served)
    fields = said(page)
    assert "resilience" not in fields  # four customers
    assert fields["any sign"].startswith("any sign – 10.0%")
    assert fields["Priority"].startswith("2. ")
    assert "1.50 times as much (1.10 to 2.00, n = 40)" in fields["hours to resolution"]
    assert templates.vulnerable(shares[:0], ranks[:0], needs, served[:0]) == []


def test_without_segments_the_page_says_what_is_missing():
    assert len(templates.limits(pd.DataFrame())) == 1
    assert templates.limits(pd.DataFrame({"segment": [1]})) == []


def test_each_page_begins_a_new_sheet_and_tags_every_field(parts):
    habits = pd.DataFrame(columns=["segment", "attribute", "value", "suppressed", "shared"])
    pages = templates.personas(parts["cards"], parts["sizes"], habits, parts["routes"], habits)
    markup = str(html(pages, Language("de")))
    assert markup.count('<section class="persona page">') == 3
    assert markup.count("<dd>") == sum(len(page.fields) for page in pages)
    assert markup.count('class="tag ') == sum(len(page.fields) + 1 for page in pages)
    strange = templates.Page(Text("Persona"), Text("<b>Kim</b>"), (templates.Field("Size", Text("<i>")),), "fictional")
    markup = str(html([strange], Language("en")))
    assert "<b>" not in markup
    assert "&lt;i&gt;" in markup
    empty = templates.Page(Text("Persona"), Text("Kim"), ())
    assert "Nothing can be told." in str(html([empty], Language("en")))
