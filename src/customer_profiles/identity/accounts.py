"""Which records of several systems are one company, and which company each contact works for.

Companies are written in many ways: with and without their legal form, umlauts spelt out, words run together. Two
records are one company if their names agree once all that is taken away, and a web domain or the place agrees too:
namesakes in two towns stay apart, and so do subsidiaries of one group that share a domain. A contact belongs to the
account its record names; failing that, to the one with the domain of its e-mail address (never that of a free-mail
provider); failing that, to the one with its company's name in its town.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from ..codes import BY_DOMAIN, BY_ID, BY_NAME, WITHOUT_ACCOUNT
from . import normalise

NO_ACCOUNT = -1
"""Label of a contact of whom no company is known."""

# Similarity (0–100, of the words in alphabetical order) from which two names are spellings of one.
SAME_NAME = 90
# The same where the domain agrees too: one name may lack a word that the other has.
SAME_NAME_AND_DOMAIN = 82
# A domain of more companies than this belongs to a provider or a portal, whoever it is.
MOST_COMPANIES_OF_A_DOMAIN = 4
# Systems cut long names, at 30, 35 or 40 characters; a name of at least so many may be one that was cut.
SHORTEST_CUT = 28
# More records than this share a place and the beginning of a name only in a list of placeholders.
LARGEST_BLOCK = 200

# Legal forms as `normalise.fold` leaves them, longest first; the first group are written in full anywhere in a name.
_WRITTEN_OUT = (
    (r"gesellschaft mit beschraenkter haftung", "gmbh"),
    (r"kommanditgesellschaft auf aktien", "kgaa"),
    (r"kommanditgesellschaft", "kg"),
    (r"aktiengesellschaft", "ag"),
    (r"offene handelsgesellschaft", "ohg"),
    (r"unternehmergesellschaft", "ug"),
    (r"haftungsbeschraenkt", ""),
    (r"g m b h", "gmbh"),
    (r"mbh", "gmbh"),
    (r"limited liability company", "llc"),
    (r"public limited company", "plc"),
    (r"sp z o ?o", "spzoo"),
    (r"s a r l|sarl", "sarl"),
)
_FORMS = (
    *("gmbh", "ggmbh", "ag", "kgaa", "kg", "ohg", "gbr", "se", "ug", "ek", "e k", "e kfm", "ev", "e v", "eg", "e g"),
    *("ltd", "limited", "inc", "incorporated", "llc", "plc", "corp", "corporation", "co"),
    *("sa", "s a", "sas", "s a s", "sarl", "spa", "s p a", "srl", "s r l", "sl", "s l", "bv", "b v", "nv", "n v"),
    *("ab", "a b", "oy", "as", "a s", "aps", "spzoo", "sro", "s r o", "kft"),
)
_SAME_FORM = {"limited": "ltd", "incorporated": "inc", "corporation": "corp"}
_LAST_FORM = re.compile(r"(?:^| )(" + "|".join(sorted(_FORMS, key=len, reverse=True)) + r")$")
# Words that say nothing about which company it is.
_FILLERS = frozenset(["und", "and", "u", "et", "the", "firma", "fa", "deutschland", "germany"])
_START = 3
_SHORTEST_TAIL = 5


def roll_up(records: pd.DataFrame) -> pd.DataFrame:
    """Company of each record, and what told the company of a contact.

    Parameters
    ----------
    records : DataFrame, shape (records, columns)
        Columns ``space`` and ``raw_id``, and any of company, domain, email, phone, street, postal_code, city.
        A contact has ``is_contact`` true and may name its account as ``account_space`` and ``account_id``. Two
        account records with the same space and raw_id are always one company.

    Returns
    -------
    DataFrame, shape (records, 2)
        ``company_no``: companies numbered by their first record, `NO_ACCOUNT` for a contact of whom no company is
        known; ``found_by``: one of `codes.WAYS` for contacts, missing for accounts.
    """
    known = _comparable(records)
    contact = records.get("is_contact", pd.Series(False, index=records.index)).to_numpy(dtype=bool)
    labels = np.full(len(records), NO_ACCOUNT)
    accounts = np.flatnonzero(~contact)
    labels[accounts] = _match_records(known.take(accounts).reset_index(drop=True))
    found_by = _place_contacts(known, contact, labels)
    placed = labels != NO_ACCOUNT
    labels[placed] = pd.factorize(labels[placed])[0]
    return pd.DataFrame({"company_no": labels, "found_by": found_by}, index=records.index)


def domains_of(records: pd.DataFrame, numbers: np.ndarray) -> pd.Series:
    """Company by web domain, for senders whose address nobody has on file.

    Parameters
    ----------
    records : DataFrame
        As for `roll_up`.
    numbers : ndarray of int, shape (records,)
        Number of the company of each record.

    Returns
    -------
    Series
        Number by domain; a domain of several companies or of a free-mail provider is absent.
    """
    known = pd.DataFrame({"domain": _domains_of_records(records), "number": numbers}).dropna()
    of_domain = known.groupby("domain")["number"]
    return of_domain.first()[of_domain.nunique() == 1]


def core_names(companies: pd.Series) -> pd.DataFrame:
    """Names without what spellings of one company differ in.

    Returns
    -------
    DataFrame, columns core, form
        ``core``: lower case, umlauts written out, without legal form and filler words; ``form``: the legal form,
        missing if none is given.

    >>> core_names(pd.Series(["Müller & Söhne GmbH & Co. KG", "Mueller u. Soehne"])).core.tolist()
    ['mueller soehne', 'mueller soehne']
    """
    codes, distinct = pd.factorize(companies, use_na_sentinel=True)
    parts = pd.DataFrame([_split_name(name) for name in distinct], columns=["core", "form"], dtype="str")
    found = parts.reindex(codes).set_axis(companies.index)
    return found.mask(found == "")


def web_domains(texts: pd.Series) -> pd.Series:
    """Host of an address or a web page, without ``www``; missing for free-mail providers.

    >>> web_domains(pd.Series(["https://www.Werk.example/kontakt", "a@werk.example", "b@gmx.de"])).tolist()
    ['werk.example', 'werk.example', nan]
    """
    host = texts.str.strip().str.lower().str.replace(r"^[a-z]+://|^.*@", "", regex=True)
    host = host.str.replace(r"[/:?#].*$", "", regex=True).str.replace(r"^www\d?\.", "", regex=True).str.rstrip(".")
    real = host.str.fullmatch(r"[^\s@.]+(\.[^\s@.]+)+", na=False)
    provider = host.str.replace(r"^.*?([^.]+)\.[^.]+$", r"\1.*", regex=True)
    return host.where(real & ~host.isin(_free_mail()) & ~provider.isin(_free_mail()))


@cache
def _free_mail() -> frozenset[str]:
    """Domains of free-mail providers, and providers with a domain in every country as ``name.*``."""
    lines = Path(__file__).with_name("free_mail.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def _split_name(name: str) -> tuple[str, str]:
    """Core and legal form of a name; a name of nothing but a legal form is its own core."""
    text = normalise.fold(name)
    forms: list[str] = []
    for pattern, short in _WRITTEN_OUT:
        text = re.sub(rf"(?<![^ ])(?:{pattern})(?![^ ])", short, text)
    text = _without_cut_form(" ".join(text.split())) if len(name) >= SHORTEST_CUT else " ".join(text.split())
    rest = text
    while found := _LAST_FORM.search(rest):
        forms.insert(0, _SAME_FORM.get(found[1], found[1]).replace(" ", ""))
        rest = rest[: found.start()].removesuffix(" und").removesuffix(" u")
    core = " ".join(word for word in rest.split() if word not in _FILLERS)
    return core or text, " ".join(forms)


def _without_cut_form(text: str) -> str:
    """A folded name without a legal form that was cut off in the middle.

    >>> _without_cut_form("brandt pharma gesellschaft mit besch")
    'brandt pharma'
    """
    words = text.split()
    for start in range(1, len(words)):
        tail = " ".join(words[start:])
        if len(tail) >= _SHORTEST_TAIL and any(form.startswith(tail) for form, _ in _WRITTEN_OUT):
            return " ".join(words[:start])
    return text


def _domains_of_records(records: pd.DataFrame) -> pd.Series:
    nothing = pd.Series(None, index=records.index, dtype="str")
    own, mail = (web_domains(records.get(column, nothing).astype("str")) for column in ("domain", "email"))
    return own.fillna(mail)


def _comparable(records: pd.DataFrame) -> pd.DataFrame:
    """Matching columns in normal form, one row per record."""
    given = records.reset_index(drop=True)
    nothing = pd.Series(None, index=given.index, dtype="str")
    known = given[["space", "raw_id"]].copy()
    for column in ("account_space", "account_id", "postal_code"):
        known[column] = given.get(column, nothing).astype("str")
    known[["core", "form"]] = core_names(given.get("company", nothing).astype("str"))
    known["long"] = given.get("company", nothing).astype("str").str.len().fillna(0) >= SHORTEST_CUT
    known["start"] = known.core.str.replace(" ", "").str[:_START]
    known["domain"] = _domains_of_records(given)
    shared = known.groupby("domain")["core"].nunique()
    known["domain"] = known.domain.mask(known.domain.isin(shared.index[shared > MOST_COMPANIES_OF_A_DOMAIN]))
    known["phone"] = normalise.phones(given.get("phone", nothing).astype("str"))
    known["street"] = normalise.streets(given.get("street", nothing).astype("str"))
    known["city"] = given.get("city", nothing).astype("str").map(normalise.fold, na_action="ignore")
    return known


def _match_records(known: pd.DataFrame) -> np.ndarray:
    """Labels of account records: connected by every pair that a rule accepts."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    pairs = [_pairs(known, ["space", "raw_id"])]
    for keys, rule in (
        (["domain"], _same_domain),
        (["postal_code", "start"], _same_place),
        (["city", "start"], _same_place),
        (["street", "postal_code"], _same_place),
        (["phone"], _same_place),
    ):
        candidates = _pairs(known, keys)
        pairs.append(candidates[rule(known, candidates)])
    left, right = np.concatenate(pairs).T
    graph = coo_matrix((np.ones(len(left), dtype=bool), (left, right)), shape=(len(known), len(known)))
    return connected_components(graph, directed=False)[1]


