"""Words that customers of any company use, German and English: what tells that two themes are about the same thing.

Each line is a concept: German stems, then English ones. A stem counts wherever a word starts with it and, for stems
of five letters or more, anywhere in the word, because German compounds put it there (*Rückzahlung*, *Lieferzeit*).
"""

from __future__ import annotations

import unicodedata
from functools import cache

UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})

COMPOUND = 5  # letters from which a stem is looked for inside words

CONCEPTS = """
paket päckchen sendung | parcel package shipment
liefer zustell versand verschick | deliver shipping dispatch courier shipped
spät verspät verzöger warte | late delay overdue wait
größe groß maß | size sizing
klein eng knapp | small tight snug
weit | loose wide
passt passform anprobier | fit fits fitting
app handy smartphone | app phone mobile
absturz abstürz stürzt hängt einfrier | crash freez hang
kasse bezahlvorgang checkout warenkorb | checkout cart basket
bezahl zahlung kreditkarte paypal lastschrift | pay payment card debit
rechnung mahnung | invoice bill reminder
erstatt rückzahl gutschrift geld | refund reimburs money credit
rücksend retoure rückgabe zurückgeschick zurückgeb umtausch | return exchange
kaputt defekt riss gerissen bricht gebroch | broken defect torn broke ripp snapp
naht reißverschluss sohle haltbar qualität verarbeit material | seam zip sole durab quality workmanship fabric
garantie gewährleist reklam | warranty guarantee claim
berat verkäufer personal mitarbeiter bedien | advice staff assistant salesperson employee
filiale laden geschäft markt | store shop branch
gutschein rabatt code coupon | voucher discount code coupon promo
einlös | redeem
passwort kennwort | password
anmeld einlogg login konto zugang | login log sign account access
gesperrt sperr | lock block
falsch verwechsel vertausch | wrong mixed incorrect
fehlt fehlen unvollständig | missing incomplete
newsletter werbe mail | newsletter email marketing mail
abmeld abbestell | unsubscrib opt
verfügbar lager ausverkauft vorrätig vergriffen | available stock sold restock
bestell auftrag | order
storn kündig | cancel terminat
vertrag tarif | contract tariff plan
preis teuer kosten gebühr | price expensive cost fee charge
termin | appointment
adresse umzug umgezog | address moved moving
farbe | colour color
hotline warteschleife telefon anruf erreich | hotline hold telephone call reach
website seite webseite | website site page
störung ausfall | outage disruption
internet leitung verbindung | internet connection line
strom zähler | electricity meter
gerät | device
punkte bonus treue | points bonus loyalty reward
datenschutz daten | privacy data
zug bahn verbindung | train rail
ticket fahrkarte | ticket
sitz platz | seat
flug | flight
zimmer buchung | room booking
essen | food meal
"""


@cache
def fold(word: str) -> str:
    """A word in lower case, umlauts written out, without accents.

    >>> fold("Größe"), fold("não")
    ('groesse', 'nao')
    """
    plain = word.lower().translate(UMLAUTS)
    if plain.isascii():
        return plain
    letters = unicodedata.normalize("NFKD", plain)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


@cache
def concepts(language: str) -> tuple[tuple[str, int], ...]:
    """Stems of a language, longest first, each with the number of its concept; empty for other languages."""
    side = {"de": 0, "en": 1}.get(language)
    if side is None:
        return ()
    lines = CONCEPTS.strip().splitlines()
    stems = [(stem, number) for number, line in enumerate(lines) for stem in fold(line).split("|")[side].split()]
    return tuple(sorted(stems, key=lambda pair: (-len(pair[0]), pair)))


@cache
def concept(word: str, language: str) -> str:
    """What a word stands for in every language: its concept, or itself for names and loan words.

    >>> concept("Paketzustellung", "de") == concept("delivery", "en")
    True
    >>> concept("Gore-Tex", "de")
    'gore-tex'
    """
    word = fold(word)
    for stem, number in concepts(language):
        if word.startswith(stem) or (len(stem) >= COMPOUND and stem in word):
            return f"#{number}"
    return word
