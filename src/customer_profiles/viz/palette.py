"""The colours of charts and pages: one meaning each, in light, in dark and on paper.

A drawing is made once, in the light values; `vector.svg` writes them as CSS custom properties, and the rules of `css`
give these the value of the reader's scheme. Text reaches a contrast of 4.5:1 and marks 3:1 on `paper` in both
(WCAG 2.2, AA), and colours that stand beside each other differ in lightness, so that a grey print can be read.
"""

from collections.abc import Callable

# Name: value on light pages and on paper, value on dark pages.
COLOURS: dict[str, tuple[str, str]] = {
    "paper": ("#ffffff", "#1b262c"),  # what a panel stands on
    "ink": ("#17252e", "#e9eef0"),  # text
    "soft": ("#55656f", "#a9b6bd"),  # secondary text, axes
    "line": ("#dcdfdc", "#34424a"),  # hairlines: structure only, never a mark
    "ours": ("#0a5a6b", "#6cc3d5"),  # our customers; the group a panel is about
    "comparison": ("#8a949c", "#8796a1"),  # whom they are compared with
    "good": ("#235023", "#b7e3a6"),
    "bad": ("#b75618", "#ee965c"),
    "neutral": ("#969088", "#8e8881"),  # neither good nor bad; what may be chance
    "event": ("#66558d", "#ac95db"),  # something that happened
    "category-2": ("#4c97ce", "#4e9ad3"),
    "category-3": ("#302b54", "#eae6f9"),
    "category-4": ("#a43f73", "#eb84b4"),
    "category-5": ("#847522", "#e5cf6f"),
    "category-6": ("#663321", "#b17259"),
    "on-strong": ("#fffffe", "#0b1013"),  # text on strong marks
    "on-pale": ("#17252f", "#0b1014"),  # text on grey and other pale marks
}
LIGHT = {name: light for name, (light, _) in COLOURS.items()}
DARK = {name: dark for name, (_, dark) in COLOURS.items()}

PAPER, INK, SOFT, LINE = LIGHT["paper"], LIGHT["ink"], LIGHT["soft"], LIGHT["line"]
OURS, COMPARISON, EVENT = LIGHT["ours"], LIGHT["comparison"], LIGHT["event"]
GOOD, NEUTRAL, BAD = LIGHT["good"], LIGHT["neutral"], LIGHT["bad"]
CATEGORIES = (OURS, *(LIGHT[f"category-{i}"] for i in range(2, 7)))  # groups of our customers: the first is "ours"


def css() -> str:
    """Style rules that give every colour its value on light pages, on dark ones and on paper.

    The class ``foreign`` is a light card in every scheme, for drawings with colours of their own.

    >>> css().splitlines()[0][:32]
    ':root{--paper:#ffffff;--ink:#172'
    """
    light, dark = (";".join(f"--{name}:{value}" for name, value in scheme.items()) for scheme in (LIGHT, DARK))
    rules = (f":root{{{light}}}", f"@media (prefers-color-scheme: dark){{:root{{{dark}}}}}")
    return "\n".join((*rules, f"@media print{{:root{{{light}}}}}", f".foreign{{{light};background:var(--paper)}}"))


def luminance(colour: str) -> float:
    """Relative luminance of a colour as WCAG 2.2 defines it, 0 (black) to 1 (white).

    >>> luminance("#ffffff")
    1.0
    """
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours as WCAG 2.2 defines it, 1 to 21.

    >>> round(contrast("#000000", "#ffffff"))
    21
    """
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def text_on(fill: str) -> str:
    """Colour of text on a mark of the light scheme; the dark values of both fit every mark of the dark scheme."""
    return LIGHT["on-strong" if contrast(fill, LIGHT["on-strong"]) >= 4.5 else "on-pale"]


def variables(desaturate: Callable[[str], str] = str) -> dict[str, str]:
    """CSS variable of every value a drawing may contain, also as `desaturate` changes it.

    >>> variables()["#0a5a6b"]
    'var(--ours)'
    """
    return {spelt: f"var(--{name})" for name, value in LIGHT.items() for spelt in (desaturate(value), value)}
