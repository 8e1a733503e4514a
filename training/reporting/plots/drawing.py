"""A sheet to draw on, and the SVG that comes of it: the same figures give the same bytes."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from training.errors import TrainingError

READ, TOLD, QUIET = "#2f6f9f", "#d98032", "#8a8f98"
INK = "#24292f"
_FONTS = ["DejaVu Sans"]
_SETTINGS = {
    "font.family": "sans-serif",
    "font.sans-serif": _FONTS,
    "font.size": 10.0,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.titlesize": 11.0,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e8eb",
    "grid.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "svg.fonttype": "path",
    "svg.hashsalt": "sightsong",
    "svg.image_inline": True,
}
_PAD = 0.08  #: Inches around the axes.
_DPI = 110  #: Of what is drawn as pixels: clouds of points.


@dataclass(frozen=True)
class Sheet:
    """One figure with axes beside one another."""

    figure: Any  #: Of matplotlib.
    axes: list[Any]

    def svg(self) -> str:
        """Write what was drawn."""
        drawn = io.StringIO()
        self.figure.get_layout_engine().set(w_pad=_PAD, h_pad=_PAD)
        self.figure.savefig(drawn, format="svg", dpi=_DPI, metadata={"Date": None})
        return drawn.getvalue()


@contextmanager
def sheet(*, width: float, height: float, columns: int = 1) -> Iterator[Sheet]:
    """Open a sheet to draw on, in inches; no window, and no style outlives it.

    Raises:
        TrainingError: matplotlib is not installed.
    """
    try:
        import matplotlib as mpl  # noqa: PLC0415 - only the page needs it
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError as error:
        raise TrainingError(
            "the page of a report needs matplotlib: `./run install train` brings it; the JSON "
            "needs nothing"
        ) from error
    with mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield Sheet(figure, list(figure.subplots(1, columns, squeeze=False)[0]))
