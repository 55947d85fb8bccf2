import pandas as pd

from customer_profiles.analysis import summary
from customer_profiles.messages import Finding


def make(identifier, kind="difference", effect=0.1, reach=100):
    return Finding("…", id=identifier, kind=kind, effect=effect, reach=reach)


def rank(findings, **options) -> list[Finding]:
    """What the first page tells, ranked as its notebook ranks."""
    told = summary.table(findings).sort_values(["kind", "weight", "id"], ascending=[True, False, True])
    return summary.first(told, **options)["finding"].tolist()


def topics(findings) -> list[str]:
    return summary.table(findings)["topic"].tolist()


def test_differences_come_before_facts_and_facts_before_nothing():
    chosen = rank([make("b.1", "nothing", 1), make("a.1", "fact", 0.9), make("c.1", "difference", 0.01)])
    assert [finding.kind for finding in chosen] == ["difference", "fact", "nothing"]


def test_weight_orders_within_a_kind_and_id_breaks_ties():
    chosen = rank([make("x.b"), make("y.a"), make("z.a", effect=0.5)], k=3)
    assert [finding.id for finding in chosen] == ["z.a", "x.b", "y.a"]


def test_one_topic_does_not_fill_the_page():
    many = [make(f"pains.{i}", effect=0.9) for i in range(9)]
    chosen = rank([*many, make("index.1"), make("scores.1", "fact")], k=4, per_topic=2)
    assert topics(chosen) == ["pains", "pains", "index", "scores"]
    assert len(rank(many, k=4)) == 4  # nothing else: the topic may go on


def test_the_same_finding_counts_once_and_order_of_input_does_not_matter():
    findings = [make("a.1"), make("a.1"), make("b.1")]
    assert len(rank(findings)) == 2
    assert rank(findings) == rank(findings[::-1])


def test_another_order_of_the_table_gives_another_page():
    told = summary.table([make("a.1", effect=0.9, reach=10), make("b.1", effect=0.1, reach=1000)])
    by = {name: summary.first(told.sort_values(name, ascending=False), k=1) for name in ("effect", "reach")}
    assert {name: chosen["id"].tolist() for name, chosen in by.items()} == {"effect": ["a.1"], "reach": ["b.1"]}


def test_without_findings_the_table_is_empty():
    told = summary.table([])
    assert told.empty
    assert {"kind", "topic", "id", "weight", "finding"} <= set(told)
    assert isinstance(summary.first(told), pd.DataFrame)
