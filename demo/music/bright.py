"""Three pieces of positive valence and high arousal: happy, playful, energetic."""

from demo.music import drums, effects, studio, sustained, voices
from demo.music.notation import Clock, line, louder, lowered, strike_grid
from demo.music.signals import Stereo
from demo.music.studio import perform


def paper_kites() -> Stereo:
    """Glassy arpeggios racing up and down over a light beat (D major)."""
    clock = Clock(tempo_bpm=120, beats=48, tail_s=3.0)
    runs = {
        "D": "D4:.25 F#4:.25? A4:.25? D5:.25 F#5:.25! D5:.25? A4:.25? F#4:.25?",
        "A": "C#4:.25 E4:.25? A4:.25? C#5:.25 E5:.25! C#5:.25? A4:.25? E4:.25?",
        "b": "B3:.25 D4:.25? F#4:.25? B4:.25 D5:.25! B4:.25? F#4:.25? D4:.25?",
        "G": "B3:.25 D4:.25? G4:.25? B4:.25 D5:.25! B4:.25? G4:.25? D4:.25?",
    }
    arpeggio = line(" ".join(f"{runs[chord]} {runs[chord]}" for chord in "DAGDDAbGDAGD"))
    tune = line(
        "A5:1.5 F#5:.5 D5:1 F#5:1 E5:3 -:1 D5:1 B5:1.5 A5:.5 G5:1 F#5:3 -:1 "
        "F#5:1 G5:.5 A5:1.5 D6:1 C#6:1.5 A5:.5 E5:2 D5:1 F#5:1 B5:1.5 A5:.5 G5:2 A5:1 B5:1",
        start=8,
    )
    bass = line(
        "D2:1.5 D2:.5? D2:1 D3:1? A1:1.5 A1:.5? A1:1 A2:1? G1:1.5 G1:.5? G1:1 G2:1?"
        " D2:1.5 D2:.5? D2:1 D3:1?",
        times=3,
    )
    arpeggios = perform(sustained.bright_lead, arpeggio, clock, gain=0.55, spread=0.5)
    mix = effects.echo(arpeggios, delay_s=0.375, feedback=0.3)
    mix += perform(voices.music_box, tune, clock, gain=0.28, pan=0.1)
    mix += perform(sustained.round_bass, bass, clock, gain=0.5)
    mix += perform(voices.music_box, line("D5+F#5+A5+D6:2", start=48), clock, gain=0.13)
    mix = effects.reverb(mix, wet=0.25, seconds=1.3, damping_hz=8000.0) + _skipping_beat(clock)
    return studio.master(mix, rms_db=-16.5, fade_out_s=2.0)


def _skipping_beat(clock: Clock) -> Stereo:
    """Return a light kick, claps and a shaker, in from the third bar."""
    kicks = strike_grid("x... ..x. x... ....", times=10, start=8)
    claps = strike_grid(".... x... .... x...", times=10, start=8)
    shakes = strike_grid("o.x. o.x. o.x. o.xo", times=12)
    beat = perform(drums.kick, kicks, clock, gain=0.6)
    beat += perform(drums.clap, claps, clock, gain=0.45, pan=-0.1)
    return beat + perform(drums.shaker, shakes, clock, gain=0.5, pan=0.35)


def hopscotch_parade() -> Stereo:
    """A marimba that hops, a plucked bass that walks beside it (F major)."""
    clock = Clock(tempo_bpm=138, beats=56, tail_s=2.0)
    verse = (
        "F5:.5! A5:.5 C6:.5 A5:.5 F5:.5 -:.5 C5:.5 -:.5 G5:.5 Bb5:.5 G5:.5 E5:.5 C5:.5 -:1.5 "
        "A5:.5! C6:.5 D6:.5 C6:.5 A5:.5 -:.5 F5:.5 -:.5 G5:.5 A5:.5 G5:.5 F5:.5 E5:.5 C5:.5 -:1 "
    )
    answer = (
        "D6:.5! -:.5 Bb5:.5 -:.5 D6:.5 C6:.5 Bb5:.5 A5:.5 "
        "C6:.5! -:.5 A5:.5 -:.5 C6:.5 Bb5:.5 A5:.5 G5:.5 "
        "Bb5:.5 A5:.5 G5:.5 F5:.5 E5:.5 G5:.5 Bb5:.5 E5:.5 F5:.5! C6:.5 A5:.5 C6:.5 F5:.5! -:1.5 "
    )
    steps = "F2:1 F3+A3+C4:1? C2:1 F3+A3+C4:1? C2:1 E3+G3+Bb3:1? G2:1 E3+G3+Bb3:1? "
    turn = (
        "Bb2:1 F3+Bb3+D4:1? D3:1 F3+Bb3+D4:1? A2:1 F3+A3+C4:1? C3:1 F3+A3+C4:1? "
        "C3:1 E3+Bb3+C4:1? G2:1 E3+Bb3+C4:1? F2:1 F3+A3+C4:1? C2:1 F3+A3+C4:1? "
    )
    mix = perform(voices.marimba, line(verse + answer + verse), clock, gain=0.55, pan=0.1)
    mix += perform(
        voices.marimba, lowered(line(answer + verse, start=16)), clock, gain=0.2, pan=-0.4
    )
    walk = line(steps * 2 + turn + steps * 2 + "F2:1 -:1 C2:1 -:1 F2:1! C3+E3+G3:1 F2+F3+A3:1! -:1")
    mix += perform(voices.pizzicato, walk, clock, gain=0.6, pan=-0.15)
    mix += perform(
        voices.marimba,
        line(
            "C5:.5 D5:.5 E5:.5 F5:.5 G5:.5 A5:.5 Bb5:.5 C6:.5 F6:1! C6+E6:1 F5+A5+F6:1!", start=48
        ),
        clock,
        gain=0.4,
    )
    mix += perform(
        drums.woodblock, strike_grid("x.o. ..x. x.o. x...", times=13), clock, gain=0.16, pan=0.5
    )
    mix += perform(drums.shaker, strike_grid("o.xo", times=54), clock, gain=0.3, pan=-0.5)
    return studio.master(effects.reverb(mix, wet=0.18, seconds=0.8), rms_db=-18.5, fade_out_s=1.0)


