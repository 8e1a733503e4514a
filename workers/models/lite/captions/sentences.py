"""One sentence of what was measured and found, and one with the feeling as well."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sightsong.core.affect import Affect, Face
from sightsong.core.photos import Captions
from workers.models.lite.captions import claims, people
from workers.models.lite.captions.feelings import feeling
from workers.models.lite.captions.looking import Look
from workers.models.lite.captions.palette import Palette, joined, palette, rest


@dataclass(frozen=True, kw_only=True)
class _Parts:
    tone: str
    shape: str
    palette: Palette
    details: Sequence[str]
    rest: str | None  #: The colour that comes after those of the palette.

    @property
    def picture(self) -> str:
        """The noun with all that stands before it, and its article: "a wide, dim picture"."""
        words = ", ".join(word for word in (self.shape, self.tone) if word)
        return f"a {words} picture"

    @property
    def tail(self) -> str:
        if self.details:
            return f", with {joined(self.details)}"
        return f", with some {self.rest}" if self.rest else ""


def write(look: Look, affect: Affect, faces: Sequence[Face] = ()) -> Captions:
    """Write both sentences.

    Args:
        look: of the photo.
        affect: of the photo, faces and all.
        faces: found in it, largest first.
    """
    colours = palette(look)
    parts = _Parts(
        tone=claims.tone(look),
        shape=claims.shape(look),
        palette=colours,
        details=claims.details(look, colours),
        rest=rest(look, colours.names),
    )
    plain = _frame(parts, look)(parts)
    seen = people.faces_clause(faces)
    felt = feeling(affect, look.chroma, said=seen)
    joint = "but" if people.is_against(faces, affect) else "and"
    return Captions(
        plain=_sentence(plain, seen),
        emotional=_sentence(plain, f"{seen}, {joint} {felt}" if seen else felt),
    )


def _frame(parts: _Parts, look: Look) -> Callable[[_Parts], str]:
    """Choose the way to say it."""
    frames = [_a_picture, _colours_first, _tone_first, _this_picture]
    frames += [_details_first] * bool(parts.details)
    frames += [_in_colours] * parts.palette.after.startswith(" in ")
    frames += [_main_colour] * bool(parts.palette.main)
    # By steps so large that a copy of the photo falls on the same.
    return frames[int((look.lightness + look.contrast) // 4) % len(frames)]


def _a_picture(parts: _Parts) -> str:
    return f"{parts.picture}{parts.palette.after}{parts.tail}"


def _colours_first(parts: _Parts) -> str:
    return f"{parts.palette.noun} in {parts.picture}{parts.tail}"


def _tone_first(parts: _Parts) -> str:
    before = f"{parts.shape} and {parts.tone}" if parts.shape else parts.tone
    return f"{before}{_comma(parts.palette.after)}{parts.tail}"


def _this_picture(parts: _Parts) -> str:
    shape = f"{parts.shape} " if parts.shape else ""
    after = parts.palette.after
    colours = after if after.startswith(",") else f" and{after}"
    return f"this {shape}picture is {parts.tone}{colours}{parts.tail}"


def _details_first(parts: _Parts) -> str:
    return f"{joined(parts.details)}: {parts.picture}{parts.palette.after}"


def _in_colours(parts: _Parts) -> str:
    return f"{parts.palette.after.strip()}: {parts.picture}{parts.tail}"


def _main_colour(parts: _Parts) -> str:
    return f"mostly {parts.palette.main}: {parts.picture}{parts.tail}"


def _comma(words: str) -> str:
    return words if words.startswith(",") else f",{words}"


def _sentence(*clauses: str) -> str:
    """Put clauses together that could each stand alone."""
    words = "; ".join(clause for clause in clauses if clause)
    return f"{words[0].upper()}{words[1:]}."
