"""Three pieces of negative valence and low arousal: sad, melancholic, dark."""

import numpy as np

from demo.music import drums, effects, signals, studio, sustained, voices
from demo.music.notation import Clock, held, line, louder
from demo.music.signals import Stereo
from demo.music.studio import perform


def letters_unsent() -> Stereo:
    """A piano alone at night, stopping to think between phrases (A minor)."""
    clock = Clock(tempo_bpm=58, beats=28, tail_s=4.5)
    left = line(
        "A2:.5? E3:.5? A3:.5? C4:.5? E3:.5? A3:.5? C4:.5? A3:.5? "
        "F2:.5? C3:.5? F3:.5? A3:.5? C3:.5? F3:.5? A3:.5? F3:.5? "
        "D2:.5? A2:.5? D3:.5? F3:.5? A2:.5? D3:.5? F3:.5? D3:.5? "
        "E2:.5? B2:.5? E3:.5? G#3:.5? B2:.5? E3:.5? G#3:.5? E3:.5? "
        "A2:.5? E3:.5? A3:.5? C4:.5? G2:.5? E3:.5? A3:.5? C4:.5? "
        "F2:.5? C3:.5? F3:.5? A3:.5? E2:.5? B2:.5? E3:.5? G#3:.5? "
        "A2+E3:4?"
    )
    right = line(
        "-:1 E5:1 C5:1.5 B4:.5 A4:3 -:1 -:.5 D5:.5 F5:1! E5:1 D5:1 B4:3 -:1 "
        "-:.5 E5:.5 A5:1.5! G5:.5 E5:1 F5:1.5 E5:.5 D5:1 B4:1 A4+C5:4?"
    )
    mix = perform(voices.piano, held(left, 2.0), clock, gain=0.72, pan=-0.2, loose_s=0.02)
    mix += perform(voices.piano, held(right, 2.5), clock, gain=0.75, pan=0.15, loose_s=0.025)
    mix = effects.reverb(signals.lowpass(mix, 3800.0), wet=0.35, seconds=2.6, damping_hz=3000.0)
    return studio.master(mix, rms_db=-24.5, fade_out_s=3.5)


def november_window() -> Stereo:
    """Strings over a falling bass, the old figure of lament (D minor)."""
    clock = Clock(tempo_bpm=66, beats=32, tail_s=3.5)
    violin = line(
        "A4:3 F4:1 E5:2 D5:1 C5:1 D5:3? Bb4:1 A4:2 C#5:2 "
        "D5:1 F5:2! E5:1 D5:1.5 C5:.5 E5:2! F5:1 D5:1 Bb4:1 G4:1 F4:1 E4:1 D4:2"
    )
    viola = line("F4:4 G4:4 F4:4 E4:4 A4:4 G4:4 D4:4 C#4:2 A3:2")
    second = line("D4:4 E4:4 D4:4 C#4:4 F4:4 E4:4 Bb3:4 A3:2 F3:2")
    cello = line("D3:4 C3:4 Bb2:4 A2:4 D3:4 C3:4 G2:4 A2:2 D2:2")
    mix = perform(sustained.bowed, louder(violin, first=0.9, last=1.1), clock, gain=0.55, pan=-0.35)
    mix += perform(sustained.bowed, viola, clock, gain=0.3, pan=0.2)
    mix += perform(sustained.bowed, second, clock, gain=0.3, pan=-0.1)
    mix += perform(sustained.bowed, cello, clock, gain=0.55, pan=0.4)
    mix = effects.reverb(mix, wet=0.4, seconds=2.4, damping_hz=3500.0)
    return studio.master(mix, rms_db=-21.0, fade_in_s=0.2, fade_out_s=3.0)


def under_the_ice_shelf() -> Stereo:
    """A drone on C sharp, a semitone grinding against it, and metal far away (no key to hold)."""
    clock = Clock(tempo_bpm=50, beats=26, tail_s=3.0)
    low = line("C#1+C#2+E2:26") + line("D2:10", start=7) + line("G2+E2:10", start=16)
    whispers = line("-:6 G#4:5? -:2 A4:4? -:1 G4:6?")
    strikes = line("-:5 x:1? -:6.3 x:1! -:4.4 x:.7? x:2?")
    mix = perform(sustained.abyss, low, clock, gain=0.5, spread=0.4)
    far = perform(drums.anvil, strikes, clock, gain=0.1, spread=0.7)
    far += perform(sustained.breath, whispers, clock, gain=0.035, spread=0.5)
    far = effects.reverb(signals.lowpass(far, 1300.0), wet=1.6, seconds=5.0, damping_hz=1200.0)
    mix = effects.reverb(mix, wet=0.3, seconds=3.0, damping_hz=900.0) + far + 0.1 * _rumble(clock)
    return studio.master(mix, rms_db=-23.0, fade_in_s=3.0, fade_out_s=4.0)


def _rumble(clock: Clock) -> Stereo:
    """Return ice moving: very low noise in slow waves."""
    rng = np.random.default_rng(6)
    t = signals.times(clock.seconds)
    deep = signals.bandpass(rng.standard_normal((len(t), 2)), 35.0, 160.0)
    return deep * (0.5 + 0.5 * np.sin(2 * np.pi * t / 13.0) ** 2)[:, np.newaxis]


PIECES = (
    studio.Piece(
        title="Letters Unsent",
        artist="Juniper Lantern",
        genre="Piano",
        mood="sad",
        tempo_bpm=58,
        play=letters_unsent,
    ),
    studio.Piece(
        title="November Window",
        artist="The Umber Strings",
        genre="Chamber",
        mood="melancholic",
        tempo_bpm=66,
        play=november_window,
    ),
    studio.Piece(
        title="Under the Ice Shelf",
        artist="Tidewater Hours",
        genre="Dark Ambient",
        mood="dark",
        tempo_bpm=50,
        play=under_the_ice_shelf,
    ),
)
