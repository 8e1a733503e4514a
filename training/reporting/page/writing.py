"""The page as a whole, from top to bottom."""

from collections.abc import Mapping
from html import escape

from training.measuring.measures import OfShares, Summary
from training.reporting.page import markup, tables
from training.reporting.plots import classes, plane
from training.reporting.report import Report

_TWO_KINDS = (
    "Both are asked, since people disagree: where four in ten say fear and it is still the most "
    "common word, a share of 40 % is just right, and yet the dominant class each time. What was "
    "learned, and the temperature, aim at the shares of people."
)


def page(report: Report, *, pictures: Mapping[int, bytes] | None = None) -> str:
    """Write a report as one HTML page.

    Args:
        report: what was found.
        pictures: small JPEGs by a sample's place among the predictions, to be shown with the worst
            mistakes. Without them the page holds no picture of the data, and may be passed on.

    Raises:
        TrainingError: matplotlib is not installed.
    """
    title = f"{report.model} on {report.data}, {report.part}"
    parts = (
        _head(report, title),
        *_of_shares(report.summary.shares),
        *_of_affect(report),
        markup.section("Some samples only", tables.slices(report)),
        markup.section("Beside what others published", *tables.beside(report)),
        _worst(report, pictures or {}),
        markup.section("How each figure is made", tables.sources(report.summary)),
    )
    body = "\n".join(part for part in parts if part)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{markup.STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _head(report: Report, title: str) -> str:
    facts = [*report.facts.items(), *_counts(report.summary)]
    if report.ms_per_sample is not None:
        facts.append(("time", f"{report.ms_per_sample:.2f} ms for each sample, here"))
    return "\n".join(
        (
            f"<header>\n<h1>{escape(title)}</h1>",
            markup.listing(facts),
            *(markup.paragraph(note, kind="note") for note in report.notes),
            tables.headline(report.summary),
            markup.paragraph(
                "In brackets: where the figure lies in 95 of 100 drawings of other samples "
                "(bootstrap over groups).",
                kind="quiet",
            ),
            "</header>",
        )
    )


def _counts(summary: Summary) -> tuple[tuple[str, str], ...]:
    samples = f"{summary.count:,}"
    if summary.groups != summary.count:
        samples += f" in {summary.groups:,} groups"
    return (("samples", samples),)


def _of_shares(of: OfShares | None) -> tuple[str, ...]:
    if of is None:
        return ()
    return (
        markup.section(
            "Which class is read for which",
            markup.plot(classes.confusion(of), "Confusion matrix, told by read"),
            markup.paragraph(tables.ties(of), kind="quiet"),
        ),
        markup.section(
            "Class by class",
            markup.plot(classes.by_class(of), "Mean shares and correlations of each class"),
            tables.by_class(of),
        ),
        markup.section(
            "Whether shares mean what they say",
            markup.plot(classes.calibration(of), "Calibration curve, and accuracy by confidence"),
            tables.calibration(of),
            markup.paragraph(_TWO_KINDS, kind="quiet"),
        ),
    )


def _of_affect(report: Report) -> tuple[str, ...]:
    told, read = report.predictions.told_affect, report.predictions.read_affect
    if told is None or read is None:
        return ()
    drawn = plane.scatter(report.summary.affect, told, read)
    return (
        markup.section(
            "Valence and arousal",
            markup.plot(drawn, "What was read over what people said, for valence and arousal"),
            markup.paragraph(
                "Dashed: where both are the same. Orange: the straight line that fits best; "
                "flatter than dashed means that the model stays too near the middle.",
                kind="quiet",
            ),
        ),
    )


def _worst(report: Report, pictures: Mapping[int, bytes]) -> str:
    return markup.section("The worst mistakes", tables.worst(report, pictures))
