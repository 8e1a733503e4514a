"""What is drawn of valence and arousal."""

import numpy as np

from training.measuring.measures import OfAxis
from training.measuring.predictions import Plane
from training.reporting.plots.drawing import QUIET, READ, TOLD, sheet

_TICKS = (-1, -0.5, 0, 0.5, 1)
_CLOUD = 400  #: More points than this are drawn as pixels, to keep the page small.


def scatter(axes_of: tuple[OfAxis, ...], told: Plane, read: Plane) -> str:
    """Draw what was read over what people told, with the line that fits best."""
    with sheet(width=9.2, height=4.3, columns=len(axes_of)) as drawn:
        for at, (axis, axes) in enumerate(zip(axes_of, drawn.axes, strict=True)):
            x, y = told[:, at], read[:, at]
            axes.plot([-1, 1], [-1, 1], color=QUIET, linestyle="--", linewidth=1)
            axes.scatter(
                x, y, s=12, color=READ, alpha=0.45, linewidths=0, rasterized=len(x) > _CLOUD
            )
            if np.ptp(x) > 0:
                slope, middle = np.polyfit(x, y, 1)
                ends = np.array([x.min(), x.max()])
                axes.plot(ends, slope * ends + middle, color=TOLD, linewidth=2)
            axes.set(
                title=f"{axis.name.capitalize()}: Pearson {axis.pearson.value:.2f}, "
                f"CCC {axis.concordance.value:.2f}",
                xlabel="people said",
                ylabel="read",
                xlim=(-1, 1),
                ylim=(-1, 1),
                xticks=_TICKS,
                yticks=_TICKS,
                aspect="equal",
            )
        return drawn.svg()
