"""The terms of art that a page uses, two sentences each, behind a fold at its end."""

from __future__ import annotations

import html as entities
import re
from dataclasses import dataclass

from markupsafe import Markup

from ..messages import N_
from .language import Language

PLACE = "[the glossary]"
"""Where it goes in a page; which terms it needs is known when the rest is written."""
NOT_READ = re.compile(r'<(style|script|title|nav)\b.*?</\1>|<details class="code">.*?</details>', re.DOTALL)
PLURAL = r"(?:s|e|en|n|es)?(?!\w)"
TAG = re.compile(r"<[^>]+>")


@dataclass(frozen=True)
class Term:
    """A term and what it means.

    Parameters
    ----------
    name, meaning : str
        English; the meaning has two sentences. Of a name that is a message of the report, the words before its numbers
        count, so that both are always the same.
    signs : tuple of str
        Words that tell that the page uses it, translated like any message and as they stand here; without any, its name
        however it is written.
    """

    name: str
    meaning: str
    signs: tuple[str, ...] = ()


TERMS = (
    Term(
        N_("Net Promoter Score"),
        N_(
            "The share of answers of 9 and 10 minus the share of answers from 0 to 6 to the question whether one would "
            "recommend us. It runs from −100 to +100; above nought, more customers recommend us than do not."
        ),
        ("Net Promoter Score", "NPS"),
    ),
    Term(
        N_("Satisfaction (CSAT)"),
        N_(
            "How satisfied customers say they are, usually from 1 to 5. The share counts the upper two of the five "
            "answers."
        ),
        ("CSAT",),
    ),
    Term(
        N_("Effort (CES)"),
        N_(
            "How easy or laborious customers say it was to get something done, usually from 1 to 7. Which end is good "
            "stands beside the score."
        ),
        ("CES",),
    ),
    Term(
        N_("Index"),
        N_(
            "How often something is found among these customers for every 100 times it would be found if they were "
            "like those they are compared with. 100 is no difference, 150 half as often again, 50 half as often."
        ),
    ),
    Term(
        N_("Segment"),
        N_(
            "A group of customers who resemble each other in what they are, want or buy. Whether such groups exist by "
            "nature or are a practical division stands beside them."
        ),
    ),
    Term(
        N_("Persona"),
        N_(
            "A segment told as one customer, so that it can be remembered. What is measured, derived or fictional "
            "about it is marked."
        ),
    ),
    Term(
        N_("95% interval {span}"),
        N_(
            "The range in which the true value lies, as far as those who were counted or asked can tell. Of 100 such "
            "ranges about 95 hold it; the narrower one is, the more precise the number."
        ),
    ),
    Term(
        "n",
        N_(
            "The number of customers, answers or orders behind a figure. The fewer they are, the more the figure "
            "depends on chance."
        ),
        ("n = ",),
    ),
    Term(
        "p",
        N_(
            "How often chance alone would bring about a difference at least as large. It is corrected for the number "
            "of comparisons made together; below 0.05 a difference counts as real."
        ),
        ("p = ", "p < "),
    ),
    Term(
        N_("E-value"),
        N_(
            "How strongly something unknown would have to go with both the cause and its effect to explain the "
            "difference away. At 1 anything could; the larger it is, the less likely that becomes."
        ),
    ),
    Term(
        N_("Median"),
        N_(
            "The value in the middle: half of all lie below it, half above. Unlike an average it is not moved by a few "
            "very large values."
        ),
    ),
    Term(
        N_("Gini coefficient"),
        N_("How unequally something is spread, from 0 to 1. At 0 all have the same, at 1 one has all of it."),
        ("Gini",),
    ),
    Term(
        "Jaccard",
        N_(
            "How alike two groups are: customers in both of them over customers in at least one. At 1 they are the "
            "same customers; a segment found again in random parts of the data should reach 0.75."
        ),
    ),
)


def used(page: str, language: Language) -> list[Term]:
    """Terms that the words of a page use, folded ones included, those of its navigation and code not."""
    words = entities.unescape(TAG.sub(" ", NOT_READ.sub(" ", page)))

    def is_used(sign: str, case: int) -> bool:
        end = PLURAL if sign[-1].isalpha() else ""
        return re.search(rf"(?<!\w){re.escape(sign)}{end}", words, case) is not None

    signs = {term: [_words(sign, language) for sign in term.signs or (term.name,)] for term in TERMS}
    return [term for term in TERMS if any(is_used(sign, 0 if term.signs else re.IGNORECASE) for sign in signs[term])]


def html(page: str, language: Language) -> Markup:
    """The terms of a page as a folded list, empty text if it uses none."""
    item = Markup("<div><dt>{}</dt><dd>{}</dd></div>")
    terms = used(page, language)
    items = [item.format(_words(term.name, language), language.translate(term.meaning)) for term in terms]
    if not items:
        return Markup("")
    fold = Markup('<details class="glossary"><summary>{}</summary><dl>{}</dl></details>')
    return fold.format(language.translate(N_("Terms on this page")), Markup("").join(items))


def _words(message: str, language: Language) -> str:
    return language.translate(message).partition("{")[0].strip()
