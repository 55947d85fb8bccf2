"""Who the customers are, and what sets some of them apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ..errors import PrivacyRefused
from ..privacy.rare import WITHHELD
from .asked import Asked, Names

if TYPE_CHECKING:
    from ..front_door import Answer


class People(Asked):
    """Questions of 02_find_demographics."""

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
        >>> data.compare("gender=female", base="gender=male", attributes=["age_band"])
        <Result 'index': ...>
        """
        from ..analysis.demographics import audience, groups

        names, made_of = self._chosen(attributes, self._traits), self.dataset.ingredients()
        tables = {groups.table_of(each): self._read(groups.table_of(each)) for each in (group, base or "")}
        rules = (names, min_base, self.dataset.orders())
        least = self.gate.min_group_size
        if base is not None:
            told = audience.compare_groups(self._read("profile"), group, base, *rules, tables, made_of, least)
        else:
            population, members = self._read("population"), tables[groups.table_of(group)]
            rest = (rules[-1], members, made_of, least, self._read(WITHHELD))
            told = audience.compare(self._read("profile"), population, names, group, min_base, *rest)
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
        from ..analysis.demographics import distributions

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
        from ..analysis.demographics import distributions

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
        from ..analysis.demographics import associations

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
        from ..analysis.demographics import concentration

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
        from ..analysis.demographics import areas

        return self._answer(areas.density(self._read("profile"), self._read("areas")))

    def twins(self, customer: str, n: int = 100, attributes: Names = None) -> Answer:
        """Customers most like one: how far they are, and what they are together; never who they are.

        Prospects who are like customers are in ``data.tables["twins"]``.

        Parameters
        ----------
        customer : str
            ``customer_id`` of the profile.
        n : int
            How many of them; not fewer than ``privacy.min_group_size``.
        attributes : sequence of str, optional
            Columns to compare and to describe; by default every trait and what customers do.

        Returns
        -------
        Result
            ``attribute, value, n, base, share`` with interval.

        Raises
        ------
        InputRejected
            If the run does not know the customer.
        PrivacyRefused
            If so few were asked for that they could not be told of.

        Examples
        --------
        >>> data.twins(data.profile["customer_id"].iloc[0]).sentences()
        [...]
        """
        from ..analysis.profiles import alike, brief

        least, profile = self.gate.min_group_size, self._read("profile")
        if n < least:
            raise PrivacyRefused(f"{n} customers are too few to be described: write n={least} or more")
        names = self._chosen(attributes, [*self._traits, *self._behaviour])
        number = brief.find(self._read("identities"), customer)
        away = alike.distances(profile, number, alike.apart(names, self.dataset.ingredients()))
        return self._answer(alike.described(profile, away, n, names, self.dataset.orders()))

    @property
    def _buyers(self) -> pd.DataFrame:
        buying = self._read("profile").reindex(columns=["customer_no", "recency_days", "orders", "spend"])
        return buying[buying["orders"] > 0]