def _pairs(known: pd.DataFrame, keys: list[str]) -> np.ndarray:
    """Pairs of positions whose keys are all given and equal."""
    block = known[keys].dropna()
    size = block.groupby(keys)[keys[0]].transform("size")
    block = block[(size > 1) & (size <= LARGEST_BLOCK)].assign(position=lambda t: t.index)
    pairs = block.merge(block, on=keys)
    return pairs.loc[pairs.position_x < pairs.position_y, ["position_x", "position_y"]].to_numpy(dtype="int64")


def _same_domain(known: pd.DataFrame, pairs: np.ndarray) -> np.ndarray:
    """A domain in common, and names that may be one: subsidiaries of a group share the domain but not the name."""
    return _similar(known, pairs, SAME_NAME_AND_DOMAIN) & _forms_agree(known, pairs)


def _same_place(known: pd.DataFrame, pairs: np.ndarray) -> np.ndarray:
    """One name at one place.

    Who has another domain or legal form, or a name that was cut, must share the street or the phone as well.
    """
    alike = _alike(known, pairs, SAME_NAME)
    sure = alike & ~_differ(known, pairs, "domain") & _forms_agree(known, pairs)
    here = _equal(known, pairs, "postal_code") | _equal(known, pairs, "city")
    more = _equal(known, pairs, "street") | _equal(known, pairs, "phone")
    return here & (sure | ((alike | _cut(known, pairs)) & more))


