"""Photos and sounds made of numbers: the same on every machine, and of no one's making."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightsong.core.models import Heard, Photo, Pixels, Profile, Waveform

_HEIGHT, _WIDTH = 480, 640
_SUN_PX = 45
_SOUND_S = 12.0
_RATE_HZ = 48_000
_BEAT_S = 0.5  # 120 beats a minute


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """A bright photo, a dark one, and the bright one again."""

    bright: Photo
    dark: Photo
    again: Photo

    @property
    def all(self) -> tuple[Photo, Photo, Photo]:
        """In this order."""
        return self.bright, self.dark, self.again


def pictures() -> Pictures:
    """Draw the photos; each is a photo of its own, so that none is remembered for another."""
    return Pictures(
        bright=Photo(pixels=_beach()), dark=Photo(pixels=_night()), again=Photo(pixels=_beach())
    )


def beat() -> Waveform:
    """Make drums: a thump on each beat, a hiss between.

    Returns:
        float32, (n_samples,), 12 s, mono, in [-1, 1].
    """
    time_s = _times_s()
    since_s = time_s % _BEAT_S
    thump = np.sin(2 * np.pi * 60 * since_s) * np.exp(-since_s * 18)
    noise = np.random.default_rng(0).standard_normal(time_s.size)
    hiss = noise * np.exp(-((time_s + _BEAT_S / 2) % _BEAT_S) * 60)
    return _mono(0.8 * thump + 0.15 * hiss)


def pad() -> Waveform:
    """Make a soft chord that swells slowly.

    Returns:
        float32, (n_samples,), 12 s, mono, in [-1, 1].
    """
    time_s = _times_s()
    chord = sum(np.sin(2 * np.pi * tone_hz * time_s) for tone_hz in (220.0, 261.6, 329.6))
    return _mono(0.2 * chord * (0.6 + 0.4 * np.sin(2 * np.pi * time_s / _SOUND_S)))


def silence() -> Waveform:
    """Make no sound at all.

    Returns:
        float32, (n_samples,), 12 s, mono.
    """
    return _mono(0 * _times_s())


def heard(profile: Profile, sound: Waveform) -> Heard:
    """Let a profile listen to a sound of these."""
    return profile.audio.listener.hear([sound], rate_hz=_RATE_HZ)


def _times_s() -> NDArray[np.float64]:
    return np.arange(int(_SOUND_S * _RATE_HZ)) / _RATE_HZ


def _mono(sound: NDArray[np.float64]) -> Waveform:
    return np.clip(sound, -1, 1).astype(np.float32)


def _beach() -> Pixels:
    """Blue sky and a sun above, warm sand below."""
    picture = np.empty((_HEIGHT, _WIDTH, 3))
    horizon = _HEIGHT * 3 // 5
    down = np.linspace(0, 1, horizon)[:, None]
    picture[:horizon] = ((1 - down) * [90, 170, 245] + down * [215, 235, 250])[:, None]
    picture[horizon:] = [240, 210, 150]
    rows, columns = np.mgrid[:_HEIGHT, :_WIDTH]
    picture[np.hypot(rows - 110, columns - 480) < _SUN_PX] = [255, 240, 150]
    return picture.astype(np.uint8)


def _night() -> Pixels:
    """Almost black, a little blue, a little grain."""
    grain = np.random.default_rng(1).normal(0, 3, (_HEIGHT, _WIDTH, 1))
    picture: Pixels = np.clip(grain + np.array([10, 12, 22]), 0, 255).astype(np.uint8)
    return picture
