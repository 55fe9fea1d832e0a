"""The one place for how figures look: sizes, text, colours, line styles, panel letters.

Figures must read in print, in greyscale and for colour-blind readers. So models differ in line
style and marker as well as in colour, colours are those of Okabe and Ito (2008, "Color universal
design"), and people are grey.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

import matplotlib as mpl
from matplotlib.axes import Axes

__all__ = [
    "DOUBLE_COLUMN",
    "PEOPLE_BAND",
    "PEOPLE_LINE",
    "RC",
    "SINGLE_COLUMN",
    "SMALL",
    "LineLook",
    "house_style",
    "line_look",
    "panel_letter",
]

SINGLE_COLUMN = 3.35
"""Width of a figure in one column of a journal, inches."""

DOUBLE_COLUMN = 7.0
"""Width of a figure across both columns, inches."""

SMALL = 6.0
"""Size of the smallest text, points."""

PEOPLE_BAND = "#cfcfcf"
PEOPLE_LINE = "#767676"

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_DASHES: tuple[Any, ...] = ("-", (0, (4, 1.5)), (0, (5, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "*")

RC: dict[str, Any] = {
    "figure.dpi": 100,
    "savefig.dpi": 300,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    # The one font that comes with matplotlib: every machine draws the same letters.
    "font.family": "DejaVu Sans",
    "mathtext.fontset": "dejavusans",
    "font.size": 7.0,
    "axes.titlesize": 7.5,
    "axes.labelsize": 7.0,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 7.0,
    "legend.frameon": False,
    "legend.handlelength": 2.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.labelpad": 2.5,
    "axes.unicode_minus": True,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.major.pad": 2.0,
    "ytick.major.pad": 2.0,
    "lines.linewidth": 1.2,
    "lines.markersize": 2.6,
    "lines.markeredgewidth": 0.6,
    # Without a fixed salt the identifiers in an SVG differ from run to run.
    "svg.hashsalt": "cogmem",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
}


class LineLook(NamedTuple):
    """How one model's line is told from the others."""

    color: str
    linestyle: Any
    marker: str


@contextmanager
def house_style() -> Iterator[None]:
    """Draw and save figures within this, whatever the user's own matplotlib settings are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(cast(Any, RC))  # its keys are typed as literals
        yield


def line_look(index: int) -> LineLook:
    """Colour, dashes and marker of the `index`-th model (from 0).

    Seven colours, five dashes and eleven markers have no common factor, so that the first 35 looks
    differ even without markers, and the first 55 in greyscale.
    """
    return LineLook(
        _COLOURS[index % len(_COLOURS)],
        _DASHES[index % len(_DASHES)],
        _MARKERS[index % len(_MARKERS)],
    )


def panel_letter(ax: Axes, letter: str, *, x: float = 0.0) -> None:
    """A bold letter above the upper left corner of a panel.

    Args:
        ax: the panel.
        letter: e.g. "A".
        x: shift from the left end of the axis, points; negative is to the left.
    """
    ax.annotate(
        letter,
        xy=(0, 1),
        xycoords="axes fraction",
        xytext=(x, 4),
        textcoords="offset points",
        fontsize=9,
        fontweight="bold",
        ha="left",
        va="bottom",
        annotation_clip=False,
    )
