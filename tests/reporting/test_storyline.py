import pandas as pd

from customer_profiles.messages import Finding, Text
from customer_profiles.privacy.disclosure import Published
from customer_profiles.reporting import storyline
from customer_profiles.reporting.panel import Drawing, Panel


def panel(name, *claims, chart=True, rows=3, columns=2):
    table = Published(pd.DataFrame({f"c{i}": range(rows) for i in range(columns)}), 10)
    return Panel(name, Text(name), claims, drawing=Drawing("", "", "") if chart else None, table=table)


def claim(kind="difference", weight=1.0, name="x"):
    return Finding("…", id=name, kind=kind, effect=weight, reach=1)


def names(panels, answers=()):
    return [each.name for each in storyline.seen(panels, answers)]


def test_what_answers_the_question_leads_and_the_rest_follows_by_weight():
    panels = [panel("a", claim(weight=1)), panel("b", claim(weight=3)), panel("c", claim("fact", 9))]
    assert names(panels) == ["b", "a", "c"]
    assert names(panels, ["c"]) == ["c", "b", "a"]


def test_panels_without_a_message_and_large_tables_stay_below_the_fold():
    panels = [panel("silent"), panel("none", claim("nothing")), panel("long", claim(), chart=False, rows=30)]
    assert names(panels) == []
    assert names([*panels, panel("small", claim(), chart=False)]) == ["small"]


def test_a_chapter_that_shows_frames_alone_shows_them():
    own = [panel("first"), panel("second"), panel("long", chart=False, rows=30), panel("small", chart=False)]
    assert names(own) == ["first", "second", "small"]
    assert names([*own, panel("none", claim("nothing"))]) == []
    assert storyline.answer(own, []) is None


def test_a_page_has_few_panels_and_one_table():
    many = [panel(f"p{i}", claim(weight=i)) for i in range(9)]
    assert names(many) == ["p8", "p7", "p6", "p5", "p4"]
    assert names([panel(f"t{i}", claim(weight=i), chart=False) for i in range(3)]) == ["t2"]


def test_a_later_chapter_has_fewer_charts_and_its_table():
    many = [*(panel(f"p{i}", claim(weight=i)) for i in range(5)), panel("t", claim(weight=0.5), chart=False)]
    assert [each.name for each in storyline.seen(many, (), 3)] == ["p4", "p3", "p2", "t"]


def test_what_was_not_found_is_said_once():
    panels = [panel("a", claim("nothing", name="n")), panel("b", claim("nothing", name="n"), claim())]
    assert [finding.id for finding in storyline.not_found(panels)] == ["n"]


def test_a_theme_without_a_telling_name_is_no_news():
    vague = Finding("“{theme}” grows.", {"theme": "mixed: phone, lady"}, id="v", effect=9, reach=9)
    assert [each.id for each in storyline.strongest([vague, claim("fact", 1, "f"), claim(name="d")])] == ["d", "f", "v"]
    assert names([panel("themes", vague), panel("other", claim())], ["themes"]) == ["other", "themes"]
