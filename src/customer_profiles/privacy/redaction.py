"""What points to a person taken out of a text: addresses and numbers by their form, names by how they are used.

Names of customers are taken out when the data are collected. What is left are names that no table holds: of staff, of
family, of neighbours. `person_names` tells them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from .person_names import LONGEST, TOKEN, Vocabulary, names_in, no_names

# Characters that show nothing and turn or hide the writing around them; line ends and tabs stay.
UNSEEN = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff9-\uffff\ud800-\udfff]"
)
MARKS = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{2,}")

# Patterns of personal data, in the order in which they are replaced: a longer kind first, lest a shorter one
# eats a part of it. They are meant to hide too much rather than too little; each run of characters is bounded or
# starts where no longer one could, so that the time grows with the length of the text and no faster. Behind each a sign
# without which there is none, because most texts hold nothing.
DIGIT, AT, ANY = re.compile(r"\d"), re.compile(r"[@(\[]"), re.compile("")
PERSONAL = (
    (
        "e-mail",
        re.compile(
            r"(?<![\w.+\-])[\w.+\-]{1,200}\s?(?:@|\((?:at|ät)\)|\[(?:at|ät)\])\s?"
            r"[\w\-]{1,100}(?:(?:\.|\s?\((?:dot|punkt)\)\s?)[\w\-]{1,60}){1,6}",
            re.IGNORECASE,
        ),
        AT,
    ),
    ("link", re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE), ANY),
    (
        "IBAN",
        re.compile(r"\b[A-Z]{2}\s?\d{2}(?:[ \-.]?[\dA-Z]{2,4}){3,8}\b|\b[A-Za-z]{2}\s?\d{2}(?:[ \-.]?\d){10,30}\b"),
        DIGIT,
    ),
    (
        "address",
        re.compile(
            r"\b(?:[A-ZÄÖÜ][\wäöüß.\-]{0,40}[ \-])?[A-ZÄÖÜ][\wäöüß\-]{0,40}?(?:straße|strasse|str\.|weg|allee|platz|"
            r"gasse|ring|ufer|damm|chaussee)\s?\d{1,4}\s?[a-zA-Z]?\b|"
            r"\b(?:[A-ZÄÖÜ][\wäöüß]{0,40}\s)?(?:Straße|Strasse|Str\.|Weg|Allee|Platz|Gasse|Ring|Ufer|Damm)"
            r"\s\d{1,4}\s?[a-z]?\b|"
            r"\b\d{1,5}\s(?:[A-Z][a-z]{1,30}\s){1,3}(?:Street|St\.|Road|Rd\.?|Avenue|Ave\.?|Lane|Drive|Close|Square)\b|"
            r"\b(?:Rua|Avenida|Av\.|Travessa)\s(?:[A-ZÀ-Ý]?[\wà-ÿ]{1,30}\s){1,4}?,?\s?\d{1,5}\b"
        ),
        DIGIT,
    ),
    ("town", re.compile(r"\b(?:D-)?\d{5}\s{1,3}[A-ZÄÖÜ][\wäöüß\-]{1,40}"), DIGIT),
    ("number", re.compile(r"(?<![\w])(?:\+|00|\(?0)?\d(?:[\s/\-().]{0,2}\d){5,60}(?!\w)"), DIGIT),
    (
        "number",
        re.compile(
            r"\b(?:(?:null|eins?|zwei|zwo|drei|vier|fünf|fuenf|sechs|sieben|acht|neun|zero|oh|one|two|three|four|five|"
            r"six|seven|eight|nine|um|dois|três|quatro|cinco|seis|sete|oito|nove|\d{1,3})\b[\s,./-]{0,3}){5,40}",
            re.IGNORECASE,
        ),
        ANY,
    ),
    ("number", re.compile(r"\b[A-Z]{1,4}[\-#]?\d{4,30}\w{0,20}\b"), DIGIT),
)
PLACEHOLDER = re.compile(r"\[(?:name|" + "|".join(dict.fromkeys(kind for kind, *_ in PERSONAL)) + r")\]")


def harmless(text: str) -> str:
    """Text without characters that hide, turn or pile up, and no longer than `LONGEST`.

    >>> harmless("a\\u202eb\\x00c" + "e\\u0301\\u0302\\u0303\\u0304")
    'abcé'
    """
    shown = unicodedata.normalize("NFC", UNSEEN.sub("", text[: 4 * LONGEST]))
    shown = MARKS.sub("", shown).replace("\u00a0", " ")
    shown = "".join(c for c in shown if not (unicodedata.combining(c) and ord(c) < 0x0370))
    return shown if len(shown) <= LONGEST else shown[:LONGEST] + " …"


def redact(text: str, names: Iterable[str] = (), vocabulary: Vocabulary | None = None) -> str:
    """Text without what points to a person: addresses, numbers, links, the given names, and names by how they are used.

    Parameters
    ----------
    text : str
        As a customer wrote it; only its first `LONGEST` characters are kept.
    names : iterable of str
        Names known to belong to customers, whole words, any case.
    vocabulary : Vocabulary, optional
        Of the text's language; without it, names that are not given stay.

    Examples
    --------
    >>> redact("Bitte an anna@example.org oder 0170 1234567, Hauptstraße 5", names=["Anna"])
    'Bitte an [e-mail] oder [number], [address]'
    """
    text = text[: LONGEST + 1]
    for kind, pattern, sign in PERSONAL:
        if sign.search(text):
            text = pattern.sub(f"[{kind}]", text)
    known = sorted({name for name in names if len(name) > 1}, key=lambda name: (-len(name), name))
    if known:
        any_name = "|".join(re.escape(name) for name in known)
        text = re.sub(rf"\b(?:{any_name})\b", "[name]", text, flags=re.IGNORECASE)
    if vocabulary is not None:
        text = _without(text, names_in(text, vocabulary))
    return text[:LONGEST]


def doubtful(text: str, vocabulary: Vocabulary) -> bool:
    """Whether a redacted text may still hold something personal, so that it must not be shown.

    So it is if a run of four digits or an @ is left, if a word is neither in the dictionary nor usual among the
    customers, or if a capital letter inside a sentence stands on a word that is not usual among them.
    """
    rest = PLACEHOLDER.sub(" … ", text)
    if "@" in rest or re.search(r"\d[\d\s/.\-]{2,20}\d", rest):
        return True
    for match in TOKEN.finditer(rest):
        word, before = match[0], rest[: match.start()].rstrip()
        if not vocabulary.is_word(word) or vocabulary.is_given(word):
            return True
        inside = bool(before) and before[-1] not in '.!?:…"„“”»«('
        usual = word in vocabulary.ordinary or word.lower() in vocabulary.ordinary or word.lower() in no_names()
        if inside and word[0].isupper() and len(word) > 1 and not usual:
            return True
    return False


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    parts, last = [], 0
    for start, end in spans:
        parts += [text[last:start], "[name]"]
        last = end
    return "".join([*parts, text[last:]])
