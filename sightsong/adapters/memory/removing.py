"""Taking in-memory tracks out of the library. The caller holds the lock."""

from collections.abc import Sequence
from dataclasses import replace

from sightsong.adapters.memory.state import State
from sightsong.core.jobs import JobId
from sightsong.core.tracks import Forgotten, Track, TrackId, TrackState, Verdict


def mark(state: State, track: Track) -> None:
    """Remove a track so that its bytes are not taken in again."""
    _withdraw(state, track)
    state.removed.add(track.id)
    state.tracks[track.id] = replace(
        track, state=TrackState.PENDING, reason_code=None, reason=None, recording_id=None
    )


def drop(state: State, track: Track) -> None:
    """Remove a track for good, with its files."""
    _withdraw(state, track)
    for path in state.files_of(track.id):
        del state.files[path]
    del state.tracks[track.id], state.words[track.id]
    state.embed_jobs.pop(track.id, None)


def rename(state: State, track_id: TrackId) -> bool:
    """Name a track by a file that it has; False if it has none."""
    files, track = state.files_of(track_id), state.tracks[track_id]
    if files and track.path not in files:
        state.tracks[track_id] = replace(track, path=min(files))
    return bool(files)


def forget(state: State, paths: Sequence[str], *, ingest_id: JobId, remove: bool) -> Forgotten:
    """Drop files that are gone."""
    gone = frozenset(paths)
    ids = {state.files[path].track_id for path in gone if path in state.files}
    moved = orphans = 0
    for track_id in sorted(ids):
        files = state.files_of(track_id)
        left = [path for path in files if path not in gone]
        is_mark = track_id in state.removed
        if not left and not is_mark:
            orphans += 1
            if remove:
                drop(state, state.tracks[track_id])
            continue
        lost = [path for path in files if path in gone]
        for path in lost:
            del state.files[path]
        if not is_mark:
            rename(state, track_id)
            found = _move(state, left, ingest_id, most=len(lost))
            if found < len(lost):
                state.doubt(track_id)  # it may have been heard there, when other bytes lay there
            moved += found
    removed, missing = (orphans, 0) if remove else (0, orphans)
    return Forgotten(moved=moved, removed=removed, missing=missing)


def _move(state: State, left: Sequence[str], ingest_id: JobId, *, most: int) -> int:
    found = [
        state.files[path]
        for path in left
        if (state.files[path].ingest_id, state.files[path].verdict)
        == (ingest_id, Verdict.DUPLICATE)
    ][:most]
    for file in found:
        file.verdict = Verdict.MOVED
    return len(found)


def _withdraw(state: State, track: Track) -> None:
    job_id = state.embed_jobs.get(track.id)
    if job_id is not None:
        state.cancel(state.rows[job_id])
    state.withdraw(track.id)
    _leave_recording(state, track)


def _leave_recording(state: State, track: Track) -> None:
    others = sorted(
        one.id
        for one in state.tracks.values()
        if one.recording_id == track.recording_id is not None
        and one.id != track.id
        and one.id not in state.removed
    )
    if others:
        stood = track.recording_id
        state.heirs[track.id] = stood if stood in others and stood is not None else others[0]
    if not others or (len(others) > 1 and track.recording_id in others):
        return
    stands = others[0] if len(others) > 1 else None
    for one in others:
        state.put(replace(state.tracks[one], recording_id=stands))
