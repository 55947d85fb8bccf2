"""Invented people as three systems know them, with the truth: what identity resolution is measured on.

Independent of the demo company: own names, own errors. Two of five people live in a shared household, where address,
often the phone and the surname, and sometimes even the e-mail address are the same. How often what goes wrong is
listed in `NOISE`; with it, exact rules alone find about nine of ten pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

RECORDS_PER_PERSON = (0.55, 0.30, 0.15)  # one, two, three records: 1.6 on average
IN_HOUSEHOLDS = 0.40
NOISE = {
    "latin": 0.30,  # umlauts written out
    "typo_first": 0.03,
    "typo_last": 0.04,
    "nickname": 0.06,
    "initial": 0.01,
    "swapped": 0.01,  # first and last name in each other's field
    "married": 0.02,
    "moved": 0.10,
    "other_email": 0.15,
    "typo_email": 0.02,
    "no_email": 0.15,
    "other_phone": 0.10,
    "no_phone": 0.25,
    "no_birth": 0.15,
    "typo_birth": 0.03,
    "swapped_birth": 0.01,
    "no_street": 0.06,
    "placeholder": 0.01,  # each of e-mail, phone and birth date
}
SAME_IN_HOUSEHOLD = {"last": 0.75, "phone": 0.60, "email": 0.10, "twin": 0.03, "namesake": 0.01}

# Given name and what the same person may also be called.
_GERMAN = """Johannes:Hans Hannes Jo|Katharina:Kathi Käthe Kati|Elisabeth:Lisa Elli Sissi|Alexander:Alex Sascha
Maximilian:Max|Sebastian:Basti|Benjamin:Ben|Christian:Chris|Christine:Chris Tine|Andreas:Andi|Matthias:Matze Hias
Thomas:Tom|Michael:Micha Michi|Friedrich:Fritz|Wilhelm:Willi|Heinrich:Heinz Heiner|Margarete:Grete Gretel
Susanne:Susi|Gabriele:Gabi|Ursula:Uschi Ulla|Barbara:Babsi|Stephan:Stefan|Stefanie:Steffi|Nikolaus:Klaus Niko
Josef:Sepp Jupp|Franziska:Franzi|Theresa:Resi|Magdalena:Lena Leni|Tobias:Tobi|Dominik:Domi|Günther:Günter|Jürgen:
Jörg:|Käthe:|Björn:|Anna:|Anne:|Hanna:|Lea:|Lena:|Lina:|Jan:|Jana:|Tim:|Tom:|Paul:|Paula:|Marie:|Maria:|Mia:|Emma:
Emil:|Felix:|Jonas:|Lukas:|Laura:|Sophie:|Clara:|Ida:|Frieda:|Greta:|Moritz:|Anton:|Karl:|Otto:|Ralf:|Uwe:|Heike:
Silke:|Birgit:|Sabine:|Petra:|Monika:|Renate:|Ingrid:|Helga:|Gisela:|Karin:|Doris:|Frank:|Dirk:|Holger:|Sven:|Ole:
Malte:|Finn:|Jasper:|Aylin:|Murat:"""
_ENGLISH = """Robert:Bob Rob|William:Bill Will|Elizabeth:Liz Beth|Margaret:Maggie Peggy|Katherine:Kate Kathy
James:Jim Jimmy|Richard:Dick Rick|Edward:Ted Eddie|Anthony:Tony|Jonathan:Jon|Joseph:Joe|Samuel:Sam|Samantha:Sam
Daniel:Dan|Matthew:Matt|Andrew:Andy|Nicholas:Nick|Rebecca:Becky|Jennifer:Jenny|Victoria:Vicky|Patricia:Pat Trish
Deborah:Debbie|Susan:Sue|Charles:Charlie Chuck|Thomasina:|Alice:|Grace:|Oliver:Ollie|Henry:Harry|George:|Ruth:
Helen:|Claire:|Emily:|Peter:Pete|Steven:Steve|Kenneth:Ken|Gregory:Greg|Timothy:Tim|Abigail:Abby|Hannah:|Lucy:
Martin:|Simon:|Neil:|Ian:|Owen:|Gareth:"""
_COMMON = {
    "de": "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein",
    "en": "Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White Roberts",
}
_STEMS = {
    "de": "Berg Stein Wald Feld Bach Eich Linden Birken Rosen Adler Falken Sommer Winter Neu Alt Ober Nieder "
    "Groß Klein Löwen Bär Fuchs Hirsch König Grün Weiß Roth Schwarz Kirch Brücken Mühl Schloss Burg Weiden Tannen "
    "Blüm Strauß Küh",
    "en": "Ash Black Brad Brook Clay Cross Dal East Fair Green Hart Hazel Kirk Lang Long Marsh Mill New North Oak Red "
    "Rock Sand Shel Stan Stone Thorn Under West White Wood Wynd York Nor Pem Har Cam Hol",
}
_ENDS = {
    "de": "mann er hauser dörfer meier müller huber bauer inger ner ler haus hof kamp horst brink stedt rode bacher "
    "egger",
    "en": "ton ford ley field well worth man wood by ham shaw burn ridge gate combe more land stead brook hurst",
}
_STREETS = {
    "de": ["{}straße", "{}str.", "{} Straße", "{}weg", "{}allee", "Am {}hof", "{}gasse", "{}platz"],
    "en": ["{} Street", "{} Road", "{} Lane", "{} Avenue", "{}wood Drive", "{} Close", "{}field Road", "{} St."],
}
_HOSTS = ["mail.example", "post.example", "web.example", "gmx.example", "inbox.example", "t-net.example", "fm.example"]
_LATIN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})


@dataclass(frozen=True)
class _Names:
    first: np.ndarray
    nicknames: dict[str, list[str]]
    weights: np.ndarray
    last: np.ndarray
    last_weights: np.ndarray


def _names(language: str) -> _Names:
    table = {"de": _GERMAN, "en": _ENGLISH}[language].replace("\n", "|")
    entries = [entry.partition(":") for entry in table.split("|")]
    first = np.array([name for name, _, _ in entries], dtype=object)
    nicknames = {name: short.split() for name, _, short in entries if short}
    weights = 1 / (np.arange(len(first)) % 40 + 8)
    common = _COMMON[language].split()
    rare = [stem + end for stem in _STEMS[language].split() for end in _ENDS[language].split()]
    last_weights = np.r_[np.full(len(common), 0.15 / len(common)), np.full(len(rare), 0.85 / len(rare))]
    return _Names(first, nicknames, weights / weights.sum(), np.array(common + rare, dtype=object), last_weights)


NAMES = {language: _names(language) for language in ("de", "en")}


def make_records(people: int, seed: int, copies: tuple[float, float, float] = RECORDS_PER_PERSON) -> pd.DataFrame:
    """Records of so many people, in the order of their systems.

    Parameters
    ----------
    people, seed : int
    copies : tuple of float
        Shares of people with one, two and three records.

    Returns
    -------
    DataFrame, shape (about 1.6 * people, columns)
        Columns of `match_people` with first and last name apart, and ``person``, the truth.
    """
    rng = np.random.default_rng(seed)
    known = _people(rng, people)
    many = rng.choice([1, 2, 3], people, p=copies)
    person = np.repeat(np.arange(people), many)
    turn = np.arange(len(person)) - np.repeat(np.cumsum(many) - many, many)
    start = np.repeat(rng.integers(0, 3, people), many)
    space = np.array(["crm", "shop", "service"], dtype=object)[(start + turn) % 3]
    records = _noisy(rng, known.iloc[person].reset_index(drop=True))
    records = records.assign(space=space, person=person, raw_id=rng.permutation(len(person)).astype(str))
    order = np.lexsort([rng.random(len(records)), space])
    texts = ["space", "raw_id", "first_name", "last_name", "email", "phone", "street", "postal_code"]
    return records.iloc[order].reset_index(drop=True).astype(dict.fromkeys(texts, "str")).drop(columns="language")


def _people(rng: np.random.Generator, n: int) -> pd.DataFrame:
    english = rng.random(n) < 0.3
    people = pd.DataFrame({"language": np.where(english, "en", "de")})
    # Households: neighbouring rows, two to five people who take over what their first member has.
    sizes = rng.choice([2, 3, 4, 5], n, p=[0.45, 0.27, 0.20, 0.08])
    sizes = sizes[: np.searchsorted(np.cumsum(sizes), IN_HOUSEHOLDS * n)]
    home = np.r_[np.repeat(np.arange(len(sizes)), sizes), len(sizes) + np.arange(n - sizes.sum())]
    head = np.searchsorted(home, home)
    people["language"] = people["language"].to_numpy()[head]
    for column in ("first_name", "last_name"):
        people[column] = ""
    for language, names in NAMES.items():
        rows = (people["language"] == language).to_numpy()
        people.loc[rows, "first_name"] = rng.choice(names.first, rows.sum(), p=names.weights)
        people.loc[rows, "last_name"] = rng.choice(names.last, rows.sum(), p=names.last_weights)
    days = rng.integers(0, 365 * 65, n)
    people["birth_date"] = pd.Timestamp("1940-01-01") + pd.to_timedelta(days, unit="D")
    people["postal_code"] = np.char.zfill(rng.integers(1, 3000, n).astype(str), 4).astype(object) + "7"
    people["street"] = _streets(rng, people["language"])
    people["phone"] = [f"0{number}" for number in rng.permutation(n) * 397 + 221_000_000]
    follows = head != np.arange(n)
    for column, share in (("street", 1.0), ("postal_code", 1.0), ("last_name", 0.75), ("phone", 0.60)):
        takes = follows & (rng.random(n) < share)
        people.loc[takes, column] = people[column].to_numpy()[head[takes]]
    for column, share in (("birth_date", "twin"), ("first_name", "namesake")):
        takes = follows & (rng.random(n) < SAME_IN_HOUSEHOLD[share])
        people.loc[takes, column] = people[column].to_numpy()[head[takes]]
    twins = people.duplicated(["street", "postal_code", "last_name", "first_name", "birth_date"])
    people.loc[twins, "birth_date"] += pd.Timedelta(days=9_500)
    people["email"] = _emails(rng, people)
    takes = follows & (rng.random(n) < SAME_IN_HOUSEHOLD["email"])
    people.loc[takes, "email"] = people["email"].to_numpy()[head[takes]]
    return people


def _streets(rng: np.random.Generator, languages: pd.Series) -> np.ndarray:
    streets = np.empty(len(languages), dtype=object)
    for language in NAMES:
        rows = (languages == language).to_numpy()
        stems = rng.choice(NAMES[language].last, rows.sum())
        forms = rng.choice(np.array(_STREETS[language], dtype=object), rows.sum())
        numbers = rng.integers(1, 90, rows.sum())
        written = [form.format(stem) for form, stem in zip(forms, stems, strict=True)]
        if language == "de":
            streets[rows] = [f"{street} {number}" for street, number in zip(written, numbers, strict=True)]
        else:
            streets[rows] = [f"{number} {street}" for street, number in zip(written, numbers, strict=True)]
    return streets


def _emails(rng: np.random.Generator, people: pd.DataFrame) -> np.ndarray:
    first = people["first_name"].str.translate(_LATIN).str.lower().to_numpy(dtype=object)
    last = people["last_name"].str.translate(_LATIN).str.lower().to_numpy(dtype=object)
    form, number = rng.integers(0, 4, len(people)), rng.integers(1, 999, len(people)).astype(str).astype(object)
    local = np.select(
        [form == 0, form == 1, form == 2],
        [first + "." + last + number, pd.Series(first).str[0].to_numpy() + last + number, last + "_" + first + number],
        pd.Series(people["street"]).str.extract(r"([A-Za-z]{3,})")[0].str.lower().fillna("x").to_numpy() + number,
    )
    return local + "@" + rng.choice(np.array(_HOSTS, dtype=object), len(people))


def _noisy(rng: np.random.Generator, records: pd.DataFrame) -> pd.DataFrame:
    n = len(records)

    def some(name: str) -> np.ndarray:
        return np.flatnonzero(rng.random(n) < NOISE[name])

    values = {column: records[column].to_numpy(dtype=object).copy() for column in records if column != "birth_date"}
    first, last = values["first_name"], values["last_name"]
    for i in some("nickname"):
        short = NAMES[values["language"][i]].nicknames.get(first[i])
        first[i] = short[i % len(short)] if short else first[i]
    for i in some("married"):
        last[i] = rng.choice(NAMES[values["language"][i]].last)
    fresh = _people_elsewhere(rng, records)
    for column, share in (("street", "moved"), ("email", "other_email"), ("phone", "other_phone")):
        rows = some(share)
        values[column][rows] = fresh[column].to_numpy(dtype=object)[rows]
        if column == "street":
            far = rows[rng.random(len(rows)) < 0.7]  # the rest stay in the same postal area
            values["postal_code"][far] = fresh["postal_code"].to_numpy(dtype=object)[far]
    for column, share in (("first_name", "typo_first"), ("last_name", "typo_last"), ("email", "typo_email")):
        for i in some(share):
            values[column][i] = _typo(rng, values[column][i])
    for i in some("latin"):
        for column in ("first_name", "last_name", "street"):
            values[column][i] = values[column][i].translate(_LATIN)
    for i in some("initial"):
        first[i] = first[i][0] + "."
    rows = some("swapped")
    first[rows], last[rows] = last[rows], first[rows].copy()
    _rewrite(rng, values)
    births = records["birth_date"].to_numpy().astype("datetime64[D]").copy()
    for i in some("typo_birth"):
        births[i] = _mistyped_day(rng, births[i])
    for i in some("swapped_birth"):
        year, month, day = str(births[i]).split("-")
        births[i] = np.datetime64(f"{year}-{day}-{month}") if int(day) <= 12 else births[i]
    for column, share in (("email", "no_email"), ("phone", "no_phone"), ("street", "no_street")):
        values[column][some(share)] = None
    births[some("no_birth")] = np.datetime64("NaT")
    values["email"][some("placeholder")] = "kundenservice@haendler.example"
    values["phone"][some("placeholder")] = "0800 1000200"
    births[some("placeholder")] = np.datetime64("1970-01-01")
    return pd.DataFrame(values).assign(birth_date=births.astype("datetime64[us]"))


def _people_elsewhere(rng: np.random.Generator, records: pd.DataFrame) -> pd.DataFrame:
    """Another address, e-mail and phone for each record."""
    n = len(records)
    codes = np.char.zfill(rng.integers(1, 3000, n).astype(str), 4).astype(object) + "7"
    moved = records.assign(street=_streets(rng, records["language"]), postal_code=codes)
    phones = [f"01{number}" for number in rng.permutation(n) * 397 % 489_999_999 + 510_000_000]
    return moved.assign(email=_emails(rng, moved), phone=phones)


def _rewrite(rng: np.random.Generator, values: dict[str, np.ndarray]) -> None:
    """The same street, phone and e-mail in the different ways in which people and systems write them."""
    way = rng.integers(0, 4, len(values["street"]))
    for i, (street, phone) in enumerate(zip(values["street"], values["phone"], strict=True)):
        if way[i] == 1:
            values["street"][i] = street.replace("straße", "str.").replace("strasse", "str.").replace("Street", "St")
            values["phone"][i] = f"+49 {phone[1:4]} {phone[4:]}"
        elif way[i] == 2:
            values["street"][i] = street.upper().replace("ß", "SS") if "SS" not in street else street
            values["phone"][i] = f"0049 {phone[1:]}"
        elif way[i] == 3:
            values["street"][i] = street.replace("str.", "straße")
            values["phone"][i] = f"{phone[:4]}/{phone[4:]}"
            values["email"][i] = values["email"][i].capitalize()


def _typo(rng: np.random.Generator, text: str) -> str:
    """One letter left out, doubled, replaced, or swapped with the next one; never the first."""
    if len(text) < 4:
        return text
    at, kind = int(rng.integers(1, len(text) - 1)), rng.integers(0, 4)
    middle = ["", text[at] * 2, chr(97 + int(rng.integers(0, 26))), text[at + 1] + text[at]][kind]
    return text[:at] + middle + text[at + (2 if kind == 3 else 1) :]


def _mistyped_day(rng: np.random.Generator, day: np.datetime64) -> np.datetime64:
    """A date with one digit of day, month or year wrong."""
    text = list(str(day))
    for _ in range(20):
        at = int(rng.choice([3, 6, 8, 9, 2]))
        tried = text.copy()
        tried[at] = str(rng.integers(0, 10))
        try:
            found = np.datetime64("".join(tried))
        except ValueError:
            continue
        if found != day and "1930" < "".join(tried) < "2008":
            return found
    return day
