"""What NPS, CSAT, CES, stars and other ratings are: scale, direction, and when an answer is good."""

from __future__ import annotations

from dataclasses import dataclass

from ...messages import N_


@dataclass(frozen=True)
class Metric:
    """Definition of a score.

    Parameters
    ----------
    low, high : float
        Ends of the scale that answers are told on; those on another scale are stretched to it. More is better.
    good, poor : float
        From `good` on an answer counts as good, up to `poor` as poor.
    names : tuple of str
        What a good, a middle and a poor answer make of a customer.
    source : str
        Where the definition comes from.
    flips : bool
        Whether the words of the question leave open which end is good, so that data may tell.
    """

    low: float
    high: float
    good: float
    poor: float
    names: tuple[str, str, str]
    source: str
    flips: bool = False


_SATISFACTION = (N_("satisfied"), N_("neutral"), N_("dissatisfied"))
METRICS = {
    "nps": Metric(
        0,
        10,
        good=9,
        poor=6,
        names=(N_("promoter"), N_("passive"), N_("detractor")),
        source="Reichheld (2003), The One Number You Need to Grow, Harvard Business Review 81(12):46–54",
    ),
    "csat": Metric(
        1,
        5,
        good=4,
        poor=2,
        names=_SATISFACTION,
        source="top two of five boxes: Farris et al. (2010), Marketing Metrics, 2nd ed., ch. 2",
        flips=True,
    ),
    "ces": Metric(
        1,
        7,
        good=5,
        poor=3,
        names=_SATISFACTION,
        source="version 2.0, 7 = strongly agree that it was easy: Dixon, Toman & DeLisi (2013), "
        "The Effortless Experience; of 2010, from 1 to 5, 5 = very high effort: Dixon, Freeman & Toman, "
        "Harvard Business Review 88(7/8):116–122",
        flips=True,
    ),
    "stars": Metric(1, 5, good=4, poor=2, names=_SATISFACTION, source="four and five of five stars, as for csat"),
    "rating": Metric(
        0,
        100,
        good=75,
        poor=25,
        names=_SATISFACTION,
        source="upper and lower quarter of whatever scale is declared, as for csat",
        flips=True,
    ),
}
