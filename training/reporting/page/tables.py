"""The tables of the page."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from training.measuring.measures import OfAxis, OfShares, Summary
from training.reporting.document import headline as figures_of
from training.reporting.page import markup
from training.reporting.page.markup import NOTHING, figure, number
from training.reporting.published import Published
from training.reporting.report import Report

_IS_SHARE = frozenset(("top_1", "top_2", "top_3", "macro_recall"))
_WORDS = {
    "top_1": "top-1",
    "top_2": "top-2",
    "top_3": "top-3",
    "kl": "KL",
    "pearson": "Pearson",
    "macro_recall": "macro recall",
    "valence_pearson": "valence, Pearson",
    "arousal_pearson": "arousal, Pearson",
}
_SHARES = (
    "top-1, 2, 3: the dominant class is among the likeliest one, two, three that were read",
    "where votes are tied between m classes, each of them counts as dominant with 1/m",
    "agreement: how often one of the people, chosen by lot, said the likeliest class that was read",
    "KL: Kullback and Leibler 1951, told || read, in nats; shares read below 1e-6 count as 1e-6",
    "Jensen-Shannon: Lin 1991, in bits, 0 .. 1",
    "Brier: Brier 1950, squared distance of both distributions, 0 .. 2",
    "Pearson: over samples, by class, then the mean of the classes",
    "macro recall and F1 (van Rijsbergen 1979): the mean over classes, each counting the same",
    "ECE: Naeini et al. 2015, 15 bins of equal width; of equal count: Nguyen and O'Connor 2015",
    "of few samples an ECE comes out too high, and its interval higher still",
)
_AFFECT = (
    "Pearson 1895; Spearman 1904: the same of ranks",
    "CCC: Lin 1989, concordance: Pearson less what mean and spread are off",
    "RMS: root mean square of what the reading is off, on a scale of -1 .. 1",
)


def headline(summary: Summary) -> str:
    """Write the few figures that matter, with intervals."""
    rows = [*_share_rows(summary.shares)] if summary.shares else []
    return markup.table(("", "measured", "knowing nothing"), rows) + affect(summary.affect)


def _share_rows(of: OfShares) -> Iterator[Sequence[str]]:
    for at, one in enumerate(of.top, start=1):
        prior = number(of.prior_top, is_share=True) if at == 1 else ""
        yield f"top-{at} accuracy", figure(one, is_share=True), prior
    yield "agreement with a person", figure(of.agreement, is_share=True), ""
    yield "KL (told || read)", figure(of.kl), number(of.prior_kl)
    yield "Jensen-Shannon", figure(of.jensen_shannon), ""
    yield "Brier", figure(of.brier), ""
    yield "Pearson, mean of classes", figure(of.pearson), number(0.0)
    yield "macro recall", figure(of.macro_recall, is_share=True), _even(of)
    yield "macro F1", figure(of.macro_f1), ""
    yield "ECE, dominant class", figure(of.calibration.error), ""
    yield "ECE, shares of people", figure(of.calibration.vote_error), ""


def _even(of: OfShares) -> str:
    told = sum(one.support > 0 for one in of.classes)
    return number(1 / told, is_share=True) if told else ""


def affect(axes: Sequence[OfAxis]) -> str:
    """Write how valence and arousal are read."""
    rows = [
        (
            escape(axis.name),
            figure(axis.pearson),
            figure(axis.spearman),
            figure(axis.concordance),
            figure(axis.root_mean_square),
            number(axis.spread_told),
        )
        for axis in axes
    ]
    return markup.table(("", "Pearson", "Spearman", "CCC", "RMS", "RMS of the mean"), rows)


def ties(of: OfShares) -> str:
    """Say how many samples have no single dominant class."""
    if not of.ties:
        return "Every sample has a single dominant class."
    return f"{of.ties:,} samples have no single dominant class; they count in parts."


def by_class(of: OfShares) -> str:
    """Write each class's figures."""
    rows = [
        (
            escape(one.name),
            f"{one.support:,.0f}",
            number(one.recall, is_share=True),
            number(one.precision, is_share=True),
            number(one.f1),
            figure(one.pearson),
        )
        for one in of.classes
    ]
    return markup.table(("class", "samples", "recall", "precision", "F1", "Pearson"), rows)


def calibration(of: OfShares) -> str:
    """Write the errors of calibration."""
    rows = (
        ("against the dominant class (ECE)", figure(of.calibration.error)),
        ("the same, bins of equal count", number(of.calibration.adaptive_error)),
        ("against the share of people who said so", figure(of.calibration.vote_error)),
    )
    return markup.table(("mean gap between confidence and hits", ""), rows)


def slices(report: Report) -> str:
    """Write the figures of some samples only."""
    names = {name for one in report.slices.values() for name in figures_of(one)}
    kept = [name for name in ("count", *_WORDS) if name in names]
    rows = [
        (escape(name), *(_of(figures_of(one).get(key), key) for key in kept))
        for name, one in report.slices.items()
    ]
    return markup.table(("", *(_WORDS.get(name, name) for name in kept)), rows)


def beside(report: Report) -> tuple[str, ...]:
    """Write the figures of others."""
    ours = figures_of(report.summary)
    if not report.beside:
        return ()
    named = {name for one in report.beside for name in one.figures}
    kept = [name for name in _WORDS if name in named]
    rows = [
        (
            "<b>this one</b>",
            escape(f"{report.data}, {report.part}: {report.summary.count:,} samples"),
            *_row(ours, kept),
        ),
        *(
            (
                f'<div class="who">{escape(one.who)}</div>',
                _measured(one, report.part),
                *_row(one.figures, kept),
            )
            for one in report.beside
        ),
    ]
    heads = ("who", "measured on", *(_WORDS.get(name, name) for name in kept))
    return (markup.table(heads, rows, words=2),)


def _measured(one: Published, part: str) -> str:
    """Say on what, and whether it may be held against ours."""
    verdict = "comparable" if one.is_comparable(part) else "not comparable"
    return f"{escape(one.measured_on)}<br><small><b>{verdict}:</b> {escape(one.note)}</small>"


def worst(report: Report, pictures: Mapping[int, bytes]) -> str:
    """Write the worst mistakes, with small pictures where they are given."""
    unit = "KL" if report.predictions.told is not None else "off by"
    rows = [
        (
            markup.photo(pictures[one.at], one.name) if one.at in pictures else "",
            escape(one.name),
            escape(one.told),
            escape(one.read),
            number(one.badness),
        )
        for one in report.worst
    ]
    return markup.table(("", "sample", "people said", "read", unit), rows, words=4)


def sources(summary: Summary) -> str:
    """Name where each figure comes from."""
    lines = (*(_SHARES if summary.shares else ()), *(_AFFECT if summary.affect else ()))
    items = "".join(f"<li>{escape(line)}.</li>" for line in lines)
    return f'<ul class="quiet">{items}</ul>'


def _row(figures: Mapping[str, float | None], kept: Sequence[str]) -> list[str]:
    return [_of(figures.get(name), name) for name in kept]


def _of(value: float | None, name: str) -> str:
    if value is None:
        return NOTHING
    return f"{value:,.0f}" if name == "count" else number(value, is_share=name in _IS_SHARE)
