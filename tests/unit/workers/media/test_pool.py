"""The decoding pool: real processes, and files that bring them down or to a halt."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from sightsong.core import errors
from tests.unit.workers.media.recipes import SMALL, USUAL, Told, Unborn
from tests.waiting import wait_until
from workers.media.decoding import InlineDecoders, Recipe, TrackFiles
from workers.media.entry import Limits
from workers.media.pool import DecodingPool
from workers.media.process import DecodingFailed

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[4]
CORPUS = ROOT.parent / "shared" / "data" / "hostile" / "images"
SOUNDS = ROOT.parent / "shared" / "data" / "hostile" / "audio"
PATIENCE_S = 60
#: How a file of the corpus of sounds may end.
OF_SOUNDS = {
    "heard",
    *(
        error.code
        for error in (
            errors.AudioProtected,
            errors.AudioTooLong,
            errors.AudioTooShort,
            errors.BrokenAudio,
            errors.SilentAudio,
            errors.UnsupportedAudio,
        )
    ),
}

MakePool = Callable[..., DecodingPool]


@pytest.fixture
def make_pool() -> Iterator[MakePool]:
    made: list[DecodingPool] = []

    def make(recipe: Recipe | None = None, *, seats: int = 1, **options: object) -> DecodingPool:
        made.append(DecodingPool(recipe or Told(**USUAL), seats=seats, **options))
        return made[-1]

    yield make
    for pool in made:
        pool.close()


def see(pool: DecodingPool, content: bytes) -> int:
    """Decode a photo; the process that did it, as far as a pixel can say."""
    decoded = pool.photo(lambda: content).result(PATIENCE_S)
    return int(decoded.value.pixels[0, 0, 0])


def is_gone(pid: int) -> bool:
    """Whether a process has ended, buried or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def png() -> bytes:
    pixels = np.random.RandomState(0).randint(0, 256, (90, 120, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def test_a_photo_comes_back_as_it_would_be_decoded_here(make_pool):
    recipe = Recipe(**USUAL, views=(SMALL,))
    there = make_pool(recipe).photo(png).result(PATIENCE_S)
    here = InlineDecoders(recipe).photo(png).result()
    assert np.array_equal(there.value.pixels, here.value.pixels)
    assert np.array_equal(there.value.views[SMALL], here.value.views[SMALL])
    assert there.value.views[SMALL].shape == (8, 8, 3)
    assert there.decode_ms > 0
    assert there.value.pixels.flags.writeable


def noise(path: Path, *, seconds: float = 13, rate_hz: int = 11_025) -> Path:
    rng = np.random.RandomState(0)
    soundfile.write(path, rng.uniform(-0.5, 0.5, int(seconds * rate_hz)), rate_hz)
    return path


def files(*paths: Path, known_digest: str | None = None) -> Callable[[], TrackFiles]:
    return lambda: TrackFiles(paths=paths, known_digest=known_digest)


def test_a_track_comes_back_as_it_would_be_heard_here(make_pool, tmp_path):
    recipe, asked = Recipe(**USUAL), files(noise(tmp_path / "noise.wav"))
    there = make_pool(recipe).track(asked).result(PATIENCE_S).value
    here = InlineDecoders(recipe).track(asked).result().value
    assert there.digest == here.digest
    assert np.array_equal(there.heard.windows, here.heard.windows)
    assert there.heard.windows.dtype == np.float32
    assert there.heard.window_starts_s == here.heard.window_starts_s == (0.0,)
    assert there.heard.duration_s == pytest.approx(13)
    assert there.heard.affect == here.heard.affect
    assert there.heard.descriptors == here.heard.descriptors


def test_a_track_whose_sound_is_known_is_not_heard_again(make_pool, tmp_path):
    path = noise(tmp_path / "noise.wav")
    decoders = make_pool(Recipe(**USUAL))
    first = decoders.track(files(path)).result(PATIENCE_S).value
    again = decoders.track(files(path, known_digest=first.digest)).result(PATIENCE_S).value
    other = decoders.track(files(path, known_digest="another")).result(PATIENCE_S).value
    assert (again.heard, again.digest) == (None, first.digest)
    assert other.heard is not None


def test_a_track_is_read_where_a_file_of_it_is_left(tmp_path):
    gone, here = tmp_path / "gone.wav", noise(tmp_path / "here.wav")
    decoders = InlineDecoders(Recipe(**USUAL))
    assert decoders.track(files(gone, here)).result().value.heard is not None
    with pytest.raises(errors.PathNotAllowed):
        decoders.track(files(gone)).result()


def test_a_track_that_is_too_long_or_too_short_is_refused(make_pool, tmp_path):
    pool = make_pool(Recipe(**{**USUAL, "max_audio_s": 3}))
    for seconds, error in ((4, errors.AudioTooLong), (0.1, errors.AudioTooShort)):
        path = noise(tmp_path / f"{seconds}.wav", seconds=seconds)
        assert isinstance(pool.track(files(path)).exception(PATIENCE_S), error)


def test_a_file_that_is_refused_says_why_in_the_same_words(make_pool):
    with pytest.raises(errors.TooManyPixels, match=r"^Far too many\.$"):
        see(make_pool(), b"refuse")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes anything away")
def test_a_process_that_decodes_has_given_up_what_the_system_takes(make_pool):
    pool = make_pool()
    see(pool, b"fine")
    asked = subprocess.run(
        [sys.executable, "-m", "sightsong.adapters.confinement"], capture_output=True, check=True
    )
    here = json.loads(asked.stdout)
    status = Path(f"/proc/{pool.pids[0]}/status").read_text()
    net = [Path(f"/proc/{pid}/ns/net").stat().st_ino for pid in (pool.pids[0], os.getpid())]
    assert ("NoNewPrivs:\t1" in status) is here["files"]
    assert (net[0] != net[1]) is here["network"]


def test_an_error_nobody_foresaw_is_named_and_costs_no_process(make_pool):
    pool = make_pool()
    before = see(pool, b"fine")
    with pytest.raises(DecodingFailed, match="ZeroDivisionError: of no number"):
        see(pool, b"stumble")
    assert see(pool, b"fine") == before


def test_what_cannot_be_fetched_is_what_the_future_ends_with(make_pool):
    def fetch() -> bytes:
        raise errors.BlobNotFound

    with pytest.raises(errors.BlobNotFound):
        make_pool().photo(fetch).result(PATIENCE_S)


def test_a_photo_that_brings_decoders_down_fails_and_those_around_it_do_not(make_pool):
    pool = make_pool()
    asked = [
        pool.photo(lambda c=content: c) for content in (b"fine", b"die", b"fine", b"die", b"fine")
    ]
    ends = [type(future.exception(PATIENCE_S)).__name__ for future in asked]
    assert ends == ["NoneType", "BrokenImage", "NoneType", "BrokenImage", "NoneType"]


def test_a_process_that_is_killed_at_its_work_is_not_the_photos_fault(make_pool):
    pool = make_pool()
    see(pool, b"fine")
    [pid] = pool.pids
    future = pool.photo(lambda: b"sleep 0.3")
    wait_until(future.running)
    os.kill(pid, signal.SIGKILL)
    future.result(PATIENCE_S)
    assert pool.pids != (pid,)


def test_a_process_that_is_killed_while_idle_is_replaced(make_pool):
    pool = make_pool()
    see(pool, b"fine")
    [pid] = pool.pids
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: is_gone(pid))
    see(pool, b"fine")
    assert pool.pids != (pid,)


def test_a_photo_that_takes_too_long_fails_and_the_next_one_does_not(make_pool):
    pool = make_pool(photo_limits=Limits(clock_s=0.5, cpu_s=20))
    see(pool, b"fine")
    with pytest.raises(errors.BrokenImage, match=r"longer than 0\.5 s"):
        see(pool, b"sleep 60")
    see(pool, b"fine")


def test_a_track_that_takes_too_long_may_be_tried_again(make_pool):
    pool = make_pool(track_limits=Limits(clock_s=0.5, cpu_s=20))
    future = pool.track(files(Path("60")))
    error = future.exception(PATIENCE_S)
    assert isinstance(error, errors.TaskFailed)
    assert error.retryable


def test_a_track_on_which_nothing_moves_is_given_up_and_may_be_tried_again(make_pool):
    error = make_pool().track(files(Path("stall 0.3"))).exception(PATIENCE_S)
    assert isinstance(error, errors.TaskFailed)
    assert error.retryable


def test_a_track_that_moves_on_may_take_longer_than_one_step(make_pool):
    future = make_pool().track(files(Path("tick 0.2 8")))
    assert future.result(PATIENCE_S).value.digest


def test_a_track_that_takes_too_much_work_is_broken_though_it_moves_on(make_pool):
    pool = make_pool(track_limits=Limits(clock_s=60, cpu_s=0.5))
    with pytest.raises(errors.BrokenAudio, match="time"):
        pool.track(files(Path("spin"))).result(PATIENCE_S)


def test_tracks_yield_to_photos_and_use_one_thread_each(make_pool):
    told = make_pool().track(files(Path("modestly"))).result(PATIENCE_S).value.digest
    assert told == f"nice {min(19, os.nice(0) + 10)}, threads 1"


def test_tracks_are_heard_in_as_many_processes_as_they_have_seats(make_pool):
    pool, meeting = make_pool(track_seats=2), threading.Barrier(2)

    def fetch() -> TrackFiles:
        meeting.wait(PATIENCE_S)
        return TrackFiles(paths=[Path("0.5")])

    futures = [pool.track(fetch) for _ in range(2)]
    assert len({future.result(PATIENCE_S).value.digest for future in futures}) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="the limit holds on Linux only")
