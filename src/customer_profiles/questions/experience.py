"""What hurts customers, what they say, and which ways they take."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from .asked import Asked, Names

if TYPE_CHECKING:
    from ..analysis.pain_points.observations import Evidence
    from ..front_door import Answer


class Experience(Asked):
    """Questions of 03_analyse_pain_points, 04_analyse_feedback and 06_follow_journeys."""

    def pain_points(self) -> Answer:
        """How many customers meet each pain point, from what they write, the reasons they state, and what they do.

        Returns
        -------
        Result
            ``evidence, pain, n, base, share`` with interval, and how long cases take.

        Examples
        --------
        >>> data.pain_points()
        <Result 'pain_points': ...>
        """
        from ..analysis.pain_points import prevalence

        tickets, pains = self._read("tickets"), self._evidence.pains
        cases = tickets.assign(hours=(tickets["closed_at"] - tickets["opened_at"]).dt.total_seconds() / 3600)
        counts = pains.groupby(["evidence", "pain"], as_index=False).agg(n=("customer_no", "size"), times=("n", "sum"))
        return self._answer(prevalence.prevalence(counts, self._evidence, cases, len(self._read("profile"))))

    def pain_points_by_group(self, attributes: Names = None) -> Answer:
        """Whom each pain point hits more or less than others.

        Parameters
        ----------
        attributes : sequence of str, optional
            Columns of the profile; by default every trait, what customers buy and where, and how long they are known.

        Returns
        -------
        Result
            ``pain, attribute, value, n, base, share`` and the ratio to all others with interval, ``p_adjusted, effect,
            claim``; corrected over all pains and groups together.

        Examples
        --------
        >>> data.pain_points_by_group(["age_band"])
        <Result 'pains_by_group': ...>
        """
        from ..analysis.demographics import audience
        from ..analysis.pain_points import aftermath, costs, prevalence

        profile = self._read("profile")
        watched = aftermath.watched(profile, costs.outcomes(profile).get("lapsed"), self._evidence, self.as_of)
        divided = profile.drop(columns=list(self._reasons), errors="ignore")
        usual = [*audience.groups(divided, self.dataset.attributes()), "tenure_days"]
        groups = self._chosen(attributes, usual)
        orders = self.dataset.orders()
        return self._answer(prevalence.by_group(self._evidence, divided, groups, orders=orders, watched=watched))

    def scores(self, min_answers: int = 30) -> Answer:
        """Each score (NPS, CSAT, CES, stars), from the latest answer of each customer.

        Parameters
        ----------
        min_answers : int
            Smallest number of answers a score is shown for.

        Returns
        -------
        Result
            One row per metric: ``n`` and the score with its interval.

        Examples
        --------
        >>> data.scores()
        <Result 'scores': ...>
        """
        from ..analysis.feedback import scores

        answers, latest = self._answers()
        return self._answer(scores.scores(latest, answers["metric"].value_counts(), min_answers))

    def scores_by_group(self, attributes: Names = None, min_answers: int = 30) -> Answer:
        """Who is less satisfied: each score of each group against all other customers.

        Parameters
        ----------
        attributes : sequence of str, optional
            Columns of the profile; by default every trait, what customers buy and where.
        min_answers : int
            Smallest number of answers of a group.

        Returns
        -------
        Result
            ``metric, attribute, value, n`` and the difference to the others with interval, ``p_adjusted, effect,
            claim``.

        Examples
        --------
        >>> data.scores_by_group(["age_band"])
        <Result 'scores_by_group': ...>
        """
        from ..analysis.feedback import scores

        _, latest = self._answers()
        groups, profile = self._chosen(attributes, self._groups), self._read("profile")
        return self._answer(scores.scores_by_group(latest, profile, groups, min_answers, self.dataset.orders()))

    def drivers(self, metric: str | None = None, seed: int = 1) -> Answer:
        """What goes with a score: how much of its differences each trait, topic and experience explains.

        Parameters
        ----------
        metric : str, optional
            ``nps, csat, ces, stars``; by default the one with the most answers.
        seed : int
            Of the bootstrap.

        Returns
        -------
        Result
            ``driver`` and its Shapley share ``explained`` with interval, strongest first. Association, not cause.

        Examples
        --------
        >>> data.drivers()  # doctest: +SKIP
        <Result 'drivers': ...>
        """
        from ..analysis import leakage
        from ..analysis.feedback import drivers, metrics

        _, latest = self._answers()
        profile = self._read("profile")
        same = leakage.same_as(profile, self._groups, self.dataset.outcome)
        traits = [name for name in self._groups if name not in same]
        given = latest[latest["metric"] == (metric or metrics.main(latest))]
        read, others = self._read, ("tickets", "transactions", "comment_themes", "ticket_themes")
        tickets, orders, comments, cases = (read(name) for name in others)
        candidates = drivers.candidates(given, read("feedback"), profile, traits, tickets, orders, comments, cases)
        return self._answer(drivers.drivers(candidates, seed))

    def funnel(self) -> Answer:
        """How many visits reach each step on the way to an order.

        Returns
        -------
        Result
            ``step, n, base`` (visitors)``, visits, reached_share, share`` with intervals by visitor.

        Examples
        --------
        >>> data.funnel()
        <Result 'funnel': ...>
        """
        from ..analysis.journeys import funnels

        touches = self._read("interactions")
        own = funnels.sessions(touches[~touches["kind"].isin(funnels.DELIVERIES)])
        return self._answer(funnels.funnel(funnels.visits(own, self._read("transactions"))))

    def stages(self) -> Answer:
        """How many customers are in each stage; that of every customer is ``data.tables["stages"]``.

        Returns
        -------
        Result
            ``stage, n, base, share`` with Wilson interval.

        Examples
        --------
        >>> data.stages()
        <Result 'stages': ...>
        """
        from ..analysis.journeys import stages

        return self._answer(stages.sizes(self._read("stages")["stage"].value_counts()))

    @cached_property
    def _reasons(self) -> dict[str, str | None]:
        from ..analysis.pain_points import observations

        return observations.declared(self.dataset.attributes())

    @cached_property
    def _evidence(self) -> Evidence:
        from ..analysis.pain_points import observations

        sources = {name: self._read(name) for name in observations.TABLES}
        return observations.gather(
            sources, self._read("profile"), self.as_of, self._read("ticket_themes"), self._reasons
        )

    def _answers(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """All scored answers, and the latest of each customer."""
        from ..analysis.feedback import metrics

        answers = metrics.answers(self._read("feedback").dropna(subset=["score"]))
        return answers, metrics.latest(answers)
