"""How the CRM and the shop each know the same person, and what links the two."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .draws import choose, scatter, some
from .people import latin
from .plan import Plan, read_yaml

BLANK = {"birth_date": "age_band", "income": "income_band"}  # column of a record: its name in the plan's `missing`
UNSUITED = str.maketrans("ıİşŞğĞćĆčČśŚłŁńŃęĘąĄśźżŹŻ", "iIsSgGcCcCsSlLnNeEaAszzZZ")  # letters CP1252 lacks


def crm_records(rng: np.random.Generator, plan: Plan, people: pd.DataFrame) -> pd.DataFrame:
    """The CRM's view: one row per person known to it, a few persons twice.

    Returns
    -------
    DataFrame
        The columns of `people` with ``crm_id``; a missing cell is an empty text or a missing date.
    """
    crm = people[people["in_crm"]].copy()
    crm["crm_id"] = [f"{number:07d}" for number in scatter(crm["person"], 48_271, 9_999_991)]
    twice = crm[some(rng, len(crm), plan["sources"]["crm_twice"])].copy()
    twice["crm_id"] = [f"{number:07d}" for number in scatter(twice["person"] + 5_000_000, 48_271, 9_999_991)]
    if plan.linked:
        twice["surname"] = misspell(rng, twice["surname"])
    crm = pd.concat([crm, twice], ignore_index=True)
    for column in plan["missing"]:
        source = {target: name for name, target in BLANK.items()}.get(column, column)
        blank = some(rng, len(crm), plan["missing"][column])
        crm.loc[blank, source if source in crm else column] = pd.NaT if column == "age_band" else ""
    placeholder, names = some(rng, len(crm), plan["sources"]["placeholder"]), read_yaml("texts/names.yaml")
    crm.loc[placeholder, "email"] = names["placeholder_mail"]
    crm.loc[some(rng, len(crm), plan["sources"]["placeholder"]), "phone"] = names["placeholder_phone"]
    for column in ("given", "surname", "city", "street"):
        crm[column] = crm[column].str.translate(UNSUITED)
    return crm


def shop_records(rng: np.random.Generator, plan: Plan, people: pd.DataFrame) -> pd.DataFrame:
    """The shop's view: one row per account, written as people fill in a form.

    Returns
    -------
    DataFrame
        ``person``, ``shop_id``, ``link`` (what the two records have in common; empty if only the shop knows the
        person), names, address, ``birth_date``, ``email``, ``phone`` and ``signup``.
    """
    shop = people[people["in_shop"]].reset_index(drop=True)
    n, variations = len(shop), plan["variations"]
    shop["shop_id"] = [f"SH-{number:08d}" for number in scatter(shop["person"], 69_621, 99_999_989)]
    links = choose(rng, list(plan["links"]), n, list(plan["links"].values()))
    shop["link"] = np.where(shop["in_crm"], links, "")
    if not plan.linked:
        return shop

    typo = some(rng, n, variations["typo"])
    shop.loc[typo, "surname"] = misspell(rng, shop.loc[typo, "surname"])
    plain = some(rng, n, variations["spelled_out"])
    shop.loc[plain, ["given", "surname", "street"]] = shop.loc[plain, ["given", "surname", "street"]].map(latin)
    short = some(rng, n, variations["given_name_short"]) & ~shop["link"].isin(["same_birth_date", "same_address"])
    shop.loc[short, "given"] = shop.loc[short, "given"].str[:1] + "."
    shop.loc[some(rng, n, 0.1), "email"] = shop["email"].str.capitalize()
    moved = some(rng, n, variations["moved"]) & (shop["link"] != "same_address")
    shop.loc[some(rng, n, variations["no_phone"]), "phone"] = ""
    shop.loc[some(rng, n, variations["no_birth_date"]), "birth_date"] = pd.NaT
    return _break_links(rng, shop, people.set_index("person"), moved)


def _break_links(rng: np.random.Generator, shop: pd.DataFrame, people: pd.DataFrame, moved: pd.Series) -> pd.DataFrame:
    """Leave each account only what its link allows, and see that the link itself is there."""
    original = people.loc[shop["person"]].reset_index(drop=True)
    names = read_yaml("texts/names.yaml")
    link = shop["link"]
    new_email = link.isin(["same_phone", "same_birth_date", "same_address", "hardly"])
    hosts = names["mail_hosts"]
    shop.loc[new_email, "email"] = [
        f"kontakt{number}@{hosts[number % len(hosts)]}" for number in shop.loc[new_email, "person"]
    ]
    new_phone = link.isin(["same_birth_date", "same_address"])
    shop.loc[new_phone, "phone"] = ""
    married = link == "hardly"
    shop.loc[married, "surname"] = choose(rng, names["surnames"], married.sum())
    for links, columns in (
        (["same_phone", "hardly"], ["phone", "given"]),
        (["same_birth_date"], ["birth_date", "given", "surname"]),
        (["same_address"], ["given", "surname", "street", "postal_code", "city"]),
    ):
        kept = link.isin(links)
        shop.loc[kept, columns] = original.loc[kept, columns]
    moved = moved | married
    streets = choose(rng, names["streets"], moved.sum())
    numbers = rng.integers(1, 140, moved.sum()).astype(str)
    shop.loc[moved, "street"] = [f"{street} {number}" for street, number in zip(streets, numbers, strict=True)]
    return _write_phones(rng, shop)


def _write_phones(rng: np.random.Generator, shop: pd.DataFrame) -> pd.DataFrame:
    """Write the same phone number the way people do."""
    digits = shop["phone"].where(shop["phone"] != "", "0" * 12)
    styles = np.column_stack(
        [
            "+49 " + digits.str[1:4] + " " + digits.str[4:],
            digits.str[:4] + "/" + digits.str[4:],
            "0049" + digits.str[1:],
            digits,
        ]
    )
    written = styles[np.arange(len(shop)), rng.integers(0, 4, len(shop))]
    return shop.assign(phone=np.where(shop["phone"] == "", "", written))


def misspell(rng: np.random.Generator, names: pd.Series) -> list[str]:
    """Swap two letters inside each name."""
    places = rng.random(len(names))
    return [_swap(name, 1 + int(place * (len(name) - 2))) for name, place in zip(names, places, strict=True)]


def _swap(name: str, at: int) -> str:
    """Swap the letters at `at` and after it.

    >>> _swap("Becker", 2)
    'Bekcer'
    """
    return name if at > len(name) - 2 else name[:at] + name[at + 1] + name[at] + name[at + 2 :]