def test_a_photo_that_wants_too_much_memory_is_broken_and_costs_no_process(make_pool):
    pool = make_pool()
    before = see(pool, b"fine")
    with pytest.raises(errors.BrokenImage, match="memory"):
        see(pool, b"take 2")
    assert see(pool, b"fine") == before


def test_a_photo_does_not_wait_for_a_track(make_pool):
    pool = make_pool()
    track = pool.track(files(Path("30")))
    see(pool, b"fine")
    assert not track.done()


def test_two_processes_decode_at_the_same_time(make_pool):
    pool, meeting = make_pool(seats=2), threading.Barrier(2)

    def fetch() -> bytes:
        meeting.wait(PATIENCE_S)
        return b"fine"

    futures = [pool.photo(fetch) for _ in range(2)]
    assert all(future.result(PATIENCE_S) for future in futures)


def test_a_decoder_that_does_not_start_is_no_photos_fault(make_pool):
    error = make_pool(Unborn(**USUAL)).photo(png).exception(PATIENCE_S)
    assert isinstance(error, errors.Unavailable)


def test_how_long_each_file_took_is_told(tmp_path):
    told: list[str] = []
    pool = DecodingPool(Told(**USUAL), seats=1, observe=lambda what, _: told.append(what))
    pool.photo(lambda: b"fine").result(PATIENCE_S)
    pool.photo(lambda: b"refuse").exception(PATIENCE_S)
    wait_until(lambda: told == ["photo", "photo"])
    pool.close()


