"""The committed demo library and photos are what the README promises: small, tagged, different."""

import colorsys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from PIL import Image

DEMO = Path(__file__).parents[3] / "demo"
TRACKS = sorted((DEMO / "library").glob("*.ogg"))
PHOTOS = sorted((DEMO / "photos").glob("*.jpg"))

AROUSED = {"happy", "playful", "energetic", "tense", "angry"}
QUIET = {"calm", "peaceful", "dreamy", "sad", "melancholic"}

# How strongly each step above the tonic is heard in major and in minor (Krumhansl and Kessler).
MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What was measured in one track."""

    title: str
    mood: str
    seconds: float
    #: root mean square, dB below full scale
    loudness_db: float
    centroid_hz: float
    #: onsets of spectral energy: mean positive change from frame to frame, relative
    flux: float
    #: correlation with the best major key minus that with the best minor key
    majorness: float
    peak: float


@pytest.fixture(scope="module")
def library() -> list[Heard]:
    return [listen(path) for path in TRACKS]


def test_the_library_has_twelve_tracks_of_seven_artists_in_under_three_megabytes():
    artists = {tag(path, "artist") for path in TRACKS}

    assert len(TRACKS) == 12
    assert len(artists) == 7
    assert sum(path.stat().st_size for path in TRACKS) < 3_000_000


def test_every_track_says_what_it_is():
    titles = [tag(path, "title") for path in TRACKS]

    assert len(set(titles)) == 12
    for path in TRACKS:
        assert tag(path, "genre")
        assert tag(path, "mood") in AROUSED | QUIET | {"dark"}


def test_every_track_decodes_to_half_a_minute_of_unclipped_stereo(library: list[Heard]):
    for heard in library:
        assert 20.0 <= heard.seconds <= 40.0, heard
        assert heard.peak < 1.2, heard  # a lossy codec overshoots; far beyond is distortion


def test_no_two_tracks_sound_alike(library: list[Heard]):
    """In loudness, brightness and business at least one differs audibly for every pair."""
    place = np.array(
        [(h.loudness_db / 3, np.log2(h.centroid_hz) / 0.4, h.flux / 0.1) for h in library]
    )
    apart = np.linalg.norm(place[:, np.newaxis] - place[np.newaxis], axis=-1)

    assert apart[np.triu_indices(len(library), k=1)].min() > 0.5


def test_quiet_moods_are_softer_and_darker_than_aroused_ones(library: list[Heard]):
    aroused = [h for h in library if h.mood in AROUSED]
    quiet = [h for h in library if h.mood in QUIET]

    assert max(h.loudness_db for h in quiet) + 1.0 < min(h.loudness_db for h in aroused)
    assert np.median([h.centroid_hz for h in quiet]) * 1.5 < np.median(
        [h.centroid_hz for h in aroused]
    )


def test_the_library_spans_a_wide_range(library: list[Heard]):
    loudness = [h.loudness_db for h in library]
    centroid = [h.centroid_hz for h in library]

    assert max(loudness) - min(loudness) > 12.0
    assert max(centroid) / min(centroid) > 5.0


def test_glad_tracks_are_in_major_and_sad_ones_in_minor(library: list[Heard]):
    """The dreamy one is left out: its seventh chords belong to C major and A minor alike."""
    mode = {h.mood: h.majorness for h in library}

    for mood in ("calm", "peaceful", "happy", "playful", "energetic"):
        assert mode[mood] > 0.1, mood
    for mood in ("sad", "melancholic"):
        assert mode[mood] < -0.1, mood


def test_there_are_four_small_photos():
    assert [path.stem for path in PHOTOS] == ["neon-night", "spring-meadow", "storm", "sunset-sea"]
    for path in PHOTOS:
        assert path.stat().st_size < 250_000
        with Image.open(path) as photo:
            assert photo.size == (1200, 800)


def test_the_meadow_is_bright_and_the_storm_and_the_night_are_dark():
    light = {path.stem: pixels(path).mean() for path in PHOTOS}

    assert light["spring-meadow"] > light["sunset-sea"] + 0.1
    assert light["sunset-sea"] > light["storm"] + 0.05
    assert light["neon-night"] < 0.35
    assert light["storm"] < 0.35


def test_each_photo_has_the_colours_of_its_name():
    """Sunset is warm, the meadow green below a blue sky, the storm grey, the night vivid."""
    red, green, blue = (channel.mean() for channel in np.moveaxis(photo("sunset-sea"), -1, 0))
    assert red > green > 0
    assert red > blue * 1.2

    meadow = photo("spring-meadow")
    grass, sky = meadow[450:].mean(axis=(0, 1)), meadow[:300].mean(axis=(0, 1))
    assert grass.argmax() == 1
    assert sky.argmax() == 2

    assert saturation("storm") < 0.35 < saturation("neon-night")


def listen(path: Path) -> Heard:
    stereo, rate_hz = soundfile.read(path, always_2d=True)
    mono = stereo.mean(axis=1)
    spectra = np.array(list(_frames(mono, 4096)))
    hz = np.fft.rfftfreq(4096, 1 / rate_hz)
    energy = spectra.sum(axis=1) + 1e-9
    rise = np.maximum(np.diff(spectra, axis=0), 0.0).sum(axis=1) / energy[1:]
    return Heard(
        title=tag(path, "title"),
        mood=tag(path, "mood"),
        seconds=len(mono) / rate_hz,
        loudness_db=float(10 * np.log10(np.mean(stereo**2))),
        centroid_hz=float(np.mean((spectra @ hz) / energy)),
        flux=float(rise.mean()),
        majorness=_majorness(mono, rate_hz),
        peak=float(np.abs(stereo).max()),
    )


def _frames(mono: NDArray[np.float64], size: int) -> Iterator[NDArray[np.float64]]:
    window = np.hanning(size)
    for start in range(0, len(mono) - size, size // 2):
        yield np.abs(np.fft.rfft(window * mono[start : start + size]))


def _majorness(mono: NDArray[np.float64], rate_hz: int) -> float:
    """Fold half-second spectra into twelve pitch classes and compare the sum with every key."""
    size = 16_384  # fine enough to tell semitones apart in the bass
    hz = np.fft.rfftfreq(size, 1 / rate_hz)
    kept = (hz > 110) & (hz < 2100)
    spectrum = np.mean([frame / (frame.max() + 1e-9) for frame in _frames(mono, size)], axis=0)
    classes = np.round(12 * np.log2(hz[kept] / 440.0) + 9).astype(int) % 12
    chroma = np.bincount(classes, weights=spectrum[kept], minlength=12)
    chroma = chroma / np.bincount(classes, minlength=12)
    best = [
        max(np.corrcoef(np.roll(profile, key), chroma)[0, 1] for key in range(12))
        for profile in (MAJOR, MINOR)
    ]
    return float(best[0] - best[1])


def tag(path: Path, name: str) -> str:
    file = mutagen.File(path)
    return str(file[name][0])


def pixels(path: Path) -> NDArray[np.float64]:
    with Image.open(path) as opened:
        return np.asarray(opened.convert("RGB"), dtype=np.float64) / 255.0


def photo(name: str) -> NDArray[np.float64]:
    return pixels(DEMO / "photos" / f"{name}.jpg")


def saturation(name: str) -> float:
    """Return the mean colour saturation over a coarse grid."""
    coarse = photo(name)[::16, ::16].reshape(-1, 3)
    return float(np.mean([colorsys.rgb_to_hsv(*pixel)[1] for pixel in coarse]))
