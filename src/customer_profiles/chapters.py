"""The chapters of a report: their notebooks, their parameters and what each waits for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from . import params, paths
from .errors import ConfigurationError
from .messages import N_

INJECTED = "injected-parameters"  # tag of papermill's own cell: it holds paths of this machine


@dataclass(frozen=True)
class ChapterSpec:
    """One notebook of the report.

    Parameters
    ----------
    number : str
        Two digits, also the prefix of its findings.
    stem : str
        Name of the notebook and of its page, without ending.
    title : str
        English title, translated through the catalogues.
    params : type of Params
        What the notebook's parameters cell may hold.
    after : tuple of str
        Chapters whose tables it reads.
    makes : tuple of str
        Tables that it writes for later chapters.
    question : str
        What its page answers, in a few words; the page's heading.
    answers : tuple of str
        Results that answer it, the best first: they lead the page, and the first with a message stands on the summary.
    charts : int
        Charts that a reader sees at once, at most; the rest is folded.
    short : str
        A word for the row of links at the top of each page.
    """

    number: str
    stem: str
    title: str
    params: type[params.Params]
    after: tuple[str, ...] = ()
    makes: tuple[str, ...] = ()
    question: str = ""
    answers: tuple[str, ...] = ()
    charts: int = 5
    short: str = ""

    @property
    def notebook(self) -> Path:
        """Path of the notebook."""
        return paths.notebooks() / f"{self.stem}.ipynb"


CHAPTERS = {
    spec.number: spec
    for spec in (
        ChapterSpec(
            *("01", "01_collect_data", N_("What we know"), params.CollectData),
            short=N_("Data"),
            question=N_("What do we know?"),
            answers=("reconciliation", "inventory"),
        ),
        ChapterSpec(
            *("02", "02_find_demographics", N_("Who they are"), params.FindDemographics, ("01",)),
            short=N_("Customers"),
            question=N_("Who are they?"),
            answers=("index", "typical", "lorenz", "areas"),
        ),
        ChapterSpec(
            *("03", "03_analyse_pain_points", N_("What hurts them"), params.AnalysePainPoints, ("01",)),
            short=N_("Problems"),
            makes=("themes", "ticket_themes", "pains", "pain_costs"),
            question=N_("What hurts most?"),
            answers=("pain_costs", "pain_volumes", "pains_by_group"),
        ),
        ChapterSpec(
            *("04", "04_analyse_feedback", N_("What they say"), params.AnalyseFeedback, ("03",)),
            short=N_("Voices"),
            makes=("comment_themes", "sentiment"),
            question=N_("What do they say?"),
            answers=("event_effects", "drivers", "sentiment", "topic_changes", "score_periods", "scores", "quotes"),
        ),
        ChapterSpec(
            *("05", "05_segment_customers", N_("Which segments they form"), params.SegmentCustomers, ("02", "04")),
            short=N_("Segments"),
            makes=(
                *("rfm", "segments", "segment_figures", "segment_traits", "segment_verdicts"),
                *("segment_rules", "routing"),
            ),
            question=N_("Which segments do they form?"),
            answers=("segment_figures", "segments", "rfm_segments"),
        ),
        ChapterSpec(
            *("06", "06_follow_journeys", N_("Which ways they take"), params.FollowJourneys, ("01",)),
            short=N_("Journeys"),
            makes=("stages",),
            question=N_("Which ways do they take, and where do we lose them?"),
            answers=("funnel", "stages"),
        ),
        ChapterSpec(
            *("07", "07_predict_value", N_("What they will do"), params.PredictValue, ("01",)),
            short=N_("Forecast"),
            makes=("predicted_value",),
            charts=3,
            question=N_("What will they do?"),
            answers=(
                *("churn_stake", "expected_value", "contracts", "repeaters", "offer_quality", "churn_gains"),
                "forecast_check",
            ),
        ),
        ChapterSpec(
            *("08", "08_find_targets", N_("Whom to win and whom to address"), params.FindTargets, ("07",)),
            short=N_("Targets"),
            makes=("lead_scores", "twins", "address_list"),
            charts=3,
            question=N_("Whom to win, and whom to address?"),
            answers=(
                *(
                    "campaign_groups",
                    "campaign_effects",
                    "lead_steps",
                    "lead_funnel",
                    "campaign_responses",
                    "lead_groups",
                ),
                *("lead_gains", "twin_spikes"),
                "response_by_group",
            ),
        ),
        ChapterSpec(
            *("09", "09_plan_actions", N_("What to do"), params.PlanActions, ("03", "05")),
            short=N_("Actions"),
            makes=("actions",),
            charts=3,
            question=N_("What to do?"),
            answers=("action_board", "action_outcomes", "action_proposals"),
        ),
        ChapterSpec(
            *("10", "10_describe_customers", N_("Profiles on a page"), params.DescribeCustomers, ("05",)),
            short=N_("Profiles"),
            makes=("ideal_fit", "priorities"),
            charts=3,
            question=N_("What are they like, each on a page?"),
            answers=("profiles",),
        ),
        ChapterSpec(
            *("11", "11_track_changes", N_("What changed"), params.TrackChanges, ("04", "05")),
            short=N_("Changes"),
            makes=("headlines", "definitions", "changes"),
            charts=4,
            question=N_("What changed since the last run, and is it real?"),
            answers=(
                "changes",
                "watch",
                "targets",
                "change_parts",
                "headline_history",
                "year_before",
                "changed_sources",
            ),
        ),
        # The summary repeats all others.
        ChapterSpec(
            *("00", "00_summary", N_("Summary"), params.Summary, ("06", "08", "09", "10", "11")),
            short=N_("Summary"),
            question=N_("What changed?"),
            answers=("kpi_line", "outcome_groups"),
        ),
    )
}


def named(number: str) -> ChapterSpec:
    """The chapter of a number.

    Raises
    ------
    ConfigurationError
        If there is none; lists those that there are.
    """
    if number not in CHAPTERS:
        known = ", ".join(f"{number} ({CHAPTERS[number].title})" for number in sorted(CHAPTERS))
        raise ConfigurationError(f"there is no chapter {number!r}; known are {known}")
    return CHAPTERS[number]
