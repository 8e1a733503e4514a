"""Three pieces of negative valence and high arousal: tense, angry, and dark with a beat."""

from demo.music import drums, effects, signals, studio, sustained, voices
from demo.music.notation import Clock, line, louder, strike_grid
from demo.music.signals import Stereo
from demo.music.studio import perform


def clockwork_teeth() -> Stereo:
    """A string ostinato that tightens bar by bar over tritones and a ticking clock (E minor)."""
    clock = Clock(tempo_bpm=144, beats=64, tail_s=2.0)
    figure = "E3:.5! B3:.5? G3:.5? F3:.5 E3:.5? Bb3:.5! G3:.5? F3:.5 "
    higher = "E4:.5! B4:.5? E4:.5? F4:.5 G4:.5? Bb4:.5! G4:.5? E4:.5 "
    lament = line(
        "G4:3 F#4:1 F4:4 E4:3 D#4:1 Bb4:4 B4:3 Bb4:1 A4:3 G#4:1 G4:2 F#4:2 F4:8", start=24
    )
    low = line(
        "-:14 E2+B1:2 E1+E2:6 F2+F1:2 E1+E2:6 Bb1+Bb2:2 E1+E2:6 F1+F2:2 C2+C3:6 Bb1+Bb2:2 F1+B1:7"
    )
    mix = perform(
        sustained.spiccato,
        louder(line(figure, times=15), first=0.6, last=1.1),
        clock,
        gain=1.1,
        pan=-0.3,
    )
    mix += perform(
        sustained.spiccato,
        louder(line(higher, start=16, times=11), first=0.5, last=1.2),
        clock,
        gain=0.85,
        pan=0.35,
    )
    mix += perform(sustained.bowed, louder(lament, first=0.7, last=1.3), clock, gain=0.38, pan=0.1)
    mix += perform(sustained.bowed, low, clock, gain=0.36)
    mix += perform(drums.tick, strike_grid("x.o.", times=60), clock, gain=0.35, pan=0.4, loose_s=0)
    hits = strike_grid("X..... x.  .... ....  X..... x. x.x. ....", times=5, start=20)
    mix += perform(drums.taiko, louder(hits, first=0.5, last=1.0), clock, gain=0.55)
    mix += perform(sustained.bowed, line("E3+F3+Bb3+B3+E4+F4:2!", start=60), clock, gain=0.22)
    mix += perform(drums.taiko, line("x:1!", start=62), clock, gain=1.0)
    mix = effects.reverb(mix, wet=0.3, seconds=1.6, damping_hz=4000.0)
    return studio.master(mix, rms_db=-17.0, fade_out_s=1.5)


def burn_the_ledger() -> Stereo:
    """Two overdriven guitars, double kick and no mercy (E Phrygian)."""
    clock = Clock(tempo_bpm=168, beats=64, tail_s=2.5)
    riff, stomp = _riffs()
    guitar = {
        voices.palm_mute: line(riff[0], times=4) + line(riff[0], start=48, times=2),
        voices.power_chord: line(riff[1], times=4)
        + line(stomp, start=32, times=2)
        + line(riff[1], start=48, times=2),
    }
    mix = signals.highpass(_drums_of_war(clock), 30.0)
    for voice, notes in guitar.items():
        # Two takes of the same riff, left and right: the ear hears one huge guitar.
        mix += perform(voice, notes, clock, gain=0.42, pan=-0.8, loose_s=0.005)
        mix += perform(voice, notes + notes[:1], clock, gain=0.42, pan=0.8, loose_s=0.007)
    bass = (
        line("E1:.5 " * 64)
        + line("E1:2 F1:2 G1:2 F1:2 E1:2 Bb1:2 A1:2 F1:2", start=32)
        + line("E1:.5 " * 32, start=48)
    )
    mix += perform(sustained.acid_bass, bass, clock, gain=0.32)
    mix += perform(voices.power_chord, line("E2:4!", start=64), clock, gain=0.8)
    mix = effects.reverb(effects.drive(0.7 * mix, 1.6), wet=0.08, seconds=0.7)
    return studio.master(mix, rms_db=-11.5, fade_out_s=2.0)


