"""What a worker does with tracks, on stub models and in-memory stores."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sightsong.core import models, ports
from sightsong.core.affect import Affect
from sightsong.core.jobs import JobId
from sightsong.core.tracks import FoundFile, Tags, Track, TrackState
from tests.unit.workers.task_bench import BRIGHT, register, submit
from workers.models import stub


def test_a_track_becomes_searchable_with_its_affect_and_length(stores, run):
    register(stores, "loud.ogg")
    run()
    track = stores.tracks.page(limit=1)[0]
    assert (track.state, track.duration_s) == (TrackState.READY, 30.0)
    assert track.affect.valence == pytest.approx(0.8)
    assert [len(row.windows.starts_s) for row in stores.tracks.indexed(stub.SPACE)] == [3]


def test_a_broken_track_is_set_aside_and_stops_no_other(stores, run):
    register(stores, "broken.ogg", "loud.ogg")
    run()
    states = {
        track.title: (track.state, track.reason_code) for track in stores.tracks.page(limit=9)
    }
    assert states == {
        "broken.ogg": (TrackState.QUARANTINED, "audio_broken"),
        "loud.ogg": (TrackState.READY, None),
    }


class FlawedAudio(stub.StubAudio):
    """Makes something else of what is loud."""

    def __init__(self, **instead: object) -> None:
        self._instead = instead

    def read(self, heard: Sequence[models.Heard], **options: object) -> list[models.TrackReading]:
        return [
            replace(reading, **self._instead) if reading.affect.valence > 0.5 else reading
            for reading in super().read(heard)
        ]


NONE = float("nan")
_SOUND = np.full(8, 8**-0.5, np.float32)
FLAWS = {
    "vector": {"vector": np.where(np.arange(8) == 3, np.float32(NONE), _SOUND)},
    "window": {"windows": np.full((3, 8), np.inf, np.float32)},
    "length": {"vector": np.full(4, 0.5, np.float32)},
    "windows' length": {"windows": np.full((3, 9), 1 / 3, np.float32)},
    "feeling": {"affect": Affect(valence=0.9, arousal=NONE)},
    "tempo": {"descriptors": {"tempo_bpm": NONE}},
}


@pytest.mark.parametrize(
    "profile",
    [
        pytest.param(replace(stub.stub_profile(), audio=FlawedAudio(**flaw)), id=name)
        for name, flaw in FLAWS.items()
    ],
)
def test_a_track_of_which_the_model_makes_nothing_usable_stops_no_other(stores, run):
    register(stores, "loud.ogg", "soft.ogg")
    run()
    states = {
        track.title: (track.state, track.reason_code) for track in stores.tracks.page(limit=9)
    }
    assert states == {
        "loud.ogg": (TrackState.QUARANTINED, "embedding_broken"),
        "soft.ogg": (TrackState.READY, None),
    }
    assert len(list(stores.tracks.indexed(stub.SPACE))) == 1


def test_a_track_is_read_where_a_file_of_it_is_left(stores, run):
    register(stores, "gone.ogg", "a gone one.ogg", "loud.ogg", sha256="same")
    run()
    [track] = stores.tracks.page(limit=9)
    assert (track.state, track.path) == (TrackState.READY, "/music/gone.ogg")


def test_a_track_without_any_file_is_set_aside_until_its_folder_is_scanned_again(stores, run):
    register(stores, "gone.ogg", "also gone.ogg", sha256="same")
    run()
    [track] = stores.tracks.page(limit=9)
    assert (track.state, track.reason_code) == (TrackState.QUARANTINED, "path_not_allowed")
    register(stores, "loud.ogg", sha256="same")
    run()
    assert stores.tracks.get(track.id).state is TrackState.READY


def lay(stores: ports.Stores, path: Path, *, sounds: str, sha256: str, title: str = "") -> Track:
    """Write a file that says how it sounds, and register it; it is the only one."""
    path.write_text(sounds)
    tags = Tags(title=title or None)
    file = FoundFile(path=str(path), size_bytes=1, mtime_ns=1, sha256=sha256, tags=tags)
    stores.tracks.register([file], space=stub.SPACE, parent_id=JobId("scan"))
    [track] = stores.tracks.page(limit=9)
    return track


def test_a_track_whose_file_has_other_sound_now_is_heard_again(stores, run, tmp_path):
    lay(stores, tmp_path / "one.ogg", sounds="loud", sha256="before")
    run()
    before = stores.tracks.page(limit=9)[0]
    lay(stores, tmp_path / "one.ogg", sounds="soft", sha256="after")
    run()
    after = stores.tracks.page(limit=9)[0]
    assert after.id == before.id
    assert after.affect.valence < before.affect.valence


def test_a_track_whose_tags_alone_were_edited_is_not_heard_again(stores, run, tmp_path):
    lay(stores, tmp_path / "one.ogg", sounds="loud", sha256="before")
    run()
    revision = stores.tracks.revision(stub.SPACE)
    lay(stores, tmp_path / "one.ogg", sounds="loud", sha256="after", title="Another Title")
    run()
    [track] = stores.tracks.page(limit=9)
    assert (track.title, track.state) == ("Another Title", TrackState.READY)
    assert stores.tracks.revision(stub.SPACE) == revision


def test_a_track_in_an_object_store_is_fetched_for_as_long_as_it_is_needed(stores, run, scratch):
    address = "s3://bucket/music/one.ogg"
    file = FoundFile(path=address, size_bytes=1, mtime_ns=1, sha256="far", tags=Tags())
    stores.tracks.register([file], space=stub.SPACE, parent_id=JobId("scan"))
    run()
    [track] = stores.tracks.page(limit=9)
    assert (track.state, track.title) == (TrackState.READY, "one")
    assert track.affect.valence == pytest.approx(0.8)  # it is loud
    assert list(scratch.iterdir()) == []


def test_a_recording_is_shown_once_however_often_the_library_holds_it(stores, run):
    register(stores, "loud.ogg", "loud again.ogg", "soft.ogg")
    run()
    ids = {track.title: track.id for track in stores.tracks.page(limit=9)}
    pair = [ids["loud.ogg"], ids["loud again.ogg"]]
    stores.tracks.group(dict.fromkeys(pair, min(pair)))
    once, all_ = submit(stores, BRIGHT), submit(stores, BRIGHT, duplicates=True)
    run()
    matched = [len(stores.jobs.get(one).result["matches"]) for one in (once, all_)]
    assert matched == [2, 3]
