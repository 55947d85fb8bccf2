"""The questions of the chapters as methods, each a few lines that call what the notebooks call, with their defaults.

A result equals the table that the run has published, as long as nothing else is asked for and nothing is hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from .errors import ConfigurationError
from .ingest.config.suggest import nearest

if TYPE_CHECKING:
    from .analysis.pain_points.observations import Evidence
    from .analysis.segments.solution import Segmentation
    from .front_door import Answer
    from .ingest.config.dataset import Dataset
    from .privacy.disclosure import Gate
    from .results import Result

Names = Sequence[str] | None


class Questions:
    """What can be asked of a run; `front_door.Data` says where its tables are."""

    dataset: Dataset
    as_of: date
    gate: Gate

    def compare(self, group: str = "", base: str | None = None, attributes: Names = None, min_base: int = 50) -> Answer:
        """What sets a group apart: the index of every value, 100 is as frequent as in the base.

        Parameters
        ----------
        group : str
            ``column=value`` of the profile, ``segment=2``, ``category=Tents`` (buyers) or ``pain=delivery``; case does
            not matter. Empty: all customers, against the reference population; where there is none, the quarter with
            the highest spend against the others.
        base : str, optional
            Another group, named likewise. By default the reference population where `group` is empty, else all others.
        attributes : sequence of str, optional
            What to compare; by default every trait of the customers.
        min_base : int
            Smallest base that is tested, customers.

        Returns
        -------
        Result
            ``attribute, value, n, base, share, n_rest, base_rest, share_rest, index`` with interval, ``p_adjusted,
            effect, claim``; Benjamini–Hochberg over all rows.

        Raises
        ------
        ConfigurationError
            If there is no such column or value, with the nearest known one, or a group is too small to be described.

        Examples
        --------
        >>> data.compare("gender=female")
        <Result 'index': ...>
        >>> data.compare("gender=female", base="gender=male", attributes=["age_band"]).frame
             attribute ...
        """
        from .analysis.demographics import audience, groups

        names, made_of = self._chosen(attributes, self._traits), self.dataset.ingredients()
        tables = {groups.table_of(each): self._read(groups.table_of(each)) for each in (group, base or "")}
        rules = (names, min_base, self.dataset.orders())
        least = self.gate.min_group_size
        if base is not None:
            told = audience.compare_groups(self._read("profile"), group, base, *rules, tables, made_of, least)
        else:
            population, members = self._read("population"), tables[groups.table_of(group)]
            told = audience.compare(
                self._read("profile"), population, names, group, min_base, rules[-1], members, made_of, least
            )
        return self._answer(told.table)

    def distributions(self, attributes: Names = None) -> Answer:
        """How customers are spread over every trait and what they do.

        Parameters
        ----------
        attributes : sequence of str, optional
            Columns of the profile; numbers are banded.

        Returns
        -------
        Result
            ``attribute, value, n, base`` (customers whose value is known)``, share`` with Wilson interval.

        Examples
        --------
        >>> data.distributions(["gender"])
        <Result 'distributions': ...>
        """
        from .analysis.demographics import distributions

        names = self._chosen(attributes, [*self._traits, *self._behaviour])
        told = self._traits if attributes is None else names
        return self._answer(distributions.distributions(self._read("profile"), names, self.dataset.orders(), told=told))

    def missing(self, attributes: Names = None) -> Answer:
        """Of how many customers each trait is unknown.

        Parameters
        ----------
        attributes : sequence of str, optional
            Columns of the profile; by default every trait.

        Returns
        -------
        Result
            ``attribute, n, base, share`` with Wilson interval, most missing first.

        Examples
        --------
        >>> data.missing()
        <Result 'missing': ...>
        """
        from .analysis.demographics import distributions

        names = self._chosen(attributes, self._traits)
        return self._answer(distributions.missing(self._read("profile"), names, self.dataset.ingredients()))

    def pairs(self, attributes: Names = None, seed: int = 1) -> Answer:
        """Which traits go together, the strongest pair first.

        Parameters
        ----------
        attributes : sequence of str, optional
            Columns of the profile; by default every trait and what customers do.
        seed : int
            Of what is drawn at random.

        Returns
        -------
        Result
            One row per pair with its strength, interval, ``p_adjusted`` and ``claim``.

        Examples
        --------
        >>> data.pairs(["gender", "age_band", "region"])
        <Result 'associations': ...>
        """
        from .analysis.demographics import associations

        names = self._chosen(attributes, [*self._traits, *self._behaviour])
        scanned = associations.scan(
            self._read("profile"), names, self.dataset.orders(), seed, self.dataset.ingredients()
        )
        return self._answer(scanned)

    def concentration(self, seed: int = 1) -> Answer:
        """How much of the spend the best 1, 5, 10 and 20 % of the buyers account for.

        Parameters
        ----------
        seed : int
            Of the bootstrap.

        Returns
        -------
        Result
            ``top`` (share of the buyers)``, n, spend_share`` with interval.

        Examples
        --------
        >>> data.concentration().sentences()
        [...]
        """
        from .analysis.demographics import concentration

        return self._answer(concentration.concentration(self._buyers, seed))

    def areas(self) -> Answer:
        """Customers per inhabitant in every area; the table itself is ``data.tables["areas"]``.

        Returns
        -------
        Result
            ``area, n, population, per, rate`` (shrunk) with interval, ``index, potential, p_adjusted, effect, claim``.

        Examples
        --------
        >>> data.areas()
        <Result 'areas': ...>
        """
        from .analysis.demographics import areas

        return self._answer(areas.density(self._read("profile"), self._read("areas")))

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
        from .analysis.pain_points import prevalence

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
        from .analysis.demographics import audience
        from .analysis.pain_points import prevalence

        divided = self._read("profile").drop(columns=list(self._reasons), errors="ignore")
        usual = [*audience.groups(divided, self.dataset.attributes()), "tenure_days"]
        groups = self._chosen(attributes, usual)
        return self._answer(prevalence.by_group(self._evidence, divided, groups, orders=self.dataset.orders()))

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
        from .analysis.feedback import scores

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
        from .analysis.demographics import categories
        from .analysis.feedback import scores

        _, latest = self._answers()
        groups, profile = self._chosen(attributes, self._groups), self._read("profile")
        traits = categories.banded(profile, groups).assign(customer_no=profile["customer_no"])
        known = latest.merge(traits, on="customer_no", validate="m:1")
        return self._answer(scores.scores_by_group(known, groups, min_answers, self.dataset.orders()))

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
        from .analysis.feedback import drivers, metrics

        _, latest = self._answers()
        given = latest[latest["metric"] == (metric or metrics.main(latest))]
        read, others = self._read, ("tickets", "transactions", "comment_themes", "ticket_themes")
        tickets, orders, comments, cases = (read(name) for name in others)
        candidates = drivers.candidates(
            given, read("feedback"), read("profile"), self._groups, tickets, orders, comments, cases
        )
        return self._answer(drivers.drivers(candidates, seed))

    def rfm_segments(self) -> Answer:
        """Segments by recency, frequency and monetary value; scores of every customer are ``data.rfm``.

        Returns
        -------
        Result
            ``segment, n, base, share, spend_share`` and what members are worth.

        Examples
        --------
        >>> data.rfm_segments()
        <Result 'rfm_segments': ...>
        """
        from .analysis.segments import rfm

        grouped = self._read("rfm").groupby("segment")
        worth = grouped[["recency_days", "orders"]].median()
        worth = worth.assign(n=grouped.size(), spend=grouped["spend"].sum(), spend_median=grouped["spend"].median())
        return self._answer(rfm.segments(worth))

    def segmentation(
        self, max_segments: int = 8, bootstraps: int = 50, attributes: Names = None, seed: int = 1
    ) -> Segmentation:
        """Look for segments anew, with numbers as in the published run; takes as long as there are customers.

        Parameters
        ----------
        max_segments : int
            Largest number of segments tried.
        bootstraps : int
            Resamples behind each stability figure.
        attributes : sequence of str, optional
            Columns to segment by; by default those of dataset.yaml (``segment_by``), else what fits.
        seed : int
            Of samples, resamples and first guesses.

        Returns
        -------
        Segmentation
            ``labels`` of every customer in the order of the profile, and what speaks for them; see
            `segment_stability`, `segment_traits` and `segment_figures`.

        Examples
        --------
        >>> found = data.segmentation(max_segments=4)  # doctest: +SKIP
        >>> data.segment_stability(found).frame  # doctest: +SKIP
        """
        from .analysis.segments import clusters, continuity

        columns = self._chosen(attributes, self._usable())
        found = clusters.find(self._read("profile"), columns, max_segments, bootstraps, seed)
        kept = continuity.keep_numbers(found.labels, self._labels(), self._read("segments")["segment"])
        return found.numbered(kept)

    def segment_stability(self, found: Segmentation | None = None) -> Answer:
        """Size of each segment, and how firmly it is found again in resamples.

        Parameters
        ----------
        found : Segmentation, optional
            By default one is looked for anew, see `segmentation`.

        Returns
        -------
        Result
            ``segment, n, base, share`` with interval, ``jaccard`` with interval, ``verdict``.

        Examples
        --------
        >>> data.segment_stability(data.segmentation(max_segments=4))  # doctest: +SKIP
        <Result 'segments': ...>
        """
        from .analysis.segments import solution

        return self._answer(solution.stability(found if found is not None else self.segmentation()))

    def segment_traits(self, found: Segmentation | None = None, attributes: Names = None) -> Answer:
        """What sets each segment apart from all other customers.

        Parameters
        ----------
        found : Segmentation, optional
            By default the published segments.
        attributes : sequence of str, optional
            Columns of the profile; by default every trait and what customers do.

        Returns
        -------
        Result
            ``segment``, the columns of `compare`, and ``formed_by``: what the segments were made of is not tested.

        Examples
        --------
        >>> data.segment_traits(attributes=["gender"])
        <Result 'segment_traits': ...>
        """
        from .analysis.demographics import audience
        from .analysis.segments import columns, embedding, personas

        profile, labels = self._read("profile"), self._labels(found)
        usual = audience.traits(profile, [*self.dataset.attributes(), *audience.BEHAVIOUR])
        used = columns.with_implied(embedding.usable(profile, self._usable())) if found is None else found.formed_by()
        formed_by = audience.implied(used, self.dataset.ingredients())
        bands = profile[self._chosen(attributes, usual)].apply(personas.thirds)
        return self._answer(personas.traits(bands, labels, formed_by, orders=self.dataset.orders()))

    def segment_figures(self, found: Segmentation | None = None) -> Answer:
        """Key figures of each segment: its share of customers and spend, orders, contacts, age.

        Parameters
        ----------
        found : Segmentation, optional
            By default the published segments.

        Returns
        -------
        Result
            ``segment, n, base, share`` and figures, all with intervals.

        Examples
        --------
        >>> data.segment_figures()
        <Result 'segment_figures': ...>
        """
        from .analysis.segments import personas

        profile, labels = self._read("profile"), self._labels(found)
        sizes = self.gate.guard(personas.figures(profile, labels)).frame.dropna(subset="n").set_index("segment")["n"]
        cards = personas.personas(self.gate.guard(self.segment_traits(found)).frame, sizes.sort_index(), len(profile))
        return self._answer(personas.figures(profile, labels, cards))

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
        from .analysis.journeys import funnels

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
        from .analysis.journeys import stages

        return self._answer(stages.sizes(self._read("stages")["stage"].value_counts()))

    def _read(self, name: str) -> pd.DataFrame:
        """A table of the run; that of the contract without rows where no source fills it."""
        raise NotImplementedError

    def _answer(self, result: Result) -> Answer:
        raise NotImplementedError

    def _chosen(self, attributes: Names, usual: Sequence[str]) -> list[str]:
        """The columns that were asked for, or the usual ones."""
        profile = self._read("profile")
        for name in attributes or ():
            if name not in profile:
                near = nearest(name, profile)
                raise ConfigurationError(
                    f"the profile has no column {name!r}" + (f", did you mean {near!r}?" if near else "")
                )
        return list(usual if attributes is None else attributes)

    @cached_property
    def _traits(self) -> list[str]:
        from .analysis.demographics import audience

        return audience.traits(self._read("profile"), self.dataset.attributes())

    @cached_property
    def _behaviour(self) -> list[str]:
        from .analysis.demographics import audience

        return audience.behaviour(self._read("profile"))

    @cached_property
    def _groups(self) -> list[str]:
        from .analysis.demographics import audience

        return audience.groups(self._read("profile"), self.dataset.attributes())

    @cached_property
    def _reasons(self) -> dict[str, str | None]:
        from .analysis.pain_points import observations

        return observations.declared(self.dataset.attributes())

    @cached_property
    def _evidence(self) -> Evidence:
        from .analysis.pain_points import observations

        sources = {name: self._read(name) for name in observations.TABLES}
        return observations.gather(
            sources, self._read("profile"), self.as_of, self._read("ticket_themes"), self._reasons
        )

    @property
    def _buyers(self) -> pd.DataFrame:
        buying = self._read("profile").reindex(columns=["customer_no", "recency_days", "orders", "spend"])
        return buying[buying["orders"] > 0]

    def _answers(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """All scored answers, and the latest of each customer."""
        from .analysis.feedback import metrics

        answers = metrics.answers(self._read("feedback").dropna(subset=["score"]))
        return answers, metrics.latest(answers)

    def _usable(self) -> list[str]:
        """Columns that the published segments were looked for in."""
        from .analysis.segments import columns, embedding

        profile = self._read("profile")
        chosen = [name for name in self.dataset.segment_by if name in profile] or columns.active(profile)
        known = profile[chosen].notna().mean()
        return list(known[known >= embedding.MIN_KNOWN].index)

    def _labels(self, found: Segmentation | None = None) -> pd.Series:
        """Segment of each customer, in the order of the profile."""
        if found is not None:
            return found.labels
        published = self._read("segments").set_index("customer_id")["segment"]
        return self._read("profile")["customer_id"].map(published).rename("segment")
