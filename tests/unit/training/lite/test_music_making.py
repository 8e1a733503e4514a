"""The command that makes the weights again, on pieces composed here."""

import json
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest

from training.errors import RunRefused
from training.lite.music import beliefs, making, rendering
from workers.models.lite import track

needs_fluidsynth = pytest.mark.skipif(
    shutil.which("fluidsynth") is None or not rendering.SOUND_FONT.is_file(),
    reason="fluidsynth and its sound font are not installed",
)
TICKS = 480


def midi(path: Path, *, third: int, beats: float, seconds: float = 2.0) -> Path:
    """Compose triads, so many in a second; a third of 4 semitones is major, one of 3 minor."""
    step = round(TICKS * 2 / beats)  # at the 120 quarters a minute that a file starts with
    notes = b""
    for n in range(int(seconds * beats)):
        chord = [60 + root for root in ((0, third, 7), (5, 5 + third, 12), (7, 11, 14))[n % 3]]
        notes += b"".join(b"\x00" + bytes((0x90, key, 80)) for key in chord)
        notes += length(step) + bytes((0x80, chord[0], 0))
        notes += b"".join(b"\x00" + bytes((0x80, key, 0)) for key in chord[1:])
    body = notes + b"\x00\xff\x2f\x00"
    head = b"MThd" + struct.pack(">IHHH", 6, 0, 1, TICKS)
    path.write_bytes(head + b"MTrk" + struct.pack(">I", len(body)) + body)
    return path


def length(ticks: int) -> bytes:
    """A number as MIDI writes lengths: seven bits a byte."""
    return bytes((0x80 | ticks >> 7, ticks & 0x7F)) if ticks > 0x7F else bytes((ticks,))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six rated pieces in three series: major pleases, many notes stir."""
    rows = ["file,series,game,valence_mean,arousal_mean,mapping"]
    for n, (third, beats) in enumerate((t, b) for b in (1, 3, 8) for t in (3, 4)):
        midi(tmp_path / f"{n}.mid", third=third, beats=beats)
        rows.append(f"{n}.mid,s{n % 3},g,{third - 3.5},{beats / 5 - 1},listed")
    (tmp_path / "vgmidi.csv").write_text("\n".join(rows), "utf-8")
    return tmp_path


@needs_fluidsynth
def test_pieces_become_weights_that_the_worker_could_use(folder, tmp_path):
    said: list[str] = []
    found = making.make(folder, tmp_path / "weights", say=said.append)
    assert json.loads((tmp_path / "weights" / "music.json").read_text("utf-8")) == found
    assert (found["facts"]["pieces"], found["facts"]["series"]) == (6, 3)
    for scale in ("valence", "arousal"):
        assert found["facts"][scale]["unseen_series"]["pearson"][0] > 0.7
        assert set(found[scale]) <= set(beliefs.NAMES)
    assert said == ["heard 6 of 6 pieces"]


@needs_fluidsynth
def test_a_piece_is_heard_as_it_was_composed(tmp_path):
    slow = rendering.render(midi(tmp_path / "slow.mid", third=3, beats=1, seconds=8), tmp_path)
    fast = rendering.render(midi(tmp_path / "fast.mid", third=4, beats=6, seconds=8), tmp_path)
    calm, lively = rendering.hear(slow), rendering.hear(fast)
    assert lively.onsets_per_s > 2 * calm.onsets_per_s
    assert lively.mode > calm.mode
    assert lively.tempo_bpm == pytest.approx(90, rel=0.05), "every fourth of six beats a second"


@needs_fluidsynth
def test_nothing_that_was_rendered_is_kept(tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    composed = [midi(tmp_path / f"{n}.mid", third=3, beats=2) for n in range(2)]
    counted: list[int] = []
    rendering.hear_all(composed, scratch, told=counted.append)
    assert (counted, list(scratch.iterdir())) == ([1, 2], [])


def test_without_a_sound_font_it_is_told_what_to_install(tmp_path):
    with pytest.raises(RunRefused, match="apt install fluidsynth fluid-soundfont-gm"):
        rendering.render(tmp_path / "a.mid", tmp_path, sound_font=tmp_path / "none.sf2")


@needs_fluidsynth
def test_what_is_no_midi_is_refused_by_its_name(tmp_path):
    (tmp_path / "broken.mid").write_bytes(b"no notes")
    with pytest.raises(RunRefused, match=r"broken\.mid"):
        rendering.render(tmp_path / "broken.mid", tmp_path)


def test_a_belief_is_of_descriptors_that_the_worker_knows(heard):
    known = set(track.standardised(heard))
    assert set(beliefs.NAMES) <= known
    for scale in ("valence", "arousal"):
        assert np.abs(beliefs.of(scale).weights).sum() > 1


def test_the_committed_weights_are_of_such_descriptors_and_keep_what_is_held(heard):
    told = json.loads(track.WEIGHTS.read_text("utf-8"))
    for scale in ("valence", "arousal"):
        belief = dict(zip(beliefs.NAMES, beliefs.of(scale).weights, strict=True))
        assert set(told[scale]) <= set(track.standardised(heard))
        held = {n for n, f in zip(beliefs.NAMES, beliefs.of(scale).freedom, strict=True) if not f}
        ratios = [told[scale][name] / belief[name] for name in held if belief[name]]
        assert ratios == pytest.approx([ratios[0]] * len(ratios), rel=0.02)


def test_the_committed_figures_are_those_that_the_card_tells():
    card = (Path(__file__).parents[4] / "docs" / "models" / "lite-music.md").read_text("utf-8")
    facts = json.loads(track.WEIGHTS.read_text("utf-8"))["facts"]
    for scale in ("valence", "arousal"):
        value, low, high = facts[scale]["unseen_series"]["pearson"]
        assert f"{value:.2f} ({low:.2f} to {high:.2f})" in card
    assert f"{facts['pieces']} pieces" in card
