from datetime import date

from customer_profiles.chapters import CHAPTERS
from customer_profiles.messages import Finding
from customer_profiles.reporting import alerts
from customer_profiles.reporting.language import Language
from customer_profiles.reporting.pages import Report
from customer_profiles.reporting.stored import Results


def report(*ids: str, kind: str = "fact") -> Report:
    findings = tuple(Finding("Said of {n:count}", {"n": 40}, id=name, n=40, chapter="11", kind=kind) for name in ids)
    results = {"11": Results(findings=findings)}
    return Report("Firm", Language("en"), date(2025, 12, 31), (CHAPTERS["11"],), 10, results=results)


def test_a_change_and_a_missed_target_alarm(tmp_path):
    for name in ("changes.nps", "target.sales"):
        alerts.write(tmp_path, report("changed_source.shop", name))
        alarm, text = alerts.read(tmp_path)
        assert alarm
        assert text.splitlines() == [
            "Firm, as of 31 December 2025: things to know (2)",
            "- Said of 40",
            "- Said of 40",
        ]
        assert alerts.found(report("changed_source.shop", name))[0]["id"] == name  # what alarms comes first


def test_the_data_and_nothing_alarm_nobody(tmp_path):
    alerts.write(tmp_path, report("changed_source.shop", "changes.data.sales", "redefined.version", "reconciled.sales"))
    assert alerts.read(tmp_path)[0] is False
    alerts.write(tmp_path, report("changes.nothing", kind="nothing"))
    assert alerts.read(tmp_path) == (False, alerts.read(tmp_path)[1])
    assert "nothing certain has changed" in alerts.read(tmp_path)[1]
    alerts.write(tmp_path, report())
    assert "no earlier run to compare with" in alerts.read(tmp_path)[1]


def test_a_part_of_a_report_has_no_alerts(tmp_path):
    alerts.write(tmp_path, Report("Firm", Language("en"), date(2025, 12, 31), (), 10))
    assert list(tmp_path.iterdir()) == []
    assert alerts.read(tmp_path) == (False, "")
