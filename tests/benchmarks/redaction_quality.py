"""How much of what points to a person is found in texts, by kind and country, and how well languages are told apart.

    python tests/benchmarks/redaction_quality.py [texts per country and language]

All people are invented. Names of this file that the package's list of given names holds are taken out of that list
before anything is measured, so that no name is found because it was listed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from customer_profiles.privacy.known_names import KnownNames
from customer_profiles.privacy.person_names import TOKEN, Vocabulary, given_names, names_in, plain
from customer_profiles.privacy.redaction import PLACEHOLDER, redact
from customer_profiles.text import languages

SHARED = Path(__file__).parents[3] / "shared" / "data"

NAMES = {
    "German": (
        "Annelore Hedwig Ottmar Reinhild Sönke Wenke Gesine Meinolf Thea Lorena Swantje Eike",
        "Brinkhoff Dallmeyer Ehrentraut Grothus Hasselbeck Kleinschmidt Lindenau Niehues Overbeck Pannwitz "
        "Rademacher Schulte Tiedemann Wessling Zöllner Petersen",
    ),
    "Turkish": (
        "Alperen Beyza Ceren Doğukan Eylül Furkan Gamze İlker Kübra Nesrin Oktay Tuncay",
        "Akdoğan Bozkurt Çelik Demirtaş Erdoğmuş Güneş Kılıçoğlu Öztürk Şimşek Tekin Yıldırım Karaca",
    ),
    "Polish": (
        "Bogumiła Ireneusz Kacper Ludwika Mirella Olgierd Przemko Roksana Seweryn Wacława Żaneta Zenon",
        "Baranowska Cieślak Dąbrowski Gajewska Jabłoński Krawczyk Lewandowska Mazurek Pawlak Szczepański Wróbel Zając",
    ),
    "Indian": (
        "Ananya Bhavesh Chandrika Devansh Gayatri Hemant Ishaan Jyotsna Lalit Mridula Parth Sudhir",
        "Agarwal Banerjee Chatterjee Deshpande Gupta Iyer Joshi Kulkarni Mukherjee Patel Reddy Venkataraman",
    ),
    "Portuguese": (
        "Anabela Baltazar Conceição Delfim Edson Graciete Heitor Jandira Leonor Otávio Simão Zuleica",
        "Barbosa Cardoso Esteves Figueiredo Guimarães Lacerda Magalhães Nogueira Pacheco Teixeira Vasconcelos",
    ),
    "French": (
        "Amandine Bertrand Capucine Désiré Éloïse Fulbert Gaspard Honorine Joséphine Léopold Mahaut Thibaud",
        "Beaumont Chevalier Delacroix Fournier Girard Lacombe Marchand Perrault Rousselet Thibodeau Vasseur Moreau",
    ),
    "English": (
        "Araminta Barnaby Clementine Desmond Elspeth Fergus Gwendolyn Hamish Iona Jolyon Rosalind Tamsin",
        "Blenkinsop Cartwright Doherty Fairclough Goodwin Hargreaves Kilbride Mcallister Pemberton Shaw Thornbury",
    ),
    "Italian": (
        "Agostino Brunella Calogero Donatella Ermanno Fiorella Gennaro Loredana Nunzia Ornella Pasquale Tiziana",
        "Bellini Caruso De Luca Esposito Ferrara Gentile Lombardi Mancini Pellegrini Ricciardi Santoro Zanetti".replace(
            "De Luca", "Deluca"
        ),
    ),
    "Arabic": (
        "Abdelkader Badr Dunya Ghassan Haitham Ikram Jawad Lubna Mazen Nawal Rashida Tahar",
        "Alfarsi Benali Chaoui Daher Elmasri Ghanem Haddad Khoury Mansouri Najjar Rahmani Zidane",
    ),
    "Russian": (
        "Alevtina Bogdan Dobromir Efim Faina Gennadi Inessa Lew Marfa Pelageja Rodion Zoja",
        "Antonow Bogdanowa Fjodorow Gerasimow Iwanowa Kusnezow Lebedewa Orlow Petrowa Sokolow Tichonow Wolkow",
    ),
}
# {f} a first name, {l} a last name, {n} both: with a form of address, in a greeting or signature, and plainly.
GERMAN = (
    "Sehr geehrte Frau {l}, die Lieferung ist noch nicht angekommen.",
    "Herr {l} hat mir am Telefon eine Gutschrift versprochen, die bis heute fehlt.",
    "Der Berater, Herr {n}, war sehr freundlich und hat alles erklärt.",
    "Die Rechnung stimmt nicht. Mit freundlichen Grüßen\n{n}",
    "Das Kleid ist zu klein, ich möchte es umtauschen. Viele Grüße, {n}",
    "Bitte rufen Sie mich zurück. LG {f}",
    "Mein Name ist {n} und ich warte seit drei Wochen auf mein Geld.",
    "Ich heiße {n}, meine Bestellung wurde doppelt abgebucht.",
    "Hallo {f}, danke für die schnelle Antwort auf meine Frage.",
    "{f} aus der Filiale hat mir sofort geholfen, großes Lob.",
    "Ich habe mit {n} gesprochen, aber der Fehler im Konto ist noch da.",
    "Das Paket wurde bei meiner Nachbarin {n} abgegeben, ohne mich zu fragen.",
    "Gestern war {l} vom Kundendienst hier und hat das Gerät repariert.",
    "Die Jacke war ein Geschenk von {f} und ist leider gerissen.",
    "Frau Dr. {l} und ihr Kollege {f} waren sehr bemüht.",
    "ich bin {n} und kann mich nicht mehr anmelden",
)
ENGLISH = (
    "Dear Ms {l}, the parcel has still not arrived.",
    "Mr {l} promised me a refund on the phone, but nothing happened.",
    "The advisor, Mrs {n}, was very friendly and explained everything.",
    "The invoice is wrong. Kind regards,\n{n}",
    "The dress is too small and I want to return it. Best wishes, {n}",
    "Please call me back. Thanks, {f}",
    "My name is {n} and I have been waiting for my money for three weeks.",
    "my name is {n} and i cannot log in any more",
    "Hi {f}, thank you for the quick answer to my question.",
    "{f} in the shop helped me at once, great service.",
    "I spoke to {n} but the mistake in my account is still there.",
    "The parcel was left with my neighbour {n} without asking me.",
    "Yesterday {l} from support came and repaired the machine.",
    "The jacket was a present from {f} and it is torn already.",
    "Dr. {l} and her colleague {f} tried very hard to help.",
    "This is {n}, I was charged twice for the same order.",
)
# Further sentences, to see whether the rules hold for others than those they were tried on.
GERMAN_TOO = (
    "Letzte Woche hat mich {n} wegen der Mahnung angerufen.",
    "Guten Tag {f}, mein Konto ist gesperrt.",
    "Im Chat hat {f} leider nur auf die Webseite verwiesen.",
    "Die Reklamation habe ich an {n} geschickt.",
    "Besten Dank an Frau {l} für die Geduld!",
    "Ihre Mitarbeiterin {f} {l} versprach eine Erstattung.",
    "Unser Ansprechpartner ist seit März {n}.",
    "Wo bleibt mein Paket? Gruß {l}",
    "{n} hat die Ware bei uns abgeholt.",
    "Der Vertrag läuft auf meinen Mann {f}.",
)
ENGLISH_TOO = (
    "Last week {n} called me about the reminder.",
    "Good morning {f}, my account is locked.",
    "In the chat {f} only pointed me to the website.",
    "I sent the complaint to {n}.",
    "Many thanks to Ms {l} for her patience!",
    "Your employee {f} {l} promised a refund.",
    "Our contact since March is {n}.",
    "Where is my parcel? Regards {l}",
    "{n} picked up the goods at our place.",
    "The contract is in the name of my husband {f}.",
)
PERSONAL = {
    "e-mail": [
        *("{a}.{b}@example.org", "{a}@mail.example.com", "{a}_{b}+shop@example.co.uk", "{b}(at)example.de"),
        "{a}-{b}@sub.example.net",
    ],
    "phone": [
        *("0170 1234{d}", "+49 170 1234{d}", "0351/12{d}", "+44 20 7946 {d}", "(030) 123 {d}", "00351 912 345 {d}"),
        *("0151-23{d}23", "+1 (555) 01{d}"),
    ],
}


@dataclass(frozen=True)
class Planted:
    """A text with the parts that must not be seen."""

    kind: str
    country: str
    language: str
    text: str
    secret: tuple[str, ...]


def people(country: str, rng: np.random.Generator) -> tuple[str, str]:
    """An invented first and last name."""
    first, last = (names.split() for names in NAMES[country])
    return str(rng.choice(first)), str(rng.choice(last))


def named(count: int, seed: int) -> Iterator[Planted]:
    """Texts with names, `count` for each country and language."""
    rng = np.random.default_rng(seed)
    for language, frames in (("de", GERMAN + GERMAN_TOO), ("en", ENGLISH + ENGLISH_TOO)):
        for country in NAMES:
            for number in range(count):
                first, last = people(country, rng)
                frame = frames[number % len(frames)]
                secret = [first] * ("{f}" in frame or "{n}" in frame) + [last] * ("{l}" in frame or "{n}" in frame)
                text = frame.format(f=first, l=last, n=f"{first} {last}")
                yield Planted("name", country, language, text, tuple(secret))


def numbered(count: int, seed: int) -> Iterator[Planted]:
    """Texts with an e-mail address, a phone number or an IBAN."""
    rng = np.random.default_rng(seed)
    around = {
        "de": ("Bitte melden unter {}, danke.", "{} ist meine neue Nummer", "Erreichbar: {}"),
        "en": ("Please contact {}, thanks.", "{} is the new one", "You can use {}"),
    }
    for number in range(count):
        language = ("de", "en")[number % 2]
        frame = around[language][number % 3]
        first, last = (plain(name) for name in people(str(rng.choice(list(NAMES))), rng))
        for kind, shapes in PERSONAL.items():
            secret = str(rng.choice(shapes)).format(a=first, b=last, d=rng.integers(1000, 9999)).strip()
            yield Planted(kind, "", language, frame.format(secret), (secret,))
        secret = iban(rng)
        yield Planted("IBAN", "", language, frame.format(secret), (secret,))


def iban(rng: np.random.Generator) -> str:
    """An invented IBAN with right check digits, with or without blanks."""
    country, length = [("DE", 18), ("FR", 23), ("PL", 24), ("IT", 23), ("TR", 22), ("PT", 21), ("GB", 18)][
        rng.integers(7)
    ]
    body = "".join(str(digit) for digit in rng.integers(0, 10, length))
    if country == "GB":
        body = "NWBK" + body[4:]
    moved = "".join(str(int(c, 36)) for c in body + country + "00")
    plain = f"{country}{98 - int(moved) % 97:02d}{body}"
    return " ".join(plain[i : i + 4] for i in range(0, len(plain), 4)) if rng.random() < 0.6 else plain


def vocabulary(language: str) -> Vocabulary:
    """Without the names of this file; no word is known from a company's texts."""
    here = {plain(name) for pair in NAMES.values() for names in pair for name in names.split()}
    given = frozenset(name for name in given_names() if plain(name) not in here)
    return Vocabulary(language, given=given)


