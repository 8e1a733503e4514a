"""A local service: what it runs, where it is, when it is ready; and what a demo plays with."""

import contextlib
from pathlib import Path
from typing import cast

import pytest

from sightsong.adapters import settings
from sightsong.adapters.settings import default_data_dir
from sightsong.client import Client, ReadinessView
from sightsong.core.errors import ConfigurationError
from sightsong.local import demo
from sightsong.local import service as local_service
from sightsong.local.supervisor import ServiceFailed
from tests.unit.sightsong import standins
from tests.unit.sightsong.fake_service import FakeService


def readiness(*, workers: str, indexer: str) -> ReadinessView:
    states = {"database": "ok", "workers": workers, "indexer": indexer, "index": "degraded"}
    checks = {name: {"status": state, "detail": f"is {state}"} for name, state in states.items()}
    return cast("ReadinessView", {"status": "degraded", "checks": checks})


def test_three_doors_run_with_the_settings_they_were_given(tmp_path: Path):
    chosen = settings.load(data_dir=tmp_path, port=9123, models_dir=tmp_path / "m", device="cpu")
    doors = local_service.doors(chosen)
    assert [(door.name, door.command[-1]) for door in doors] == [
        ("api", "api"),
        ("worker", "workers"),
        ("indexer", "indexer"),
    ]
    given = {
        "SIGHTSONG_PORT": "9123",
        "SIGHTSONG_DATA_DIR": str(tmp_path),
        "SIGHTSONG_MODELS_DIR": str(tmp_path / "m"),
        "SIGHTSONG_DEVICE": "cpu",
    }
    assert [given.items() <= door.env.items() for door in doors] == [True] * 3
    assert doors[1].log == tmp_path / "logs" / "worker.log"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104 - nothing is bound here
        ("::", "http://[::1]:8000"),
    ],
)
def test_the_address_is_one_that_this_machine_can_open(host: str, expected: str):
    assert local_service.base_url(settings.load(host=host)) == expected


def test_a_service_is_at_work_when_a_worker_and_an_indexer_are_alive():
    assert local_service.is_at_work(readiness(workers="ok", indexer="ok"))
    assert not local_service.is_at_work(readiness(workers="degraded", indexer="ok"))
    assert not local_service.is_at_work(readiness(workers="ok", indexer="degraded"))
    assert not local_service.is_at_work(None)


def test_a_service_that_does_not_get_ready_says_what_is_missing_and_shows_the_logs(
    tmp_path: Path, client: Client, service: FakeService, free_port: int
):
    service.on("GET", "/readyz", dict(readiness(workers="degraded", indexer="ok")))
    chosen = settings.load(data_dir=tmp_path, port=free_port)
    children = [standins.child(tmp_path, "print('no model', flush=True)\n" + standins.OBEDIENT)]
    with (
        pytest.raises(ServiceFailed, match="not ready after 0 s") as failed,
        local_service.running(chosen, tell=print, children=children) as here,
    ):
        here.wait_until_ready(client, timeout_s=0)
    assert "workers: is degraded" in failed.value.detail
    assert "worker.log" in failed.value.detail


def test_a_service_that_ended_leaves_its_folder_and_port_to_the_next(
    tmp_path: Path, free_port: int
):
    chosen = settings.load(data_dir=tmp_path, port=free_port)
    children = [standins.child(tmp_path, standins.OBEDIENT)]
    for _ in range(2):
        with local_service.running(chosen, tell=print, children=children) as here:
            with pytest.raises(ConfigurationError, match="already running"), _another(chosen):
                pass
            assert here.data_dir == tmp_path


def _another(chosen: settings.Settings) -> contextlib.AbstractContextManager[local_service.Service]:
    return local_service.running(chosen, tell=print, children=[])


def test_each_library_has_a_demo_folder_of_its_own(tmp_path: Path):
    first, second = demo.data_dir(tmp_path / "a"), demo.data_dir(tmp_path / "b")
    assert first != second
    assert first == demo.data_dir(tmp_path / "b" / ".." / "a")
    assert first.parent == default_data_dir()
    assert first.name.startswith("demo-")


def test_the_demo_brings_music_and_photos_of_its_own():
    assert len(list(demo.library(None).glob("*.ogg"))) == 12
    assert [photo.suffix for photo in demo.photos([])] == [".jpg"] * 4


def test_a_demo_of_what_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="there is no folder"):
        demo.library(tmp_path / "nothing")
    with pytest.raises(ConfigurationError, match="there is no photo"):
        demo.photos([tmp_path / "nothing.jpg"])
