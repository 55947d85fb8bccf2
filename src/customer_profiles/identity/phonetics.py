"""How names sound and what else the same given name is called, in German and English."""

from __future__ import annotations

import re
from functools import cache

_VOWELS, _BEFORE_HARD_C = "aeijouy", "ahkoqux"
_PLAIN = {"b": "1", "f": "3", "v": "3", "w": "3", "g": "4", "k": "4", "q": "4", "l": "5", "m": "6", "n": "6"}
_PLAIN |= {"r": "7", "s": "8", "z": "8"} | dict.fromkeys(_VOWELS, "0")
_SPELLINGS = (
    ("ph", "f"), ("th", "t"), ("dt", "t"), ("ck", "k"), ("chr", "kr"), ("c(?![eihy])", "k"), ("y", "i"), ("ie", "i"),
    ("w", "v"), ("ae(?=$|[^u])", "e"), ("h(?=$|[^aeiou])", ""), (r"(.)\1+", r"\1"),
)  # fmt: skip

# Full name: what the same person is also called, folded. Common German and English short forms; the same short form
# may stand for several names. Names that are merely alike (Anna, Anne) are not here.
_SHORT_FORMS = """
abigail: abby|adelheid: heidi|agnes: agi|albert: bert al|alexander: alex sascha sandro xander
alexandra: alex sandra sascha|andrea: andi|andreas: andi andy|andrew: andy drew|angelika: geli|anneliese: anne liesl
annemarie: anne mia|anthony: tony|anton: toni|antonia: toni|barbara: babsi barb babs|benedikt: ben bene
benjamin: ben benny benni benno|bernhard: bernd berni hardy|birgit: biggi|brigitte: gitti gitte biggi
charles: charlie chuck|charlotte: lotte charlie lotti|christian: chris|christina: chris tina tine
christine: chris tine christl tina|christoph: chris stoffel|christopher: chris kit topher|cornelia: conny nele
daniel: dan danny dani|daniela: dani|david: dave davy|deborah: debbie deb|dieter: didi|dietrich: dieter
dominik: domi nik|donald: don donny|dorothea: doro thea dora|dorothee: doro|dorothy: dot dottie dolly
eberhard: hardy ebi|eduard: edi ede|edward: ted eddie ed ned teddy|eleonore: lore nora
elisabeth: lisa elli else ilse lisbeth sissi betti liesel elsbeth|elizabeth: liz lizzie beth betty eliza liza betsy
ernst: ernie|eugene: gene|eva: evi|evelyn: evi eve|franz: franzl|franziska: franzi sissi|frederick: fred freddie
friedrich: fritz fred|gabriele: gabi|georg: schorsch|gerhard: gerd hardy gerdi|gregory: greg|guenter: guenni
hannelore: hanne lore|hans: hannes|heinrich: heinz heiner heini henrik|helena: lena leni|henry: harry hank
herbert: bert|hildegard: hilde|hubert: hubi bert|irmgard: irmi|jacob: jake|jacqueline: jackie|jakob: jaki
james: jim jimmy jamie|jennifer: jenny jen|jessica: jess jessie|johannes: hans hannes johann jo johnny
jonathan: jon jonny nathan|josef: sepp jupp josi beppo|josefine: josi fine|joseph: joe joey|juergen: juergi
karl: kalle charly|katharina: kathi kaethe kati katja kathrin nina|katherine: kate kathy katie kat kit
kenneth: ken kenny|kimberly: kim|laurence: larry|lawrence: larry|leonard: leo lenny len|leonhard: leo|lorenz: lenz
ludwig: lutz wiggerl|luise: lulu|magdalena: lena leni magda|manfred: manni manne|manuel: manu|manuela: manu ela
margaret: maggie peggy meg marge margie daisy|margarete: grete gretel marga rita gretchen|marianne: nanni|marion: mari
martina: tina|mathilde: tilda|matthew: matt|matthias: matze hias matti matt|maximilian: max maxi|melanie: mel melli
michael: micha michi michel mike mick|michaela: micha michi ela|natalie: nat|nicholas: nick nicky|nicole: nici nicky
nikolaus: klaus niko nik claus|norbert: bert nobby|oliver: ollie olli|pamela: pam|patricia: pat trish patty
patrick: pat paddy|peter: pete|philip: phil|philipp: phil lipp|raphael: rafi|raymond: ray|rebecca: becky becca
rebekka: bekki|regina: gina|reinhard: reiner|renate: rena|richard: dick rick richie rich
robert: bob rob bobby robbie bert|ronald: ron ronny|rosemarie: rosi|roswitha: rosi|rudolf: rudi|rudolph: rudy
samantha: sam sammie|samuel: sam sammy|sandra: sandy|sebastian: basti bastian|siegfried: sigi|sigrid: sigi|simon: si
sophia: sophie|stefan: steff|stefanie: steffi stephie|stephen: steve|steven: steve|stuart: stu|susan: sue susie
susanne: susi sanne|terence: terry|teresa: terry resi tess|thaddaeus: tad|theodor: theo|theodore: ted theo teddy
theresa: resi thesi tess|therese: resi|thomas: tom tommy|timothy: tim timmy|tobias: tobi|ulrich: uli|ulrike: uli rike
ursula: uschi ulla ursel|valentin: vali|veronica: ronnie|veronika: vroni|victoria: vicky vic tori
viktoria: vicki vikki|vincent: vince vinnie|vinzenz: vinz|walter: walt wally|waltraud: traudl|wendelin: wendel
werner: wern|wilhelm: willi willy wim|william: bill will billy willie liam|winfried: winni|wolfgang: wolf wolfi
xaver: xaverl|zacharias: zach|zachary: zach zack
"""


