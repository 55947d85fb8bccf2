"""The look of charts: one accent, one counter-colour for "below", and greys; in a light and a dark version.

Text reaches a contrast of 4.5:1 and marks of 3:1 on their surface in both (WCAG 2.2, AA). Accent and counter-colour
are a teal and an orange that all common forms of colour blindness tell apart. Surface, ink, rule and accent are those
of the page (``templates/page/page.css``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

# Narrower than matplotlib's own font and closer to what pages use; the first that the machine has is taken, and
# signs it lacks come from DejaVu Sans, which matplotlib always brings.
FONTS = ("Inter", "Source Sans 3", "Helvetica Neue", "Liberation Sans", "Arial")
FALLBACK = "DejaVu Sans"


@dataclass(frozen=True)
class Theme:
    """Colours of a chart.

    Parameters
    ----------
    surface, ink, muted, rule : str
        Background, text, secondary text, hairlines.
    neutral : str
        Marks that carry no claim.
    accent, warm : str
        Marks above and below; the accent also stands for "look here".
    soft : str
        Bands behind a line.
    """

    surface: str
    ink: str
    muted: str
    rule: str
    neutral: str
    accent: str
    warm: str
    soft: str


LIGHT = Theme(
    surface="#ffffff",
    ink="#1b2530",
    muted="#55606c",
    rule="#dfdcd3",
    neutral="#8b939c",
    accent="#0a5a68",
    warm="#b4500f",
    soft="#d5e7e9",
)
DARK = Theme(
    surface="#1a2128",
    ink="#e7eaed",
    muted="#a7b1bb",
    rule="#333d47",
    neutral="#7b8794",
    accent="#79cbd8",
    warm="#f2a25c",
    soft="#22444c",
)


@cache
def fonts() -> list[str]:
    """Font families to draw with; only such as exist, because matplotlib complains aloud about others."""
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return [*[name for name in FONTS if name in installed][:1], FALLBACK]


@cache
def mix(colour: str, other: str, share: float) -> str:
    """A colour with a share of another one in it.

    >>> mix("#000000", "#ffffff", 0.5)
    '#808080'
    """
    pairs = [(int(colour[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{int(a + (b - a) * share + 0.5):02x}" for a, b in pairs)


@cache
def contrast(colour: str, other: str) -> float:
    """Contrast ratio of two colours as WCAG 2.2 defines it, 1 to 21.

    >>> round(contrast("#000000", "#ffffff"))
    21
    """
    light, dark = sorted((_luminance(colour), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def text_on(fill: str) -> str:
    """Black or white, whichever reads better on a filled mark: one of them always reaches 4.5:1."""
    return max(("#000000", "#ffffff"), key=lambda colour: contrast(colour, fill))


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