def _similar(known: pd.DataFrame, pairs: np.ndarray, least: float) -> np.ndarray:
    """Whether names are spelt alike, or one of them was cut."""
    return _alike(known, pairs, least) | _cut(known, pairs)


def _alike(known: pd.DataFrame, pairs: np.ndarray, least: float) -> np.ndarray:
    """Whether both names are given and spelt alike: the same words in any order, run together or not."""
    from rapidfuzz import fuzz
    from rapidfuzz.process import cpdist

    if not len(pairs):
        return np.zeros(0, dtype=bool)
    left, right = (known.core.take(side).fillna("").to_numpy(dtype="object") for side in pairs.T)
    given = np.array([bool(a) and bool(b) for a, b in zip(left, right, strict=True)])
    joined = cpdist([a.replace(" ", "") for a in left], [b.replace(" ", "") for b in right], scorer=fuzz.ratio)
    alike = np.maximum(cpdist(left, right, scorer=fuzz.token_sort_ratio), joined) >= least
    numbers = [re.findall(r"\d+", a) == re.findall(r"\d+", b) for a, b in zip(left, right, strict=True)]
    return given & alike & np.array(numbers)


def _cut(known: pd.DataFrame, pairs: np.ndarray) -> np.ndarray:
    """Whether one name begins with all of the other, which is as long as names are that a system has cut."""
    sides = [(known.core.take(side).fillna(""), known.long.take(side)) for side in pairs.T]
    (left, left_long), (right, right_long) = (
        (core.str.replace(" ", "").to_numpy(dtype="object"), long.to_numpy(dtype=bool)) for core, long in sides
    )
    return np.array(
        [
            (a_long and bool(a) and b.startswith(a)) or (b_long and bool(b) and a.startswith(b))
            for a, b, a_long, b_long in zip(left, right, left_long, right_long, strict=True)
        ],
        dtype=bool,
    )


