"""A block as a notebook shows it, in JupyterLab or after nbconvert: with the colours that a page would give it.

Drawings name their colours as variables and come in two widths; without a style they would be black, twice.
"""

from __future__ import annotations

from markupsafe import Markup

from ..viz.palette import DARK, LIGHT

NAME = "customer-profiles"
_RULES = (
    "{background:var(--paper);color:var(--ink);max-width:46rem;padding:.25rem 1rem 1rem}",
    " svg{display:block;width:100%;height:auto}",
    " .narrow{display:none}",
    " .subject,",
    " .base,",
    " .proof{color:var(--soft)}",
    " .published-table{overflow-x:auto}",
)


def preview(html: str) -> str:
    """The HTML of a block in an element that brings its own style and changes nothing around it.

    >>> preview("<p>Seen</p>").endswith('<div class="customer-profiles"><p>Seen</p></div>')
    True
    """
    return f'<style>{_style()}</style><div class="{NAME}">{Markup(html)}</div>'


def show(html: str, plain: str) -> None:
    """Display a block with its style where there is a notebook, its words elsewhere."""
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is None:
        print(plain)
    else:
        display({"text/html": preview(html), "text/plain": plain}, raw=True)


def _style() -> str:
    light, dark = (";".join(f"--{name}:{value}" for name, value in scheme.items()) for scheme in (LIGHT, DARK))
    # JupyterLab has a theme of its own, whatever the system prefers; what nbconvert makes is light.
    schemes = f".{NAME},.{NAME} .foreign{{{light}}}[data-jp-theme-light=false] .{NAME}{{{dark}}}"
    schemes += f".{NAME} .foreign{{background:var(--paper)}}"
    return schemes + "".join(f".{NAME}{rule}" for rule in _RULES)
