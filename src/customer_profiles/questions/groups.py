"""Which segments customers form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from .asked import Asked, Names

if TYPE_CHECKING:
    from ..analysis.segments.solution import Segmentation
    from ..front_door import Answer


class Groups(Asked):
    """Questions of 05_segment_customers."""

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
        from ..analysis.segments import rfm

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
        from ..analysis.segments import clusters, continuity

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
        from ..analysis.segments import solution

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
        from ..analysis.demographics import audience
        from ..analysis.segments import columns, embedding, personas

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
        from ..analysis.segments import personas

        profile, labels = self._read("profile"), self._labels(found)
        sizes = self.gate.guard(personas.figures(profile, labels)).frame.dropna(subset="n").set_index("segment")["n"]
        traits = self.gate.guard(self.segment_traits(found)).frame
        cards = personas.personas(traits, sizes.sort_index(), len(profile), self.dataset.segments)
        return self._answer(personas.figures(profile, labels, cards))

    def _usable(self) -> list[str]:
        """Columns that the published segments were looked for in."""
        from ..analysis.segments import columns, embedding

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
