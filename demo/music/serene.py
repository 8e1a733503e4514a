"""Three pieces of positive valence and low arousal: calm, peaceful, dreamy."""

import numpy as np

from demo.music import drums, effects, signals, studio, sustained, voices
from demo.music.notation import Clock, held, line, strike_grid, swung
from demo.music.signals import Stereo
from demo.music.studio import perform


def slow_harbour() -> Stereo:
    """Warm pads over the tide, and a flute that is in no hurry (D major)."""
    clock = Clock(tempo_bpm=60, beats=28, tail_s=4.5)
    chords = line(
        "D3+A3+E4+F#4:4 B2+F#3+A3+D4:4 G2+D3+B3+F#4:4 A2+E3+A3+C#4:4 "
        "D3+A3+F#4+A4:4 G2+D3+B3+D4:4 D3+A3+D4+F#4:4"
    )
    tune = line(
        "-:4 F#5:1.5 E5:.5 D5:2 -:.5 B4:1 D5:.5 F#5:2 E5:3 -:1 "
        "A5:1.5 F#5:.5 E5:1 F#5:1 G5:1 F#5:.5 E5:.5 D5:2 -:1 A4:1 D5:2"
    )
    roots = line("D2:4 B1:4 G1:4 A1:4 D2:4 G1:4 D2:4")
    mix = effects.chorus(perform(sustained.warm_pad, chords, clock, gain=0.5, spread=0.5))
    mix += perform(sustained.breath, tune, clock, gain=0.3, pan=0.1)
    mix += perform(sustained.round_bass, roots, clock, gain=0.18)
    mix = effects.reverb(mix, wet=0.55, seconds=3.5, damping_hz=2600.0) + 0.01 * _tide(clock)
    return studio.master(mix, rms_db=-26.0, fade_in_s=1.5, fade_out_s=4.0)


def clover_path() -> Stereo:
    """A finger-picked nylon guitar on a mild morning (G major)."""
    clock = Clock(tempo_bpm=92, beats=36, tail_s=4.0)
    g_bar = "G2:.5 D4:.5 B3:.5 G3:.5 D3:.5 D4:.5 B3:.5 G3:.5"
    c_bar = "C3:.5 E4:.5 C4:.5 G3:.5 G2:.5 E4:.5 C4:.5 G3:.5"
    d_bar = "D3:.5 D4:.5 A3:.5 F#3:.5 A2:.5 D4:.5 A3:.5 F#3:.5"
    e_bar = "E2:.5 E4:.5 B3:.5 G3:.5 B2:.5 E4:.5 B3:.5 G3:.5"
    bars = [g_bar, c_bar, g_bar, d_bar, e_bar, c_bar, d_bar, g_bar]
    picking = held(line(" ".join(bars)) + line("G2+D3+G3+B3+D4:4", start=32), 2.0)
    tune = line(
        "-:2 B4:1 D5:1 E5:1.5 D5:.5 C5:1 E5:1 D5:2 B4:1 G4:1 A4:3 -:1 "
        "G4:1 B4:1 E5:1.5 D5:.5 C5:1 B4:1 A4:1 G4:1 F#4:1 A4:1 C5:.5 B4:.5 A4:1 G4:3 -:1 G5:3"
    )
    mix = perform(voices.pluck, picking, clock, gain=0.5, spread=0.25, loose_s=0.012)
    mix += perform(voices.steel_pluck, held(tune, 2.0), clock, gain=0.85, pan=0.25, loose_s=0.01)
    mix = effects.reverb(signals.lowpass(mix, 6500.0), wet=0.25, seconds=1.4)
    return studio.master(mix, rms_db=-22.5)


def moth_lamp() -> Stereo:
    """An electric piano, a music box and a sleepy drum loop on worn tape (C major)."""
    clock = Clock(tempo_bpm=76, beats=32, tail_s=4.0)
    chords = line(
        "F3+C4+E4+G4:3.5? -:.5 E3+B3+D4+G4:3.5? -:.5 D3+A3+C4+F4:3.5? -:.5 C3+G3+B3+E4:3.5? -:.5 ",
        times=2,
    )
    bells = line(
        "-:1 G5:.5 A5:.5 C6:1 B5:1 G5:2 -:.5 D5:.5 E5:1 F5:1 E5:.5 D5:.5 A5:1 -:1 G5:3 -:1 "
        "-:1 E5:.5 G5:.5 C6:1 D6:1 B5:2 G5:1 E5:1 A5:1.5 F5:.5 E5:1 D5:1 C5:4"
    )
    bass = line("F2:2 F2:1? C2:1 E2:2 E2:1? B1:1 D2:2 D2:1? A1:1 C2:2 C2:1? G1:1 ", times=2)
    mix = perform(voices.electric_piano, chords, clock, gain=0.45, spread=0.3, loose_s=0.015)
    mix += effects.echo(
        perform(voices.music_box, bells, clock, gain=0.22), delay_s=0.59, feedback=0.4
    )
    mix += perform(sustained.round_bass, bass, clock, gain=0.4)
    mix += _sleepy_beat(clock)
    mix = effects.reverb(effects.worn_tape(mix), wet=0.22, seconds=1.8) + 0.012 * _crackle(clock)
    return studio.master(mix, rms_db=-20.5, fade_in_s=0.3, fade_out_s=3.5)


def _sleepy_beat(clock: Clock) -> Stereo:
    """Return two bars of kick, brushed snare and late hats, looped until the last chord."""
    kicks = strike_grid("x... .... ..x. ....  x... ...o ..x. ....", times=4)
    snares = strike_grid(".... x... .... x...", times=8)
    hats = swung(strike_grid("o.o. x.o. o.o. x.o.", times=8), amount=0.12)
    beat = perform(drums.soft_kick, kicks, clock, gain=0.6)
    beat += perform(drums.soft_snare, snares, clock, gain=0.45, loose_s=0.01)
    return beat + perform(drums.hat, hats, clock, gain=0.6, pan=0.3, loose_s=0.01)


def _tide(clock: Clock) -> Stereo:
    """Return surf: filtered noise that comes and goes every nine seconds."""
    rng = np.random.default_rng(3)
    t = signals.times(clock.seconds)
    surf = signals.bandpass(rng.standard_normal((len(t), 2)), 150.0, 900.0)
    return surf * (0.25 + 0.75 * np.sin(np.pi * t / 9.0) ** 4)[:, np.newaxis]


def _crackle(clock: Clock) -> Stereo:
    """Return the dust on a record: sparse clicks over a faint hiss."""
    rng = np.random.default_rng(4)
    shape = (len(signals.times(clock.seconds)), 2)
    clicks = (rng.random(shape) < 0.0004) * rng.standard_normal(shape) * 14.0  # per sample
    return signals.bandpass(clicks + 0.25 * rng.standard_normal(shape), 500.0, 5000.0)


PIECES = (
    studio.Piece(
        title="Slow Harbour",
        artist="Tidewater Hours",
        genre="Ambient",
        mood="calm",
        tempo_bpm=60,
        play=slow_harbour,
    ),
    studio.Piece(
        title="Clover Path",
        artist="Juniper Lantern",
        genre="Folk",
        mood="peaceful",
        tempo_bpm=92,
        play=clover_path,
    ),
    studio.Piece(
        title="Moth Lamp",
        artist="Velvet Orrery",
        genre="Lo-fi",
        mood="dreamy",
        tempo_bpm=76,
        play=moth_lamp,
    ),
)
