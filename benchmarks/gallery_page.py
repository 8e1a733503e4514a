"""A page that shows what was read from photos, in one file that needs no other."""

import base64
import html
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

_SIDE_PX = 460
_TOLD_LOOK = 0.35  # share from which a face's second expression is shown as well
_STYLE = """
body { font: 14px/1.45 system-ui, sans-serif; margin: 24px; color: #222; background: #fff; }
h1 { font-size: 20px; } .note { color: #666; max-width: 90ch; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(700px, 1fr)); gap: 20px; }
.card { display: grid; grid-template-columns: 330px 1fr; gap: 16px; border: 1px solid #ddd;
  border-radius: 8px; padding: 12px; }
.photo { position: relative; line-height: 0; align-self: start; }
.photo img { width: 100%; border-radius: 4px; }
.photo svg { position: absolute; inset: 0; width: 100%; height: 100%; }
.photo rect { fill: none; stroke: #ffd400; stroke-width: 0.8; vector-effect: none; }
.name { color: #666; } .caption { font-size: 15px; margin: 6px 0 10px; }
.bars { display: grid; grid-template-columns: 62px 1fr 40px; gap: 2px 6px; font-size: 12px; }
.bar { background: #eef; height: 11px; align-self: center; }
.bar i { display: block; background: #5b7fd1; height: 100%; }
.both { display: grid; grid-template-columns: 1fr 96px; gap: 12px; }
table { border-collapse: collapse; margin-top: 8px; font-size: 12px; width: 100%; }
td { border-top: 1px solid #eee; padding: 2px 6px 2px 0; vertical-align: top; }
"""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A photo, its answer, and what people said of it where that is known."""

    photo: Path
    answer: Mapping[str, Any]  #: The result of its job.
    title: str = ""
    people: tuple[float, float] | None = None  #: Valence and arousal, -1 .. 1.


def page(shown: Sequence[Shown], *, heading: str) -> str:
    """Write the whole page."""
    cards = "\n".join(_card(one) for one in shown)
    return (
        f'<!doctype html><meta charset="utf-8"><title>{_text(heading)}</title>'
        f"<style>{_STYLE}</style><h1>{_text(heading)}</h1>"
        '<p class="note">Yellow boxes: faces that were found, each with its likeliest expression. '
        "On the plane (right: pleasant, up: stirred) the blue dot is what was read of the photo, "
        "the grey ring what people said of it.</p>"
        f'<div class="cards">{cards}</div>'
    )


def _card(one: Shown) -> str:
    answer = one.answer
    affect = f"valence {answer['valence']:+.2f}, arousal {answer['arousal']:+.2f}"
    moods = ", ".join(f"{mood['label']} {mood['score']:.2f}" for mood in answer["moods"][:3])
    return (
        f'<div class="card"><div>{_photo(one)}<div class="name">{_text(one.photo.name)} '
        f"{_text(one.title)}</div>{_faces(answer['faces'])}</div><div>"
        f'<div class="caption">{_text(answer["emotional_caption"] or "")}</div>'
        f'<div class="both"><div class="bars">{_bars(answer["emotion"]["distribution"])}</div>'
        f'{_plane(one)}</div><div class="name">{affect}; {_text(moods)}{_people(one)}</div>'
        f"<table>{''.join(_match(match) for match in answer['matches'])}</table></div></div>"
    )


def _photo(one: Shown) -> str:
    with Image.open(one.photo) as image:
        small = ImageOps.exif_transpose(image).convert("RGB")
    small.thumbnail((_SIDE_PX, _SIDE_PX))
    file = io.BytesIO()
    small.save(file, "JPEG", quality=85)
    data = base64.b64encode(file.getvalue()).decode()
    boxes = "".join(_box(face["box"]) for face in one.answer["faces"])
    return (
        f'<div class="photo"><img alt="" src="data:image/jpeg;base64,{data}">'
        f'<svg viewBox="0 0 100 100" preserveAspectRatio="none">{boxes}</svg></div>'
    )


def _box(box: Mapping[str, float]) -> str:
    left, top, width, height = (100 * box[name] for name in ("x", "y", "width", "height"))
    return f'<rect x="{left:.2f}" y="{top:.2f}" width="{width:.2f}" height="{height:.2f}"/>'


def _faces(faces: Sequence[Mapping[str, Any]]) -> str:
    lines = [_text(_face(face)) for face in faces[:6]]
    more = [f"and {len(faces) - 6} more"] if len(faces) > 6 else []
    return f'<div class="name">{"<br>".join([*lines, *more]) or "no faces found"}</div>'


def _face(face: Mapping[str, Any]) -> str:
    ordered = sorted(face["distribution"].items(), key=lambda item: -item[1])
    looks = [ordered[0], *(item for item in ordered[1:2] if item[1] > _TOLD_LOOK)]
    said = ", ".join(f"{name} {share:.2f}" for name, share in looks)
    return f"face ({face['score']:.2f}): {said}"


def _bars(distribution: Mapping[str, float]) -> str:
    return "".join(
        f'<span>{name}</span><span class="bar"><i style="width:{100 * share:.0f}%"></i></span>'
        f"<span>{share:.2f}</span>"
        for name, share in distribution.items()
    )


def _plane(one: Shown) -> str:
    x, y = 50 + 48 * one.answer["valence"], 50 - 48 * one.answer["arousal"]
    ring = ""
    if one.people:
        valence, arousal = one.people
        ring = (
            f'<circle cx="{50 + 48 * valence:.1f}" cy="{50 - 48 * arousal:.1f}" r="5" '
            'fill="none" stroke="#888" stroke-width="2"/>'
        )
    return (
        '<svg viewBox="0 0 100 100" width="96" height="96">'
        '<rect x="1" y="1" width="98" height="98" fill="none" stroke="#ccc"/>'
        '<path d="M50 1V99M1 50H99" stroke="#ddd"/>'
        f'{ring}<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="#2d5bd1"/></svg>'
    )


def _people(one: Shown) -> str:
    if not one.people:
        return ""
    valence, arousal = one.people
    return f" &middot; people: {valence:+.2f}, {arousal:+.2f}"


def _match(match: Mapping[str, Any]) -> str:
    by = f", {match['artist']}" if match["artist"] else ""
    return (
        f"<tr><td>{match['rank']}</td><td>{_text(match['title'] + by)}</td>"
        f"<td>{match['score']:.2f}</td><td>{_text(match['reason'])}</td></tr>"
    )


def _text(words: str) -> str:
    return html.escape(words)
