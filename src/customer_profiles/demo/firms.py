"""The companies that are the customers of the b2b demo company, and the people who work there."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from .draws import choose, pick, scatter, some
from .people import addresses, latin, places, signups
from .plan import Plan, read_yaml

CONTACTS_PER_FIRM = 20  # at most; the number of a contact is that of the firm times so many
# Employees, and yearly revenue in euros, of each band: lowest and highest.
EMPLOYEES = {"1–9": (1, 9), "10–49": (10, 49), "50–249": (50, 249), "250+": (250, 6000)}
MILLION = 1_000_000
REVENUE = {
    "under 2 million": (0.15, 1.99),
    "2–10 million": (2, 9.9),
    "10–50 million": (10, 49.9),
    "50 million and more": (50, 900),
}
SIZES = {"1–9": 0, "10–49": 1, "50–249": 1, "250+": 2}  # columns of the chances of legal forms


def make_firms(rng: np.random.Generator, plan: Plan, first: int, n: int) -> pd.DataFrame:
    """Draw firms number `first` to ``first + n - 1``.

    Returns
    -------
    DataFrame
        One row per firm: ``person`` (running number, as in `people.make_people`), ``segment``, the attributes of the
        plan as text, ``employees``, ``revenue``, ``signup`` and ``active_until``, ``core`` and ``form`` of its name,
        ``company``, ``domain`` (free mail: empty), address, ``phone``, ``in_crm``, ``in_shop``, ``group`` (number
        of the firm whose domain and address it shares, else its own) and ``namesake`` (of another firm).
    """
    words, names = read_yaml("texts/firms.yaml"), read_yaml("texts/names.yaml")
    firms = pd.DataFrame({"person": np.arange(first, first + n)})
    codes = {"segment": rng.choice(len(plan.segments), n, p=plan.segment_numbers("share"))}
    firms["segment"] = np.array(list(plan.segments), dtype=object)[codes["segment"]]
    for name, attribute in plan.attributes.items():
        codes[name] = pick(rng, attribute.chances, codes[attribute.by])
        firms[name] = np.array(attribute.values, dtype=object)[codes[name]]
    firms["employees"] = _within(rng, firms["employees_band"], EMPLOYEES).round().astype(int)
    firms["revenue"] = (_within(rng, firms["revenue_band"], REVENUE) * MILLION).round(-4).astype(np.int64)
    firms["signup"] = signups(rng, plan, n)
    leaves = rng.random(n) >= plan.segment_numbers("stays")[codes["segment"]]
    firms["active_until"] = np.where(leaves, rng.integers(firms["signup"].clip(lower=0), plan.days), plan.days - 1)
    firms = firms.join(_names(rng, words, firms, first))
    firms = firms.join(addresses(rng, names, places(), firms["region"]))
    firms["phone"] = [f"0155{number:08d}" for number in scatter(firms["person"], 15_485_863, 99_999_989)]
    firms["group"], firms["namesake"] = firms["person"], False
    sources = plan["sources"]
    _make_groups(rng, firms, sources["relatives"])
    _make_namesakes(rng, firms, sources["namesakes"])
    firms["company"] = firms["core"] + " " + firms["form"]
    firms.loc[some(rng, n, sources["free_mail"]) & (firms["group"] == firms["person"]), "domain"] = ""
    firms["in_shop"] = some(rng, n, sources["shop"])
    firms["in_crm"] = ~(firms["in_shop"] & some(rng, n, sources["shop_only"]))
    return firms


def make_contacts(rng: np.random.Generator, plan: Plan, firms: pd.DataFrame) -> pd.DataFrame:
    """Draw the people who work at firms that the CRM knows.

    Returns
    -------
    DataFrame
        One row per contact with the columns of its firm and: ``firm``, ``person`` (number of the contact), ``given``,
        ``surname``, ``role``, ``email``, ``declared`` (names its firm's number), ``nowhere`` (names no firm at all),
        ``consent``, ``english``.
    """
    words, names = read_yaml("texts/firms.yaml"), read_yaml("texts/names.yaml")
    known = firms[firms["in_crm"]]
    segment = known["segment"].map({name: code for code, name in enumerate(plan.segments)})
    usual = plan.segment_numbers("contacts")[segment]
    number = 1 + rng.poisson(usual - 1) if plan.linked else np.full(len(known), round(float(usual[0])))
    contacts = known.loc[known.index.repeat(number.clip(max=CONTACTS_PER_FIRM))].reset_index(drop=True)
    n, sources = len(contacts), plan["sources"]
    contacts["firm"] = contacts["person"]
    contacts["person"] = contacts["firm"] * CONTACTS_PER_FIRM + contacts.groupby("firm").cumcount()
    female = some(rng, n, 0.5)
    contacts["given"] = np.where(female, choose(rng, names["female"], n), choose(rng, names["male"], n))
    contacts["surname"] = choose(rng, names["surnames"], n)
    contacts["role"] = choose(rng, list(words["roles"]), n, list(words["roles"].values()))
    contacts["nowhere"] = some(rng, n, sources["nowhere"]) & (contacts["person"] % CONTACTS_PER_FIRM > 0)
    contacts["declared"] = ~contacts["nowhere"] & ~some(rng, n, sources["undeclared"])
    private = choose(rng, words["free_mail_hosts"], n)
    host = np.where((contacts["domain"] == "") | contacts["nowhere"], private, contacts["domain"])
    local = contacts["given"].str[:1].map(latin) + "." + contacts["surname"].map(latin)
    local = local.str.lower().str.replace(" ", "", regex=False)
    again = (local + "@" + host).groupby(local + "@" + host).cumcount()
    unique = again.astype(str).where(again > 0, "")
    is_private = np.isin(host, words["free_mail_hosts"])
    unique = np.where(is_private, contacts["person"].astype(str), unique)
    contacts["email"] = (local + unique + "@" + host).to_numpy(dtype=object)
    contacts["consent"] = ~some(rng, n, sources["no_consent"])
    contacts["english"] = some(rng, n, sources["english"])
    return contacts


def _within(rng: np.random.Generator, bands: pd.Series, limits: Mapping[str, tuple[float, float]]) -> pd.Series:
    """A number of each band, small ones more frequent."""
    low = bands.map({band: low for band, (low, _) in limits.items()}).to_numpy(dtype=float)
    high = bands.map({band: high for band, (_, high) in limits.items()}).to_numpy(dtype=float)
    return pd.Series(low * (high / low) ** rng.random(len(bands)), index=bands.index)


def _names(rng: np.random.Generator, words: dict, firms: pd.DataFrame, first: int) -> pd.DataFrame:
    """What each firm is called, without two of one name, and its web domain."""
    n = len(firms)
    stem, partner = choose(rng, words["stems"], n), choose(rng, words["partners"], n)
    does = np.empty(n, dtype=object)
    for industry, terms in words["does"].items():
        members = (firms["industry"] == industry).to_numpy()
        does[members] = choose(rng, terms, members.sum())
    core = pd.Series(stem + partner, index=firms.index) + " " + does
    again = core.groupby(core).cumcount() + firms["person"].iloc[0] // 10 * (first > 0)
    core = core.where(again == 0, core + " " + firms["region"].str.split("-").str[0] + " " + (again + 1).astype(str))
    sizes = firms["employees_band"].map(SIZES).to_numpy()
    form = np.empty(n, dtype=object)
    for size in range(3):
        members = sizes == size
        chances = [row[size] for row in words["forms"].values()]
        form[members] = choose(rng, list(words["forms"]), members.sum(), chances)
    slug = core.map(latin).str.lower().str.replace(r"[^a-z0-9]+", "-", regex=True).str.strip("-")
    return pd.DataFrame({"stem": stem, "core": core, "form": form, "domain": slug + ".example"}, index=firms.index)


def _make_groups(rng: np.random.Generator, firms: pd.DataFrame, share: float) -> None:
    """Give some pairs one stem, domain and address: subsidiaries, which are different customers."""
    order = firms.sort_values(["region", "industry", "person"], kind="stable").index
    first, second = order[:-1:2], order[1::2]
    same_region = firms.loc[first, "region"].to_numpy() == firms.loc[second, "region"].to_numpy()
    differ = firms.loc[first, "industry"].to_numpy() != firms.loc[second, "industry"].to_numpy()
    pairs = same_region & some(rng, len(first), share) & differ
    mother, daughter = first[pairs], second[pairs]
    what = firms.loc[daughter, "core"].str.split(" ").str[-1].to_numpy()
    firms.loc[daughter, "core"] = firms.loc[mother, "stem"].to_numpy() + " " + what
    columns = ["domain", "street", "postal_code", "city", "group"]
    firms.loc[daughter, columns] = firms.loc[mother, columns].to_numpy()


def _make_namesakes(rng: np.random.Generator, firms: pd.DataFrame, share: float) -> None:
    """Give some firms the name of another firm of their industry in another town."""
    order = firms.sort_values(["industry", "person"], kind="stable").index
    one, other = order[:-1:2], order[1::2]
    daughters = firms["group"] != firms["person"]
    alone = ~daughters & ~firms["person"].isin(firms.loc[daughters, "group"])
    apart = (firms.loc[one, "city"].to_numpy() != firms.loc[other, "city"].to_numpy()) & alone[other].to_numpy()
    same = firms.loc[one, "industry"].to_numpy() == firms.loc[other, "industry"].to_numpy()
    pairs = apart & same & some(rng, len(one), share)
    firms.loc[other[pairs], "core"] = firms.loc[one[pairs], "core"].to_numpy()
    firms.loc[other[pairs], "namesake"] = True
