"""alerts.json and alerts.txt: what somebody has to be told after a run, for other systems and for mail or chat."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..messages import N_, Finding, Text
from .findings import link, to_json
from .pages import Report
from .stored import write_json

CHAPTER = "11"
NAME = "alerts.json"
KINDS = {"changes": "change", "watch": "change", "target": "target"}
KINDS |= dict.fromkeys(("changed_source", "redefined", "joined_otherwise", "reconciled"), "data")
"""First word of a finding's id to the kind of alert; those of the data explain, they alarm nobody by themselves."""
OF_THE_DATA = "changes.data."
"""How ids of findings begin that say what the data made of a figure."""
ALARMING = ("change", "target")
HEAD = N_("{company}, as of {day:day}: things to know ({n:count})")
FIRST = N_("{company}, as of {day:day}: there is no earlier run to compare with, and no target is missed.")
QUIET = N_("{company}, as of {day:day}: nothing certain has changed, and no target is missed.")


def write(folder: Path, report: Report) -> None:
    """Write both files into the folder of the pages; nothing for a part of a report without the chapter."""
    if CHAPTER not in report.results:
        return
    alerts = found(report)
    write_json(folder / NAME, {"as_of": report.as_of.isoformat(), "alarm": alarms(alerts), "alerts": alerts})
    (folder / "alerts.txt").write_text(_text(report, alerts), encoding="utf-8")


def alarms(alerts: list[dict[str, Any]]) -> bool:
    """Whether somebody has to act: something real changed, or a target is missed."""
    return any(alert["kind"] in ALARMING for alert in alerts)


def read(folder: Path) -> tuple[bool, str]:
    """Whether a published report alarms, and its text."""
    path = folder / NAME
    if not path.exists():
        return False, ""
    told = json.loads(path.read_text(encoding="utf-8"))
    return bool(told["alarm"]), (folder / "alerts.txt").read_text(encoding="utf-8")


def found(report: Report) -> list[dict[str, Any]]:
    """What the chapter on changes found that somebody may have to know, alarming things first."""
    findings = [each for each in report.results[CHAPTER].findings if kind(each)]
    plain = to_json(findings, report.language)
    alerts = [
        {
            "id": each.id,
            "kind": kind(each),
            "text": said["text"],
            "link": link(each),
            "n": each.n,
            "p_adjusted": each.p_adjusted,
        }
        for each, said in zip(findings, plain, strict=True)
    ]
    return sorted(alerts, key=lambda alert: alert["kind"] not in ALARMING)


def kind(finding: Finding) -> str:
    """What kind of alert a finding of the chapter is; empty if nobody has to know."""
    if finding.kind == "nothing":
        return ""
    return "data" if finding.id.startswith(OF_THE_DATA) else KINDS.get(finding.id.partition(".")[0], "")


def _text(report: Report, alerts: list[dict[str, Any]]) -> str:
    compared = any(each.id.startswith("changes") for each in report.results[CHAPTER].findings)
    head = HEAD if alarms(alerts) else QUIET if compared else FIRST
    values = {"company": report.company, "day": report.as_of, "n": len(alerts)}
    lines = [report.language.text(Text(head, values)), *(f"- {alert['text']}" for alert in alerts)]
    return "\n".join(lines) + "\n"
