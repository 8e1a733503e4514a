"""What trained weights of the full profile bring about, and random ones only by luck.

Each looks at an order, not at a figure: orders hold across precisions and releases. Photos made of
numbers are a poor likeness of a beach, so that these are low bars.
"""

import re
from collections.abc import Callable, Iterator

from sightsong.core.models import Profile
from sightsong.core.verdicts import Outcome, Verdict
from workers.checkup import inputs

#: A text, one that says the same, and one that says the opposite. No two share a word: a model that
#: only sees the same letters in two texts must not find them alike.
_TRIPLES = (
    ("happy upbeat pop song", "cheerful energetic dance music", "mournful funeral march"),
    ("sad slow piano ballad", "melancholic quiet keyboard melody", "aggressive heavy metal"),
    ("calm ambient pads", "peaceful relaxing soundscape", "loud frantic drum and bass"),
    ("epic orchestral film score", "dramatic symphony with brass", "solo acoustic folk guitar"),
)
_DRUMS, _PAD = "a steady electronic drum beat", "a soft sustained synthesizer chord"
_BRIGHT, _DARK = "bright and sunny", "dark and gloomy"
_WORD = re.compile(r"[a-z']+")
#: Times that one word may come in a caption; a decoder without training loops.
_MOST_REPEATS = 3
_FEWEST_WORDS = 3
#: One of these is in nearly every English caption, and rarely in words drawn at random.
_GLUE = frozenset({"a", "an", "the", "of", "in", "on", "with", "and", "at", "is", "over"})

Finding = tuple[bool, str]


def check(profile: Profile) -> Iterator[Verdict]:
    """Look at what the models make of what they were trained on."""
    yield _verdict("photos", lambda: _photos(profile))
    yield _verdict("faces", lambda: _faces(profile))
    yield _verdict("captions", lambda: _captions(profile))
    yield _verdict("texts", lambda: _texts(profile))
    yield _verdict("texts and sounds", lambda: _text_and_sound(profile))


def _verdict(what: str, look: Callable[[], Finding]) -> Verdict:
    is_plausible, detail = look()
    outcome = Outcome.PLAUSIBLE if is_plausible else Outcome.IMPLAUSIBLE
    return Verdict(what=f"sense of {what}", outcome=outcome, detail=detail)


def _photos(profile: Profile) -> Finding:
    """A bright photo is more `sunny` than a dark one, by far."""
    shown = inputs.pictures()
    emotions = profile.emotion.predict(shown.all)
    scored = profile.moods.score(shown.all, emotions, [(_BRIGHT, _DARK)] * len(shown.all))
    bright, dark, _ = ({mood.label: mood.score for mood in each} for each in scored)
    told = (
        f"'{_BRIGHT}': {bright[_BRIGHT]:.2f} of the bright photo, {dark[_BRIGHT]:.2f} of the dark"
    )
    return bright[_BRIGHT] > bright[_DARK] and dark[_DARK] > dark[_BRIGHT], told


def _faces(profile: Profile) -> Finding:
    """A sky and a night hold no face."""
    found = sum(len(faces) for faces in profile.faces.find(inputs.pictures().all))
    return found == 0, f"{found} found in photos without any"


def _captions(profile: Profile) -> Finding:
    """A caption is made of several words, and does not go round in circles."""
    bright = [inputs.pictures().bright]
    [caption] = profile.caption.caption(bright, profile.emotion.predict(bright))
    plain = caption.plain
    words = _WORD.findall(plain.lower())
    most = max((words.count(word) for word in words), default=0)
    is_language = len(words) >= _FEWEST_WORDS and plain.isascii() and bool(_GLUE & set(words))
    return is_language and most <= _MOST_REPEATS, f"{plain!r}"


def _texts(profile: Profile) -> Finding:
    """Other words for a thing are nearer to it than the opposite."""
    right = 0
    for text, same, opposite in _TRIPLES:
        one, other, far = profile.text.encode([text, same, opposite])
        right += bool(one @ other > one @ far)
    told = f"{right} of {len(_TRIPLES)} phrases nearer to their like than to their opposite"
    return right == len(_TRIPLES), told


def _text_and_sound(profile: Profile) -> Finding:
    """Drums are nearer to the word for drums than a chord is, and the other way round."""
    beat, pad = profile.audio.read(
        [inputs.heard(profile, s) for s in (inputs.beat(), inputs.pad())]
    )
    drums, chord = profile.text.encode([_DRUMS, _PAD])
    lead = float((beat.vector - pad.vector) @ (drums - chord))
    return lead > 0, f"drums and chord match their names by {lead:+.3f}"