def _riffs() -> tuple[tuple[str, str], str]:
    """Return the riff as (muted strokes, open chords), and the half-time stomp."""
    muted = (
        "E2:.5! E2:.25 E2:.25 -:.5 E2:.5! E2:.25 E2:.25 -:.5 E2:.5! E2:.5 "
        "E2:.5! E2:.25 E2:.25 -:.5 E2:.5! -:2 "
    )
    chords = "-:1 F2:.5! -:1 G2:.5! -:2 Bb2:.5! -:.5 A2:.75! -:.25 F2:.75! -:.25 "
    stomp = " ".join(f"{root}2:1.75! -:.25" for root in ("E", "F", "G", "F", "E", "Bb", "A", "F"))
    return (muted, chords), stomp


def _drums_of_war(clock: Clock) -> Stereo:
    """Return double kick, snare and cymbals; the middle section falls to half time."""
    kicks = strike_grid("xxxx .xxx xxxx .xxx", times=8) + strike_grid(
        "X.x. .... X.xx ....", times=4, start=32
    )
    kicks += strike_grid("xxxx xxxx xxxx xxxx", times=4, start=48) + strike_grid("X", start=64)
    snares = strike_grid(".... X... .... X...", times=8) + strike_grid(
        ".... .... X... ..o.", times=4, start=32
    )
    snares += strike_grid(".... X... .... X...", times=4, start=48)
    rides = strike_grid("x.x. x.x. x.x. x.x.", times=8) + strike_grid(
        "x... x... x... x...", times=8, start=32
    )
    beat = perform(drums.kick, kicks, clock, gain=0.55, loose_s=0.002)
    beat += perform(drums.snare, snares, clock, gain=0.75)
    beat += perform(drums.open_hat, rides, clock, gain=0.3, pan=0.4)
    crashes = [note for bar in (0, 16, 32, 40, 48, 56, 64) for note in strike_grid("X", start=bar)]
    return beat + perform(drums.crash, crashes, clock, gain=0.45, pan=-0.3)


def wrong_side_of_midnight() -> Stereo:
    """A grinding machine room: driven bass, sheet metal and a siren (F minor)."""
    clock = Clock(tempo_bpm=112, beats=48, tail_s=2.5)
    pattern = (
        "F1:.25! F1:.25? F2:.25 F1:.25? Gb1:.25! F1:.25? F1:.25? Ab1:.25 "
        "F1:.25! F1:.25? F2:.25 F1:.25? B1:.25! Bb1:.25 Ab1:.25? Gb1:.25 "
    )
    siren = line("C5:3 Db5:1 B4:4 Ab4:2 Gb4:2 F4:4 C5:3 Db5:1 F5:4 E5:2 Gb5:2 B4:4", start=16)
    mix = perform(sustained.acid_bass, line(pattern, times=12), clock, gain=0.42, loose_s=0)
    mix += effects.echo(
        perform(sustained.snarl, siren, clock, gain=0.27, spread=0.3), delay_s=0.4, feedback=0.4
    )
    mix += perform(sustained.abyss, line("F1+C2+Gb2:24", times=2), clock, gain=0.4, spread=0.5)
    kicks = strike_grid("X... X... X... X.x.", times=10, start=8)
    metal = strike_grid(".... x... .... x..o", times=10, start=8)
    mix += perform(drums.kick, kicks, clock, gain=0.95, loose_s=0)
    mix += perform(drums.anvil, metal, clock, gain=0.55, pan=0.2)
    mix += perform(drums.snare, metal, clock, gain=0.6)
    mix += perform(
        drums.hat, strike_grid("xoxo xoxo xoxo xxxo", times=8, start=16), clock, gain=0.5, pan=-0.3
    )
    mix += perform(drums.taiko, line("x:1! -:15 x:1! -:15 x:1! -:15 x:1!"), clock, gain=0.9)
    mix = effects.reverb(effects.drive(0.9 * mix, 1.8), wet=0.18, seconds=1.5, damping_hz=3000.0)
    return studio.master(signals.lowpass(mix, 9000.0), rms_db=-13.5, fade_out_s=2.0)


PIECES = (
    studio.Piece(
        title="Clockwork Teeth",
        artist="The Umber Strings",
        genre="Film Score",
        mood="tense",
        tempo_bpm=144,
        play=clockwork_teeth,
    ),
    studio.Piece(
        title="Burn the Ledger",
        artist="Kiln & Cinder",
        genre="Metal",
        mood="angry",
        tempo_bpm=168,
        play=burn_the_ledger,
    ),
    studio.Piece(
        title="Wrong Side of Midnight",
        artist="Neon Larder",
        genre="Industrial",
        mood="dark",
        tempo_bpm=112,
        play=wrong_side_of_midnight,
    ),
)
