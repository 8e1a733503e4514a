"""Pieces of HTML. Every text is escaped where it enters: names of files may hold anything."""

import base64
from collections.abc import Iterable, Sequence
from html import escape

from training.measuring.intervals import Estimate
from training.reporting.document import known

NOTHING = "-"
STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 4rem; color: #24292f;
       background: #fff; font: 16px/1.55 system-ui, "Segoe UI", sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.2rem; margin: 2.6rem 0 .6rem; padding-top: .6rem; border-top: 1px solid #e3e6ea; }
p { max-width: 46rem; }
.quiet, small { color: #5b636d; }
.note { border-left: 3px solid #d98032; padding: .1rem 0 .1rem .8rem; margin: .5rem 0; }
.scroll { overflow-x: auto; margin: .9rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .8rem .35rem 0; text-align: left; vertical-align: top;
         border-bottom: 1px solid #eceef1; }
th { font-weight: 600; }
td.n, th.n { text-align: right; white-space: nowrap; padding-left: .6rem; }
.who { min-width: 9rem; }
img.plot { display: block; max-width: 100%; height: auto; margin: .6rem 0; }
img.photo { max-width: 7rem; max-height: 7rem; display: block; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: .8rem 0; }
dt { color: #5b636d; } dd { margin: 0; overflow-wrap: anywhere; }
"""


def section(title: str, *parts: str) -> str:
    """Put a heading above some parts; nothing where there are none."""
    body = "\n".join(part for part in parts if part)
    return f"<section>\n<h2>{escape(title)}</h2>\n{body}\n</section>" if body else ""


def paragraph(text: str, *, kind: str = "") -> str:
    """Write a paragraph."""
    mark = f' class="{kind}"' if kind else ""
    return f"<p{mark}>{escape(text)}</p>"


def listing(facts: Iterable[tuple[str, str]]) -> str:
    """List names and what they are."""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(what)}</dd>" for name, what in facts)
    return f"<dl>{rows}</dl>"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, words: int = 1) -> str:
    """Write a table of cells that are HTML already; all but the first `words` columns are figures.

    A table without rows is nothing.
    """
    body = [
        "<tr>" + "".join(_cell("td", cell, at >= words) for at, cell in enumerate(row)) + "</tr>"
        for row in rows
    ]
    if not body:
        return ""
    top = "".join(_cell("th", escape(head), at >= words) for at, head in enumerate(heads))
    return f'<div class="scroll"><table><tr>{top}</tr>\n{"".join(body)}\n</table></div>'


def plot(svg: str, alternative: str) -> str:
    """Embed a drawing; as an image, so that the parts of two cannot get mixed up."""
    return _image(svg.encode(), "image/svg+xml", alternative, kind="plot")


def photo(jpeg: bytes, alternative: str) -> str:
    """Embed a small photo."""
    return _image(jpeg, "image/jpeg", alternative, kind="photo")


def figure(one: Estimate, *, is_share: bool = False) -> str:
    """Write an estimate with its interval: `61.6 % (58.0 .. 65.1)`, or `0.512 (0.471 .. 0.550)`."""
    if known(one.value) is None:
        return "not measurable"
    value, low, high = (_shown(part, is_share=is_share) for part in (one.value, one.low, one.high))
    unit = " %" if is_share else ""
    return f"{value}{unit} <small>({low} .. {high})</small>"


def number(value: float, *, is_share: bool = False) -> str:
    """Write a figure without an interval."""
    if known(value) is None:
        return NOTHING
    return _shown(value, is_share=is_share) + (" %" if is_share else "")


def _shown(value: float, *, is_share: bool) -> str:
    return f"{value * 100:.1f}" if is_share else f"{value:.3f}"


def _cell(tag: str, content: str, is_figure: object) -> str:
    return f'<{tag} class="n">{content}</{tag}>' if is_figure else f"<{tag}>{content}</{tag}>"


def _image(content: bytes, media: str, alternative: str, *, kind: str) -> str:
    encoded = base64.b64encode(content).decode()
    alt = escape(alternative, quote=True)
    return f'<img class="{kind}" alt="{alt}" src="data:{media};base64,{encoded}">'