def measure(planted: list[Planted]) -> pd.DataFrame:
    """Each text: whether all of the secret is gone, words that should have stayed, and those of them that are gone."""
    of = {language: vocabulary(language) for language in ("de", "en")}
    rows = []
    for one in planted:
        redacted = redact(one.text, vocabulary=of[one.language])
        hidden = not any(part in redacted for part in one.secret)
        rest = one.text
        for part in one.secret:
            rest = rest.replace(part, " ")
        stay, left = TOKEN.findall(rest), TOKEN.findall(PLACEHOLDER.sub(" ", redacted))
        lost = len(stay) - len([word for word in left if word in stay])
        rows.append((one.kind, one.country, one.language, hidden, len(stay), max(lost, 0), one.text, redacted))
    names = ["kind", "country", "language", "hidden", "words", "lost", "text", "redacted"]
    return pd.DataFrame(rows, columns=names)


def known(count: int, seed: int) -> pd.DataFrame:
    """Texts with names of customers on file, and whether all of them are gone when the texts are collected."""
    planted = list(named(count, seed))
    files = pd.DataFrame(
        [pair for country in NAMES for pair in product(*(names.split() for names in NAMES[country]))],
        columns=["first_name", "last_name"],
    )
    names = KnownNames(files, np.arange(len(files)))
    texts = pd.DataFrame({"text": pd.Series([one.text for one in planted], dtype="str")})
    kept = names.hide_in(texts)["text"]
    hidden = [not any(part in text for part in one.secret) for one, text in zip(planted, kept, strict=True)]
    return pd.DataFrame({"language": [one.language for one in planted], "hidden": hidden})