def cologne(text: str) -> str:
    """Code of how a German word sounds (Kölner Phonetik); equal codes, like sounds.

    Parameters
    ----------
    text : str
        Folded, see `normalise.fold`; everything but letters is passed over.

    References
    ----------
    Postel (1969), "Die Kölner Phonetik", IBM-Nachrichten 19:925–931.

    >>> cologne("mueller luedenscheidt"), cologne("breschnew"), cologne("wikipedia")
    ('65752682', '17863', '3412')
    """
    letters = re.sub("[^a-z]", "", text)
    codes = []
    for at, letter in enumerate(letters):
        before, after = letters[at - 1 : at], letters[at + 1 : at + 2]
        if letter == "h":
            continue
        if letter == "p":
            code = "3" if after == "h" else "1"
        elif letter in "dt":
            code = "8" if after and after in "csz" else "2"
        elif letter == "c":
            hard = bool(after) and after in (_BEFORE_HARD_C if at else _BEFORE_HARD_C + "lr")
            code = "4" if hard and not (before and before in "sz") else "8"
        elif letter == "x":
            code = "8" if before and before in "ckq" else "48"
        else:
            code = _PLAIN[letter]
        codes.append(code)
    joined = re.sub(r"(.)\1+", r"\1", "".join(codes))
    return joined[:1] + joined[1:].replace("0", "")


@cache
def spelling(name: str) -> str:
    """A given name without the habits of spelling that do not change it.

    Vowels stay, other than in `cologne`: they are all that tells Anna from Anne and Jan from Jana.

    >>> spelling("stephan") == spelling("stefan"), spelling("kathrin") == spelling("catrin"), spelling("anne")
    (True, True, 'ane')
    """
    for pattern, plain in _SPELLINGS:
        name = re.sub(pattern, plain, name)
    return name


@cache
def short_forms() -> dict[str, frozenset[str]]:
    """Full names that a given name may stand for, itself included, by spelling; names without short forms are absent.

    >>> sorted(short_forms()["bob"])
    ['bob', 'robert']
    """
    stands_for: dict[str, set[str]] = {}
    for entry in _SHORT_FORMS.replace("\n", "|").split("|"):
        full, _, shorts = entry.partition(":")
        for name in shorts.split():
            for known in (name, full):
                stands_for.setdefault(spelling(known), {spelling(known)}).add(spelling(full))
    return {name: frozenset(full) for name, full in stands_for.items()}


def root(name: str) -> str:
    """The spelling of a given name's full form, of several the first: names of one person mostly share it.

    >>> root("bill") == root("william") == root("will")
    True
    """
    known = spelling(name)
    full = short_forms().get(known, frozenset()) - {known}
    return min(full) if full else known


def same_given_name(one: str, other: str) -> bool:
    """Whether two given names are one name: equal but for spelling, or one a short form of the other.

    >>> same_given_name("hans", "johannes"), same_given_name("bob", "rob"), same_given_name("anna", "anne")
    (True, True, False)
    """
    first, second = spelling(one), spelling(other)
    if first == second:
        return True
    full = short_forms()
    return bool(full.get(first, frozenset((first,))) & full.get(second, frozenset((second,))))