def test_ctrl_c_in_the_terminal_is_left_to_the_parent(make_pool):
    pool = make_pool()
    before = see(pool, b"fine")
    os.kill(pool.pids[0], signal.SIGINT)
    assert see(pool, b"fine") == before


def test_after_the_close_no_process_is_left_and_nothing_hangs(make_pool):
    pool = make_pool(seats=2)
    see(pool, b"fine")
    busy = [pool.photo(lambda: b"sleep 60") for _ in range(3)]
    wait_until(lambda: len(pool.pids) == 2 and busy[1].running())
    pids = pool.pids
    pool.close()
    assert all(is_gone(pid) for pid in pids)
    assert {type(one.exception(PATIENCE_S)) for one in busy} == {errors.Unavailable}


_PARENT = """
import threading
from tests.unit.workers.media.recipes import USUAL, Told
from workers.media.entry import Limits
from workers.media.pool import DecodingPool
if __name__ == "__main__":
    pool = DecodingPool(Told(**USUAL), seats=2)
    for future in [pool.photo(lambda: b"sleep 0.2") for _ in range(2)]:
        future.result()
    pool.photo(lambda: b"work")
    print(*pool.pids, flush=True)
    threading.Event().wait()
"""


def test_a_parent_that_is_killed_leaves_no_process_behind_idle_or_at_work(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(_PARENT)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    parent = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, env=env)
    assert parent.stdout is not None
    with parent.stdout:
        pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(pids) == 2
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    wait_until(lambda: any(os.getpriority(os.PRIO_PROCESS, pid) > usual for pid in pids))
    parent.kill()
    parent.wait(10)
    wait_until(lambda: all(is_gone(pid) for pid in pids))


def test_the_process_that_decodes_knows_neither_torch_nor_the_database():
    code = (
        "import sys, workers.media.child, workers.models.full.listening;"
        "print(' '.join({module.partition('.')[0] for module in sys.modules}))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    loaded = set(printed.stdout.decode().split())
    assert "PIL" in loaded
    assert {"torch", "transformers", "sqlalchemy", "celery", "faiss", "pydantic"} & loaded == set()


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of hostile images is not here")
def test_no_hostile_image_brings_a_decoder_down(make_pool):
    with (CORPUS / "manifest.csv").open(newline="") as file:
        names = [row["file"] for row in csv.DictReader(file)]
    recipe = Recipe(**{**USUAL, "max_pixels": 40_000_000}, views=(SMALL,))
    pool = make_pool(recipe)
    pool.photo(png).result(PATIENCE_S)
    pids = pool.pids
    asked = [pool.photo((CORPUS / name).read_bytes) for name in names]
    errors_met = [future.exception(PATIENCE_S) for future in asked]
    ends = Counter(getattr(error, "code", "pixels") for error in errors_met)
    assert ends == {"pixels": 133, "unsupported_image": 384, "image_broken": 8}
    assert pool.pids == pids


@pytest.mark.skipif(not SOUNDS.is_dir(), reason="the corpus of hostile audio is not here")
def test_no_hostile_sound_brings_a_decoder_down(make_pool):
    with (SOUNDS / "manifest.csv").open(newline="") as file:
        names = [row["file"] for row in csv.DictReader(file)]
    pool = make_pool(Recipe(**USUAL))
    pool.photo(png).result(PATIENCE_S)
    asked = [pool.track(files(SOUNDS / name)) for name in names]
    wait_until(lambda: len(pool.pids) == 2)
    pids = pool.pids
    errors_met = [future.exception(PATIENCE_S) for future in asked]
    ends = Counter(getattr(error, "code", "heard") for error in errors_met)
    assert ends.total() == len(names)
    assert ends["heard"] >= 8
    assert ends.keys() <= OF_SOUNDS
    assert pool.pids == pids