def labelled(count: int, seed: int) -> pd.DataFrame:
    """Real texts of at most 60 characters in German, English and Portuguese, with two words or more."""
    german = pd.read_parquet(SHARED / "text" / "germeval2017.parquet")["text"]
    asked = pd.read_parquet(SHARED / "text" / "clinc150.parquet")["text"]
    worn = pd.read_parquet(SHARED / "text" / "womens_clothing_half.parquet")["Title"]
    reviews = pd.read_csv(SHARED / "olist" / "order_reviews.csv")["review_comment_message"]
    parts = []
    for code, texts in (("de", german), ("en", asked), ("en", worn), ("pt", reviews)):
        bare = texts.dropna().str.replace(r"https?://\S+|@\w+|#", " ", regex=True)
        short = bare.str.split(r"(?<=[.!?])\s+|\n").explode().str.strip().drop_duplicates()
        short = short[short.str.len().between(10, 60) & (short.str.count(r"[^\W\d_]{2,}") >= 2)]
        size = count // 2 if code == "en" else count
        parts.append(pd.DataFrame({"text": short.sample(min(size, len(short)), random_state=seed), "language": code}))
    return pd.concat(parts, ignore_index=True)


def real_loss() -> pd.DataFrame:
    """Share of words of real texts that are taken for names; some of them are names."""
    german = pd.read_parquet(SHARED / "text" / "germeval2017.parquet")["text"].dropna().head(1500)
    worn = pd.read_parquet(SHARED / "text" / "womens_clothing_half.parquet")["text"].dropna().head(1500)
    rows = []
    for code, texts in (("de", german), ("en", worn)):
        known = Vocabulary.of(texts, range(len(texts)), code)
        words = sum(len(TOKEN.findall(text)) for text in texts)
        taken = sum(len(TOKEN.findall(text[a:b])) for text in texts for a, b in names_in(text, known))
        rows.append((code, words, taken, taken / words))
    return pd.DataFrame(rows, columns=["language", "words", "taken", "share"])


