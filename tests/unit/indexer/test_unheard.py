"""After a new music model the library is taken in anew, by itself."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from indexer import unheard
from indexer.pieces import Piece
from indexer.unheard import Unheard
from sightsong.core import errors
from sightsong.core.embeddings import Space
from sightsong.core.ingests import Problem, Wish
from sightsong.core.jobs import JobKind, JobState, Queue
from sightsong.core.ports import RemoteFile
from sightsong.core.tracks import FileStamp
from tests.unit.indexer.parts import SPACE, Bench, counts, embedded, problems

OLD = Space("stub/space@0")
UNIT = np.eye(1, 3)


def heard_by_another(bench: Bench, music: Path) -> None:
    """Take a folder in, and embed it in another space."""
    bench.ingest(music)
    waiting = bench.claim(Queue.TRACKS, limit=50)
    for one in (embedded(job, vectors=UNIT, duration_s=10.0) for job in waiting):
        effects = tuple(replace(effect, space=OLD) for effect in one.effects)
        bench.stores.jobs.complete([replace(one, effects=effects)])


def look(bench: Bench) -> bool:
    return Unheard(bench.stores, bench.doorbell, SPACE).look()


def test_a_library_that_another_model_has_heard_is_heard_anew(bench, music):
    heard_by_another(bench, music)
    assert look(bench)
    (ingest,) = bench.stores.ingests.unfinished()
    scanned = bench.run(ingest.job)
    assert (scanned.state, counts(scanned, "found")) == (JobState.SUCCEEDED, (2,))
    assert bench.stores.jobs.children(scanned.id) == {JobState.QUEUED: 2}
    bench.embed_all()
    assert len(list(bench.stores.tracks.indexed(SPACE))) == 2
    assert not look(bench)


def test_a_library_that_this_model_has_heard_is_left_alone(bench, music):
    bench.ingest(music)
    bench.embed_all()
    assert not look(bench)
    assert bench.stores.ingests.unfinished() == []


def test_an_indexer_begins_it_once(bench, music):
    heard_by_another(bench, music)
    looking = Unheard(bench.stores, bench.doorbell, SPACE)
    assert [looking.look(), looking.look()] == [True, False]
    assert not look(bench), "another indexer"


def test_it_is_not_begun_twice_while_its_tracks_wait(bench, music):
    heard_by_another(bench, music)
    look(bench)
    bench.run(bench.stores.ingests.unfinished()[0].job)
    assert not look(bench)


def test_a_file_that_is_gone_is_a_problem_and_the_others_are_heard(bench, music):
    heard_by_another(bench, music)
    (music / "one.mp3").unlink()
    scanned = bench.run(bench.stores.ingests.submit(Wish(unheard=True)))
    assert counts(scanned, "found", "unreadable") == (2, 1)
    assert problems(bench, scanned.id) == {"one.mp3": "unreadable"}
    assert bench.stores.jobs.children(scanned.id) == {JobState.QUEUED: 1}


def test_what_else_lies_in_the_folder_is_not_taken_in(bench, music):
    heard_by_another(bench, music)
    (music / "new.mp3").write_bytes(b"new")
    scanned = bench.run(bench.stores.ingests.submit(Wish(unheard=True)))
    assert counts(scanned, "found", "new") == (2, 0)
    assert bench.stores.jobs.backlog(Queue.TRACKS, limit=9) == 2


def test_a_dry_run_tells_and_takes_nothing_in(bench, music):
    heard_by_another(bench, music)
    looked = bench.run(bench.stores.ingests.submit(Wish(unheard=True, dry_run=True)))
    assert counts(looked, "found") == (2,)
    assert bench.stores.jobs.backlog(Queue.TRACKS, limit=9) == 0


class OneStore:
    """Lists two files below any address of its own, and refuses others."""

    def listing(self, url: str) -> Iterator[RemoteFile]:
        if not url.startswith("s3://ours"):
            raise errors.UrlNotAllowed
        for name in (url, f"{url}.bak"):
            yield RemoteFile(url=name, size_bytes=3, mtime_ns=7)

    def fetch(self, url: str, to: BinaryIO, *, start: int = 0, size: int | None = None) -> None:
        raise errors.FetchFailed


def test_a_file_in_an_object_store_is_found_by_its_own_address_only():
    found = list(unheard.pieces(["s3://ours/a.mp3"], OneStore()))
    stamp = FileStamp(size_bytes=3, mtime_ns=7)
    assert found == [Piece(name="a.mp3", location="s3://ours/a.mp3", stamp=stamp)]


def test_an_object_store_that_is_not_read_any_more_is_a_problem():
    (found,) = unheard.pieces(["s3://theirs/b.mp3"], OneStore())
    assert isinstance(found, Problem)
    assert (found.file, found.code) == ("b.mp3", "url_not_allowed")


def test_an_ingest_of_the_library_keeps_its_wish_in_its_job(bench):
    job = bench.stores.ingests.submit(Wish(unheard=True))
    assert (job.kind, Wish.of(job.params)) == (JobKind.INGEST, Wish(unheard=True))
