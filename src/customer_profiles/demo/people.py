"""Who the customers of the demo company are."""

from __future__ import annotations

import unicodedata

import numpy as np
import pandas as pd

from .draws import choose, pick, scatter, some
from .plan import Plan, read_yaml

OLDEST = 84  # years; the open band 65+ ends here
FIRST_SIGNUP = 2014
SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ı": "i"})


def make_people(rng: np.random.Generator, plan: Plan, first: int, n: int) -> pd.DataFrame:
    """Draw customers number `first` to ``first + n - 1``.

    Returns
    -------
    DataFrame
        One row per person: ``person`` (running number), ``segment``, the attributes of the plan as text,
        ``birth_date``, ``signup`` and ``active_until`` (days from the start of the period), name and address,
        ``email``, ``phone``, ``consent``, ``english``, and whether the person is ``in_crm`` and ``in_shop``.
    """
    names = read_yaml("texts/names.yaml")
    people = pd.DataFrame({"person": np.arange(first, first + n)})
    codes = {"segment": rng.choice(len(plan.segments), n, p=plan.segment_numbers("share"))}
    people["segment"] = np.array(list(plan.segments), dtype=object)[codes["segment"]]
    for name, attribute in plan.attributes.items():
        codes[name] = pick(rng, attribute.chances, codes[attribute.by])
        people[name] = np.array(attribute.values, dtype=object)[codes[name]]
    if plan.linked:  # nobody lives with more children than the household has room for
        room = people["household_size"].str[0].astype(int) - 1
        people["children"] = np.minimum(people["children"].astype(int), room).astype(str)

    people["birth_date"] = _birth_dates(rng, people["age_band"], plan.as_of.year)
    people["signup"] = signups(rng, plan, n)
    leaves = rng.random(n) >= plan.segment_numbers("stays")[codes["segment"]]
    people["active_until"] = np.where(leaves, rng.integers(people["signup"].clip(lower=0), plan.days), plan.days - 1)
    people["given"] = _given_names(rng, names, people["gender"])
    people["surname"] = choose(rng, names["surnames"], n)
    people = people.join(addresses(rng, names, places(), people["region"]))
    people["phone"] = [f"0154{number:08d}" for number in scatter(people["person"], 27_644_437, 99_999_989)]
    people["email"] = _emails(rng, names, people)
    _make_relatives(rng, people, plan["sources"]["relatives"])

    sources = plan["sources"]
    in_shop = some(rng, n, sources["shop"])
    people["in_shop"] = in_shop
    people["in_crm"] = ~(in_shop & some(rng, n, sources["shop_only"]))
    people["consent"] = ~some(rng, n, sources["no_consent"])
    people["english"] = some(rng, n, sources["english"])
    return people


def latin(text: str) -> str:
    """Write a name in ASCII as Germans do: Müller becomes Mueller, Şahin becomes Sahin."""
    plain = unicodedata.normalize("NFKD", text.translate(SPELLED_OUT))
    return plain.encode("ascii", "ignore").decode()


def places() -> pd.DataFrame:
    """One row per place: region, postal code, city, and the inhabitants it stands for."""
    rows = [
        (region, *place.split(" ", 1), inhabitants / len(towns))
        for region, inhabitants, _, _, _, towns in read_yaml("texts/places.yaml").values()
        for place in towns
    ]
    return pd.DataFrame(rows, columns=["region", "postal_code", "city", "weight"])


def _birth_dates(rng: np.random.Generator, bands: pd.Series, year: int) -> pd.Series:
    """Days of birth; as the run's day is the last of a year, the year alone decides the band."""
    low = bands.str[:2].astype(int).to_numpy()
    high = bands.str[3:].replace("", str(OLDEST)).astype(int).to_numpy()
    born = year - rng.integers(low, high + 1)
    first = (born - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    return pd.Series(first + rng.integers(0, 365, len(bands)))


def signups(rng: np.random.Generator, plan: Plan, n: int) -> np.ndarray:
    """Days from the start of the period; in a null company everybody was there before it began."""
    earliest = (FIRST_SIGNUP - plan.start.year) * 365
    latest = plan.days - 60 if plan.linked else 0
    # More recent customers are more numerous: the square root pulls towards the end.
    return (earliest + np.sqrt(rng.random(n)) * (latest - earliest)).astype(int) - (0 if plan.linked else 1)


def _given_names(rng: np.random.Generator, names: dict, gender: pd.Series) -> np.ndarray:
    given = np.empty(len(gender), dtype=object)
    for value in ("female", "male", "diverse"):
        members = (gender == value).to_numpy()
        given[members] = choose(rng, names[value], members.sum())
    return given


def addresses(rng: np.random.Generator, names: dict, where: pd.DataFrame, region: pd.Series) -> pd.DataFrame:
    """Street, postal code and city in each region, as frequent as their inhabitants."""
    place = np.empty(len(region), dtype=int)
    for value, towns in where.groupby("region", sort=True):
        members = (region == value).to_numpy()
        weights = towns["weight"].to_numpy()
        place[members] = rng.choice(towns.index, members.sum(), p=weights / weights.sum())
    found = where.loc[place, ["postal_code", "city"]].reset_index(drop=True)
    number = rng.integers(1, 140, len(region)).astype(str).astype(object)
    suffix = choose(rng, ["", "a", "b", "c"], len(region), [0.9, 0.05, 0.03, 0.02])
    return found.assign(street=choose(rng, names["streets"], len(region)) + " " + number + suffix)


def _emails(rng: np.random.Generator, names: dict, people: pd.DataFrame) -> np.ndarray:
    """One address each; a running number tells namesakes apart."""
    plain = {name: latin(name).lower() for name in {*people["given"], *people["surname"]}}
    local = people["given"].map(plain) + choose(rng, [".", "_", ""], len(people)) + people["surname"].map(plain)
    again = local.groupby(local).cumcount() + people["person"].iloc[0] // 10
    local = local + again.astype(str).where(again > 0, "")
    return (local + "@" + choose(rng, names["mail_hosts"], len(people))).to_numpy(dtype=object)


def _make_relatives(rng: np.random.Generator, people: pd.DataFrame, share: float) -> None:
    """Give some pairs of the same region and household size one surname, address and phone: a family.

    Attributes stay as drawn, so that no share changes.
    """
    shared = people[people["household_size"] != "1"].sort_values(["region", "household_size", "person"], kind="stable")
    first, second = shared.index[:-1:2], shared.index[1::2]
    alike = ["region", "household_size"]
    same = (people.loc[first, alike].to_numpy() == people.loc[second, alike].to_numpy()).all(axis=1)
    pairs = same & some(rng, len(first), share)
    columns = ["surname", "street", "postal_code", "city", "phone"]
    people.loc[second[pairs], columns] = people.loc[first[pairs], columns].to_numpy()