def main(count: int) -> None:
    """Print all tables."""
    found = measure([*named(count, 1), *numbered(max(count * 5, 400), 2)])
    kinds = found.groupby(["kind", "language"])
    print(kinds["hidden"].agg(["size", "mean"]).assign(lost=kinds["lost"].sum() / kinds["words"].sum()).round(4))
    print(found[found["kind"] == "name"].pivot_table("hidden", "country", "language").round(3))
    print("names of customers on file", known(count, 3).groupby("language")["hidden"].agg(["size", "mean"]).round(4))
    sample = labelled(1000, 1)
    told = languages.detect(sample["text"]) == sample["language"]
    print(told.groupby(sample["language"]).agg(["size", "mean"]).round(4), f"\nall {told.mean():.4f}")
    print(real_loss().round(4))
    rng = np.random.default_rng(1)
    pairs = [rng.choice(sample["text"].to_numpy(), 20_000) for _ in range(2)]
    texts = pd.Series(pairs[0] + " " + pairs[1], dtype="str")
    start = time.process_time()
    languages.detect(texts)
    told_in = time.process_time() - start
    usual = Vocabulary.of(texts, range(len(texts)), "de")
    for text in texts:
        redact(text, vocabulary=usual)
    print(f"20,000 comments: language {told_in:.1f} s, redaction {time.process_time() - start - told_in:.1f} s of CPU")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 260)
