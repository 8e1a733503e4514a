"""What is drawn of shares over classes."""

from typing import Any

import numpy as np

from training.measuring.calibration import Bin
from training.measuring.intervals import Estimate
from training.measuring.measures import OfShares
from training.reporting.plots.drawing import INK, QUIET, READ, TOLD, sheet

_PALE = 0.55  #: Cells darker than this bear white letters.


def confusion(of: OfShares) -> str:
    """Draw which class is read where which one was told: rows sum to 100 %."""
    names, counts = [one.name for one in of.classes], of.confusion
    totals = counts.sum(axis=1, keepdims=True)
    parts = counts / np.where(totals > 0, totals, 1)
    side = 2.2 + 0.62 * len(names)
    with sheet(width=side + 0.6, height=side) as drawn:
        (axes,) = drawn.axes
        axes.imshow(parts, cmap="Blues", vmin=0, vmax=1)
        axes.grid(visible=False)
        axes.set_xticks(range(len(names)), names, rotation=40, ha="right")
        told = [f"{name} ({total:.0f})" for name, total in zip(names, totals[:, 0], strict=True)]
        axes.set_yticks(range(len(names)), told)
        axes.set(xlabel="read as", ylabel="told (samples)")
        for row, column in np.ndindex(*parts.shape):
            colour = "white" if parts[row, column] > _PALE else INK
            label = f"{parts[row, column]:.0%}" if totals[row, 0] else "-"
            axes.text(column, row, label, ha="center", va="center", color=colour, fontsize=8.5)
        return drawn.svg()


def by_class(of: OfShares) -> str:
    """Draw, for each class, how much of it was told and read, and how the two go together."""
    names = [one.name for one in of.classes]
    places = np.arange(len(names))
    with sheet(width=9.2, height=1.4 + 0.42 * len(names), columns=2) as drawn:
        shares, follows = drawn.axes
        shares.barh(places - 0.19, [one.told for one in of.classes], 0.36, color=TOLD, label="told")
        shares.barh(places + 0.19, [one.read for one in of.classes], 0.36, color=READ, label="read")
        shares.set(title="Mean share", yticks=places, yticklabels=names)
        shares.invert_yaxis()
        shares.xaxis.set_major_formatter("{x:.0%}")
        shares.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, fontsize=9)
        _dots(follows, [one.pearson for one in of.classes])
        follows.axvline(of.pearson.value, color=QUIET, linestyle="--", linewidth=1)
        follows.set(
            title=f"Pearson over samples (mean {of.pearson.value:.2f}, dashed)",
            yticks=places,
            yticklabels=names,
            ylim=(len(names) - 0.5, -0.5),
        )
        return drawn.svg()


def calibration(of: OfShares) -> str:
    """Draw whether shares mean what they say, and how right the surest readings are."""
    parts = of.calibration.curve
    with sheet(width=9.2, height=3.9, columns=2) as drawn:
        curve, surest = drawn.axes
        curve.plot([0, 1], [0, 1], color=QUIET, linestyle="--", linewidth=1)
        total = max(part.count for part in parts)
        for part in parts:
            curve.bar(
                (part.low + part.high) / 2,
                0.25 * part.count / total,
                width=(part.high - part.low) * 0.92,
                color="#dfe3e8",
            )
        _curve(curve, of.calibration.vote_curve, TOLD, "people say so")
        _curve(curve, parts, READ, "most say so")
        curve.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, fontsize=9)
        curve.set(
            title="Calibration",
            xlabel="share of the likeliest class (grey: how many)",
            ylabel="how often",
            xlim=(0, 1),
            ylim=(0, 1.03),
        )
        _surest(surest, of)
        return drawn.svg()


def _curve(axes: Any, bins: tuple[Bin, ...], colour: str, label: str) -> None:  # noqa: ANN401
    dots = [(one.confidence, one.right) for one in bins]
    axes.plot(*zip(*dots, strict=True), color=colour, marker="o", markersize=4, label=label)


def _surest(axes: Any, of: OfShares) -> None:  # noqa: ANN401 - axes of matplotlib
    steps = of.calibration.by_confidence
    axes.plot(
        [step.coverage for step in steps],
        [step.right for step in steps],
        color=READ,
        marker="o",
        markersize=4,
    )
    axes.axhline(of.prior_top, color=QUIET, linestyle="--", linewidth=1)
    axes.text(0.02, of.prior_top, "always the commonest class", fontsize=8, va="bottom")
    axes.set(
        title="Accuracy of the surest readings",
        xlabel="share of samples that count",
        ylabel="dominant class read",
        xlim=(0, 1.03),
        ylim=(0, 1.03),
    )
    axes.xaxis.set_major_formatter("{x:.0%}")


def _dots(axes: Any, estimates: list[Estimate]) -> None:  # noqa: ANN401
    for place, one in enumerate(estimates):
        axes.plot([one.low, one.high], [place, place], color=READ, linewidth=2, alpha=0.5)
        axes.plot(one.value, place, color=READ, marker="o")
    lowest = min((one.low for one in estimates if np.isfinite(one.low)), default=0.0)
    axes.set_xlim(min(0.0, lowest) - 0.03, 1.0)