def daylight_engine() -> Stereo:
    """House with the windows open: four on the floor and a climbing chord riff (A major)."""
    clock = Clock(tempo_bpm=126, beats=56, tail_s=2.5)
    bars = [
        f"{chord}:.5! -:.25 {chord}:.5 -:.25 {chord}:.5 -:.5 {chord}:.5 -:1"
        for chord in ("A3+C#4+E4+A4", "G#3+B3+E4+G#4", "A3+C#4+F#4+A4", "A3+D4+F#4+A4")
    ]
    pedal = "-:.5 {0}:.5 " * 4
    bass = line("".join(pedal.format(root) for root in ("A1", "E2", "F#1", "D2")), start=8, times=3)
    tune = line(
        "E5:1 C#5:.5 E5:1 A5:1.5 G#5:1 E5:.5 B4:1 E5:1.5 "
        "F#5:1 C#5:.5 F#5:1 A5:1.5 B5:1 A5:.5 F#5:1 E5:1.5 ",
        start=24,
        times=2,
    )
    chords = louder(line(" ".join(bars * 3 + bars[:2])), first=0.75, last=1.1)
    music = perform(sustained.super_saw, chords, clock, gain=0.42, spread=0.4)
    music += perform(sustained.acid_bass, bass, clock, gain=0.28)
    music += effects.echo(
        perform(sustained.bright_lead, tune, clock, gain=0.85), delay_s=0.357, feedback=0.3
    )
    music = effects.reverb(
        effects.pumped(music, beat_s=clock.beat_s), wet=0.15, seconds=1.0, damping_hz=8000.0
    )
    mix = (
        music
        + _house_beat(clock)
        + perform(sustained.super_saw, line("A3+E4+A4+C#5:1.5!", start=56), clock, gain=0.28)
    )
    return studio.master(effects.drive(0.8 * mix, 1.3), rms_db=-12.5, fade_out_s=1.5)


def _house_beat(clock: Clock) -> Stereo:
    """Return the drums: kick from the start, hats and claps join one after another."""
    beat = perform(
        drums.kick, strike_grid("X... X... X... X...", times=14), clock, gain=0.72, loose_s=0
    )
    beat += perform(
        drums.open_hat, strike_grid("..x.", times=52, start=4), clock, gain=0.55, loose_s=0
    )
    beat += perform(
        drums.clap, strike_grid(".... x... .... x...", times=12, start=8), clock, gain=0.5
    )
    beat += perform(drums.hat, strike_grid("o.oo", times=32, start=24), clock, gain=0.65, pan=0.3)
    crashes = strike_grid("X", start=8) + strike_grid("X", start=24) + strike_grid("X", start=56)
    return beat + perform(drums.crash, crashes, clock, gain=0.35)


PIECES = (
    studio.Piece(
        title="Paper Kites",
        artist="Pocket Safari",
        genre="Synth Pop",
        mood="happy",
        tempo_bpm=120,
        play=paper_kites,
    ),
    studio.Piece(
        title="Hopscotch Parade",
        artist="Pocket Safari",
        genre="Novelty",
        mood="playful",
        tempo_bpm=138,
        play=hopscotch_parade,
    ),
    studio.Piece(
        title="Daylight Engine",
        artist="Neon Larder",
        genre="House",
        mood="energetic",
        tempo_bpm=126,
        play=daylight_engine,
    ),
)