def _forms_agree(known: pd.DataFrame, pairs: np.ndarray) -> np.ndarray:
    """Whether legal forms may be one: equal, one not given, or one the beginning of the other (GmbH & Co. KG)."""
    left, right = (known.form.take(side).fillna("").to_numpy(dtype="object") for side in pairs.T)
    return np.array([a.startswith(b) or b.startswith(a) for a, b in zip(left, right, strict=True)], dtype=bool)


def _equal(known: pd.DataFrame, pairs: np.ndarray, column: str) -> np.ndarray:
    left, right = (known[column].take(side).reset_index(drop=True) for side in pairs.T)
    return left.eq(right).fillna(False).to_numpy(dtype=bool)


def _differ(known: pd.DataFrame, pairs: np.ndarray, column: str) -> np.ndarray:
    left, right = (known[column].take(side).reset_index(drop=True) for side in pairs.T)
    return (left.notna() & right.notna() & left.ne(right).fillna(False)).to_numpy(dtype=bool)


def _place_contacts(known: pd.DataFrame, contact: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Give each contact the label of its account; who names a company that nobody knows starts a new one.

    Returns what told it.
    """
    found_by = pd.Series(None, index=known.index, dtype="str")
    accounts = known.assign(label=labels)[~contact]
    declared = accounts.drop_duplicates(["space", "raw_id"]).set_index(["space", "raw_id"])["label"]
    keys = pd.MultiIndex.from_frame(known.loc[contact, ["account_space", "account_id"]])
    at = declared.index.get_indexer(keys)
    labels[contact] = np.where(at >= 0, np.append(declared.to_numpy(), NO_ACCOUNT)[at], NO_ACCOUNT)
    found_by[contact & (labels != NO_ACCOUNT)] = BY_ID
    for keys in (["domain"], ["core", "postal_code"], ["core", "city"], ["core"]):
        before = labels == NO_ACCOUNT
        _place_by(known, accounts, keys, labels)
        found_by[before & (labels != NO_ACCOUNT)] = BY_DOMAIN if keys == ["domain"] else BY_NAME
    before = labels == NO_ACCOUNT
    _start_new(known, labels)
    found_by[before & (labels != NO_ACCOUNT)] = WITHOUT_ACCOUNT
    return found_by.to_numpy()


def _place_by(known: pd.DataFrame, accounts: pd.DataFrame, keys: list[str], labels: np.ndarray) -> None:
    """Contacts not placed yet whose keys point to exactly one company, and whose company's name is not another."""
    open_ = known[labels == NO_ACCOUNT].reset_index(names="at")
    if keys == ["core"]:  # a name alone is enough only for who gives no place that could contradict
        open_ = open_[open_.postal_code.isna() & open_.city.isna()]
    found = open_.merge(
        accounts[[*keys, "core", "label"] if "core" not in keys else [*keys, "label"]].dropna(subset=keys),
        on=keys,
        suffixes=("", "_account"),
    )
    if "core" not in keys and len(found):
        sides = pd.concat([found.core, found.core_account], ignore_index=True).to_frame("core").assign(long=False)
        pairs = np.column_stack([np.arange(len(found)), np.arange(len(found)) + len(found)])
        found = found[_similar(sides, pairs, SAME_NAME_AND_DOMAIN) | found.core.isna().to_numpy()]
    companies = found.groupby("at")["label"].agg(["first", "nunique"])
    companies = companies[companies["nunique"] == 1]
    labels[companies.index] = companies["first"]


def _start_new(known: pd.DataFrame, labels: np.ndarray) -> None:
    """Companies known from their contacts only: by domain, else by name and town."""
    open_ = known[labels == NO_ACCOUNT]
    named = open_.core.str.cat(open_.city.fillna(""), sep="\x1f")
    company = open_.domain.fillna(named).dropna()
    labels[company.index] = pd.factorize(company)[0] + labels.max(initial=NO_ACCOUNT) + 1
