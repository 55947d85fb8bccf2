from customer_profiles.analysis.summary import rank, topic
from customer_profiles.messages import Finding


def make(identifier, kind="difference", effect=0.1, reach=100):
    return Finding("…", id=identifier, kind=kind, effect=effect, reach=reach)


def test_differences_come_before_facts_and_facts_before_nothing():
    chosen = rank([make("02.b.1", "nothing", 1), make("03.a.1", "fact", 0.9), make("04.c.1", "difference", 0.01)])
    assert [finding.kind for finding in chosen] == ["difference", "fact", "nothing"]


def test_weight_orders_within_a_kind_and_id_breaks_ties():
    chosen = rank([make("01.x.b"), make("01.y.a"), make("01.z.a", effect=0.5)], k=3)
    assert [finding.id for finding in chosen] == ["01.z.a", "01.x.b", "01.y.a"]


def test_one_topic_does_not_fill_the_page():
    many = [make(f"pains.{i}", effect=0.9) for i in range(9)]
    chosen = rank([*many, make("index.1"), make("scores.1", "fact")], k=4, per_topic=2)
    assert [topic(finding) for finding in chosen] == ["pains", "pains", "index", "scores"]
    assert len(rank(many, k=4)) == 4  # nothing else: the topic may go on


def test_the_same_finding_counts_once_and_order_of_input_does_not_matter():
    findings = [make("01.a.1"), make("01.a.1"), make("02.b.1")]
    assert len(rank(findings)) == 2
    assert rank(findings) == rank(findings[::-1])
