"""Names of persons in a text, told by how they are used.

Three signs tell a name that no table holds: a form of address, a greeting or a signature beside it; a list of given
names; and a capital letter on a word that neither a dictionary nor the other customers' texts know.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import pairwise

import pandas as pd

LONGEST = 10_000  # characters of a text that are looked at; what follows is cut, so that no text takes minutes
DICTIONARIES = ("de", "en", "pt")
COMPOUND_PART = 3  # letters of each part of a German compound
COMMON = 10  # customers who use a word before it counts as a word of the trade, not as somebody's name


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


TOKEN = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+){0,4}")
PARTICLES = _words("von van vom zu zur der den de da do dos das di del della la le el al bin ibn ben du")
TITLES = _words(
    "herr herrn hr frau fr fräulein familie fam dr prof mr mrs ms miss mister madam sir lady senhor senhora sr "
    "sra seu dona monsieur madame mme mlle signor signora sig señor señora"
)
# Before a form of address they make a noun of it; after one, they begin what the person did.
NO_ADDRESS = _words(
    "mein meine meinem meinen meiner dein deine deiner sein seine seiner ihr ihre ihrem ihrer unser unsere eine einer "
    "einem einen ein diese dieser dieser jede my your his her our a an the this every i we you to not no minha sua a"
)
NO_SURNAMES = _words(
    "am an in im hat hatte ist war wird kann und oder sagt sagte meinte nicht auch am for from with has had is was "
    "will can and or said says not also you your it them this that the i we e é foi disse tem não"
)
ROLES = _words(
    "kollege kollegin kollegen mitarbeiter mitarbeiterin berater beraterin verkäufer verkäuferin techniker "
    "fahrer nachbar nachbarin mann sohn tochter mutter vater bruder schwester freund freundin namens agent "
    "colleague technician driver neighbour neighbor husband wife son daughter mother father brother sister "
    "friend called named atendente vendedor vendedora marido esposa filho filha"
)
GREETINGS = _words("hallo hi hey hello dear moin servus liebe lieber geehrte geehrter olá prezado prezada caro")
TIMES_OF_DAY = _words("tag morgen abend morning afternoon evening day dia tarde noite")
INTRODUCTION = re.compile(
    r"\b(?:(?:mein|der) name (?:ist|lautet|:)|ich hei(?:ß|ss)e|name:|my name(?: is|['’]s|:)|i am called|"
    r"(?:o )?meu nome (?:é|e)|me chamo)\s{0,3}",
    re.IGNORECASE,
)
SELF = re.compile(
    r"\b(?:ich bin|hier ist|hier schreibt|mit|von|bei|i am|i['’]m|this is|with|spoke to|eu sou|aqui é)\s{1,3}",
    re.IGNORECASE,
)
SIGN_OFF = re.compile(
    r"(?:\b(?:gr(?:ü|ue)(?:ß|ss)e?n?|gruss|gruß|mfg|lg|vg|regards|wishes|sincerely|yours|cheers|cordially|"
    r"atenciosamente|abra[çc]os?|att)\b)[\s,.!–-]{1,6}"
    r"(?:(?:aus|from|ihr|ihre|dein|deine|yours?|truly|faithfully)\s{1,3}){0,2}",
    re.IGNORECASE,
)
THANKS = re.compile(r"\b(?:danke|dank|thanks|thank you|obrigad[oa])[\s,.!–-]{1,6}", re.IGNORECASE)
NOBODY = _words(
    "team damen herren zusammen leute alle all support service kundenservice kundendienst sir madam everyone "
    "there customer customers kundin kunde kunden lieferung hilfe help im voraus advance much very again for "
    "für eine ein ich sie wir you the and und mit das die der freundlichen besten herzliche viele best kind "
    "many pela pelo tarde dia"
)
# Given names that are more often words, or that begin sentences.
WORDS_TOO = _words(
    "mark rose will grace hope joy may april june faith dawn bill frank sue rob pat art jack guy max ernst kai "
    "jan grant dean dale rick nick ray dan can engin deniz umut derya gul mai august heide rita till uli sky "
    "ruby amber crystal jade daisy poppy ivy violet pearl summer autumn robin jean denim kelly rosa marine "
    "florence paris franca angel jesus pilar dolores mercedes santiago rosario blanca aurora gaia noor hind "
    "iman amal nada hala ram rani usha ana rui pia ida eva lee leslie drew chase chance carol penny stone wade "
    "rich sasha logan mason taylor carter"
)
END = re.compile(r"[\s.,!;:)\-–*]*(?:\n|\Z)")


@cache
def given_names() -> frozenset[str]:
    """Given names of eleven languages and countries, in their own spelling."""
    return frozenset(name for _, names in _lines("given.txt") for name in names)


@cache
def no_names() -> frozenset[str]:
    """Capitalised words, in lower case, that dictionaries lack and that name no person."""
    lines = files(__package__).joinpath("names/no_names.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word.lower() for line in lines if not line.startswith("#") for word in line.split())


@cache
def dictionary(language: str) -> Mapping[str, str]:
    """Word forms of a language, as they are written; empty for a language without one (simplemma, MIT licence)."""
    if language not in DICTIONARIES:
        return {}
    from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

    return DefaultDictionaryFactory().get_dictionary(language)


@dataclass
class Vocabulary:
    """What is no name: words of a language, and words that many customers of the company use.

    Parameters
    ----------
    language : str
        ISO 639-1 code; without a dictionary only forms of address and given names tell a name.
    ordinary : collection of str
        Words of the company's texts, in their own spelling.
    given : collection of str
        Given names.
    """

    language: str
    ordinary: Collection[str] = frozenset()
    given: Collection[str] = field(default_factory=given_names)
    _known: dict[str, bool] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._given = frozenset(plain(name) for name in self.given)
        self._words = dictionary(self.language)

    @classmethod
    def of(cls, texts: Iterable[str], customers: Iterable[object], language: str, common: int = COMMON) -> Vocabulary:
        """Vocabulary of a company's texts; texts of unknown customers count as those of one.

        A word counts as ordinary if enough customers use it and it is not always beside a form of address.
        """
        users: dict[str, set] = defaultdict(set)
        for text, customer in zip(texts, customers, strict=True):
            who = None if pd.isna(customer) else customer
            found = TOKEN.findall(text[:LONGEST])
            beside = {after for before, after in pairwise(found) if before.lower() in TITLES}
            for word in set(found) - beside:
                users[word].add(who)
        return cls(language, frozenset(word for word, who in users.items() if len(who) >= common))

    def is_word(self, token: str) -> bool:
        """Whether a token is known to be an ordinary word; names of the dictionary count as words."""
        known = self._known.get(token)
        if known is None:
            known = self._known[token] = self._is_word(token)
        return known

    def is_given(self, token: str) -> bool:
        """Whether a token is a given name, without regard to accents, and not also a word written small.

        "Mark" and "Rose" are words; beside a form of address they are names all the same.
        """
        name = plain(token)
        if name not in self._given and name.removesuffix("s") not in self._given:
            return "-" in token and all(plain(part) in self._given for part in token.split("-"))
        if name in WORDS_TOO or token.lower() in self.ordinary:
            return False
        return token[0].isupper() or not self.is_small_word(token)

    def is_small_word(self, token: str) -> bool:
        """Whether a token is a word that is also written with a small initial."""
        small = token.lower()
        return small in self._words or small in self.ordinary

    def _is_word(self, token: str) -> bool:
        small = token.lower()
        if any(form in self.ordinary for form in (token, small)) or small in no_names():
            return True
        if token[1:] != token[1:].lower() and not token.isupper():
            return "-" not in token or all(self.is_word(part) for part in token.split("-"))  # eBay, WhatsApp, YouTube
        if token.isupper() and len(token) <= 4:
            return True
        if not self._words:
            return token == small
        forms = {token, small, token.capitalize()} | {_umlauts(small), _umlauts(small).capitalize()}
        forms |= {form.removesuffix("s").rstrip("'’") for form in (token, small)}
        if "-" in token or "'" in token or "’" in token:
            parts = [part for part in re.split(r"['’\-]", token) if len(part) > 1]
            if all(self.is_word(part) for part in parts):
                return True
        if any(form in self._words for form in forms):
            return True
        if self.language != "en" and small in dictionary("en"):
            return True
        return self.language == "de" and self._is_compound(small)

    def _is_compound(self, small: str) -> bool:
        """Whether a German word is made of two words, with the letters that join them."""
        for cut in range(COMPOUND_PART + 1, len(small) - COMPOUND_PART):
            tail = small[cut:]
            if tail.capitalize() not in self._words and tail not in self._words:
                continue
            head = small[:cut]
            for link in ("", "s", "n", "en", "es", "er"):
                stem = head.removesuffix(link)
                if len(stem) > COMPOUND_PART and (stem.capitalize() in self._words or stem in self._words):
                    return len(tail) > COMPOUND_PART
        return False


def names_in(text: str, vocabulary: Vocabulary) -> list[tuple[int, int]]:
    """Where names stand in a text: start and end of each, in order; see the module for the three signs."""
    tokens = [(m.start(), m.end(), m[0]) for m in TOKEN.finditer(text)]
    tokens = [
        token for token in tokens if not (text[token[0] - 1 : token[0]] == "[" and text[token[1] : token[1] + 1] == "]")
    ]
    places = {start: number for number, (start, _, _) in enumerate(tokens)}
    found: set[int] = set()
    for number, (_, _, word) in enumerate(tokens):
        small = word.lower()
        if small in TITLES:
            found |= _run(text, tokens, number + 1, vocabulary, sure=word[0].isupper())
            found |= _addressed(text, tokens, number)
        elif small in ROLES or small in GREETINGS or _is_time_of_day(tokens, number):
            found |= _after_role(text, tokens, number + 1, vocabulary, greeting=small not in ROLES)
        elif vocabulary.language == "de" and _pair(tokens, number, text, vocabulary):
            found |= {number, number + 1}
        elif small not in NOBODY and _looks_like_name(word, vocabulary):
            found.add(number)
    for pattern, sure in ((INTRODUCTION, True), (SIGN_OFF, True), (SELF, False), (THANKS, False)):
        for cue in pattern.finditer(text):
            first = places.get(cue.end())
            if first is not None:
                at_end = pattern in (SIGN_OFF, THANKS)
                found |= (
                    _signed(text, tokens, first, vocabulary, sure)
                    if at_end
                    else _run(text, tokens, first, vocabulary, sure)
                )
    return _spans(text, tokens, _with_neighbours(text, tokens, found, vocabulary))


def _addressed(text: str, tokens: list, title: int) -> set[int]:
    """The word after a form of address, however both are written, unless the form is a noun ("meine frau sagt")."""
    following = tokens[title + 1 : title + 2]
    before = tokens[title - 1][2].lower() if title else ""
    if not following or before in NO_ADDRESS or text[tokens[title][1] : following[0][0]].strip(" ."):
        return set()
    return set() if following[0][2].lower() in NOBODY | TITLES | PARTICLES | NO_SURNAMES else {title + 1}


def _looks_like_name(word: str, vocabulary: Vocabulary) -> bool:
    if len(word) < 3 or (word in vocabulary.ordinary and not vocabulary.is_given(word)):
        return False
    if vocabulary.is_given(word):
        return word[0].isupper() or len(word) > 3
    return word[0].isupper() and bool(vocabulary._words) and not vocabulary.is_word(word)


def _run(text: str, tokens: list, first: int, vocabulary: Vocabulary, sure: bool) -> set[int]:
    """The name that begins with a token: up to three words, particles not counted."""
    taken: set[int] = set()
    number, words = first, 0
    while number < len(tokens) and words < 3:
        start, _, word = tokens[number]
        gap = text[tokens[number - 1][1] : start] if number else ""
        if (
            gap.strip(" .:*")
            or "\n" in gap
            or len(gap) > 3
            or (taken and "." in gap and len(tokens[number - 1][2]) > 2)
        ):
            break
        small = word.lower()
        if small in TITLES:
            number += 1
            continue
        if small in PARTICLES and number + 1 < len(tokens) and word == small:
            if not tokens[number + 1][2][0].isupper():
                break
            taken.add(number)
            number += 1
            continue
        capital = word[0].isupper()
        if small in NOBODY or (not capital and vocabulary.is_small_word(word)):
            break
        if not capital and not sure and not _looks_like_name(word, vocabulary):
            break
        if (
            not sure
            and vocabulary.is_word(word)
            and not vocabulary.is_given(word)
            and not _pair(tokens, number, text, vocabulary)
        ):
            break
        if taken and capital and vocabulary.is_small_word(word) and vocabulary.language != "de":
            break
        if words and capital and vocabulary.is_word(word) and word in vocabulary.ordinary:
            break
        taken.add(number)
        words, number = words + 1, number + 1
    # A particle is part of a name only between or before its words.
    return {one for one in taken if one < number - 1 or tokens[one][2].lower() not in PARTICLES} if words else set()


def _after_role(text: str, tokens: list, first: int, vocabulary: Vocabulary, greeting: bool) -> set[int]:
    if first >= len(tokens):
        return set()
    start, end, word = tokens[first]
    if text[tokens[first - 1][1] : start].strip(" ") or not word[0].isupper() or word.lower() in NOBODY | TITLES:
        return set()
    addressed = greeting and text[end : end + 1] in (",", "!", "\n") and not vocabulary.is_small_word(word)
    # "mein Mann Probleme" is rarer than "mein Mann Desmond": beside a role, a noun that few customers use is a name.
    beside = not (vocabulary.is_small_word(word) or word in vocabulary.ordinary or word.lower() in no_names())
    if addressed or _looks_like_name(word, vocabulary) or (beside and not greeting):
        return _run(text, tokens, first, vocabulary, sure=True)
    return set()


def _is_time_of_day(tokens: list, number: int) -> bool:
    """Whether a greeting such as "Guten Tag" ends with a token."""
    good = number > 0 and tokens[number - 1][2].lower() in ("guten", "good", "bom", "boa")
    return good and tokens[number][2].lower() in TIMES_OF_DAY


def _pair(tokens: list, first: int, text: str, vocabulary: Vocabulary) -> bool:
    """Whether two words with a capital letter follow each other that few customers use: first name and surname."""
    pair = tokens[first : first + 2]
    return (
        len(pair) == 2
        and text[pair[0][1] : pair[1][0]] == " "
        and all(word[0].isupper() and not vocabulary.is_small_word(word) for _, _, word in pair)
        and not any(word in vocabulary.ordinary or word.lower() in no_names() for _, _, word in pair)
    )


def _signed(text: str, tokens: list, first: int, vocabulary: Vocabulary, sure: bool) -> set[int]:
    """Up to four words that end a text or a line after a farewell."""
    taken: set[int] = set()
    for number in range(first, min(first + 4, len(tokens))):
        word = tokens[number][2]
        if word.lower() in NOBODY or (not sure and not _looks_like_name(word, vocabulary)):
            break
        if number > first and text[tokens[number - 1][1] : tokens[number][0]].strip(" .-"):
            break
        taken.add(number)
        if END.match(text, tokens[number][1]):
            return taken
    return set()


def _with_neighbours(text: str, tokens: list, found: set[int], vocabulary: Vocabulary) -> set[int]:
    """Names with the capitalised word before or after them that dictionaries hold but few customers use."""
    grown = set(found)
    for number in sorted(found):
        for other in (number - 1, number + 1):
            if other in grown or not 0 <= other < len(tokens):
                continue
            left, right = sorted((number, other))
            word = tokens[other][2]
            beside = text[tokens[left][1] : tokens[right][0]] == " "
            small = word.lower()
            strange = word not in vocabulary.ordinary and small not in NOBODY | TITLES | ROLES | GREETINGS | no_names()
            # After a name, a capital letter inside an English or Portuguese sentence makes a surname of any word.
            word_too = vocabulary.is_small_word(word) and (other < number or vocabulary.language == "de")
            if beside and strange and word[0].isupper() and not word_too and len(word) > 2:
                grown.add(other)
    return grown


def _spans(text: str, tokens: list, found: set[int]) -> list[tuple[int, int]]:
    """Tokens side by side as one span."""
    spans: list[tuple[int, int]] = []
    for number in sorted(found):
        start, end, _ = tokens[number]
        if spans and not text[spans[-1][1] : start].strip(" .-") and "\n" not in text[spans[-1][1] : start]:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans


def plain(name: str) -> str:
    """A name in small letters without accents."""
    name = name.casefold().replace("ł", "l").replace("ı", "i").replace("ø", "o")
    return "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))


def _umlauts(small: str) -> str:
    return small.replace("ae", "ä").replace("oe", "ö").replace("ue", "ü")


def _lines(name: str) -> list[tuple[str, list[str]]]:
    text = files(__package__).joinpath(f"names/{name}").read_text(encoding="utf-8")
    pairs = [line.split(":", 1) for line in text.splitlines() if line and not line.startswith("#")]
    return [(code, names.split()) for code, names in pairs]
