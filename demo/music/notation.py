"""Short note texts and the clock that places them.

A line is a text of tokens `NAME:BEATS`. `A4` is a pitch, `A4+C5` a chord, `-` a rest; a trailing
`!` is an accent and a trailing `?` a soft note. `x` stands for "strike" where pitch has no
meaning (drums).
"""

import re
from dataclasses import dataclass, replace

_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_PITCH = re.compile(r"([A-G])([#b]?)(-?\d)")
_ACCENTS = {"!": 1.0, "?": 0.45, "": 0.72}
_STRIKE = "x"
_REST = "-"


@dataclass(frozen=True, kw_only=True)
class Note:
    """One sound of a part."""

    #: beats from the start of the piece
    start: float
    #: beats it is held
    beats: float
    #: fundamental frequency; ignored by drums
    hz: float
    #: 0 to 1
    velocity: float


@dataclass(frozen=True, kw_only=True)
class Clock:
    """The tempo and length of a piece."""

    tempo_bpm: float
    #: beats until the last bar ends
    beats: float
    #: seconds left for the last notes to ring
    tail_s: float = 3.0

    @property
    def beat_s(self) -> float:
        """Seconds per beat."""
        return 60.0 / self.tempo_bpm

    @property
    def seconds(self) -> float:
        """Length of the piece in seconds, its tail included."""
        return self.beats * self.beat_s + self.tail_s


def hz(name: str) -> float:
    """Return the frequency of a pitch name such as `F#4` (A4 = 440 Hz, equal temperament)."""
    match = _PITCH.fullmatch(name)
    if match is None:
        raise ValueError(f"not a pitch: {name!r}")
    letter, sign, octave = match.groups()
    midi = _STEPS[letter] + {"#": 1, "b": -1, "": 0}[sign] + 12 * (int(octave) + 1)
    return float(440.0 * 2.0 ** ((midi - 69) / 12))


def line(text: str, *, start: float = 0.0, times: int = 1) -> list[Note]:
    """Read a line of tokens, repeated `times` times from beat `start` on."""
    notes: list[Note] = []
    at = start
    for token in text.split() * times:
        names, _, length = token.partition(":")
        accent = length[-1] if length[-1] in _ACCENTS else ""
        beats = float(length.rstrip("!?"))
        notes += [
            Note(start=at, beats=beats, hz=_frequency(name), velocity=_ACCENTS[accent])
            for name in names.split("+")
            if name != _REST
        ]
        at += beats
    return notes


def held(notes: list[Note], beats: float) -> list[Note]:
    """Return the notes each ringing `beats` long, as with a pedal."""
    return [replace(note, beats=beats) for note in notes]


def louder(notes: list[Note], *, first: float, last: float) -> list[Note]:
    """Return the notes with velocity growing (or falling) from factor `first` to `last`."""
    end = max(note.start for note in notes) or 1.0
    return [
        replace(note, velocity=note.velocity * (first + (last - first) * note.start / end))
        for note in notes
    ]


def lowered(notes: list[Note]) -> list[Note]:
    """Return the notes an octave down."""
    return [replace(note, hz=note.hz / 2.0) for note in notes]


def swung(notes: list[Note], *, amount: float) -> list[Note]:
    """Return the notes with each off-beat eighth late by `amount` beats."""
    return [
        replace(
            note, start=note.start + (amount if note.start % 1.0 == 0.5 else 0.0)
        )  # half a beat
        for note in notes
    ]


def strike_grid(
    pattern: str, *, step: float = 0.25, times: int = 1, start: float = 0.0
) -> list[Note]:
    """Read a drum grid: `X` accent, `x` stroke, `o` ghost, `.` nothing; spaces are ignored."""
    levels = {"X": 1.0, "x": 0.7, "o": 0.35}
    return [
        Note(start=start + index * step, beats=step, hz=100.0, velocity=levels[cell])
        for index, cell in enumerate(pattern.replace(" ", "") * times)
        if cell in levels
    ]


def _frequency(name: str) -> float:
    return 100.0 if name == _STRIKE else hz(name)
