"""What must hold before a local service starts."""

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sightsong.adapters import settings, store, wiring
from sightsong.core.errors import ConfigurationError
from sightsong.core.ports import Stores
from sightsong.local import ground


def test_a_data_folder_is_made_with_a_place_for_logs(tmp_path: Path):
    ground.prepare_folder(tmp_path / "deep" / "data")
    assert [path.name for path in (tmp_path / "deep" / "data").iterdir()] == ["logs"]


def test_a_data_folder_that_cannot_be_is_one_clear_line(tmp_path: Path):
    (tmp_path / "file").touch()  # holds for root too, who may write anywhere else
    with pytest.raises(ConfigurationError, match="choose another with --data") as refused:
        ground.prepare_folder(tmp_path / "file" / "data")
    assert "\n" not in refused.value.detail


def test_a_second_service_on_the_same_folder_is_refused(tmp_path: Path):
    with (
        ground.locked(tmp_path),
        pytest.raises(ConfigurationError, match="already running"),
        ground.locked(tmp_path),
    ):
        pass


def test_a_folder_is_free_again_when_its_service_is_killed(tmp_path: Path):
    code = f"""
from collections.abc import Callable
from pathlib import Path
from sightsong.local import ground
with ground.locked(Path({str(tmp_path)!r})):
    print("locked", flush=True)
    input()
"""
    holder = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"locked\n"
        with pytest.raises(ConfigurationError), ground.locked(tmp_path):
            pass
        holder.kill()
    with ground.locked(tmp_path):
        assert (tmp_path / "up.lock").exists()


def test_a_taken_port_is_named_with_the_way_out():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"port {port} is taken; .* --port"):
            ground.check_port("127.0.0.1", port)


def test_a_host_that_is_not_this_machine_is_named():
    with pytest.raises(ConfigurationError, match=r"cannot listen on 192\.0\.2\.1 port 8000"):
        ground.check_port("192.0.2.1", 8000)


def test_a_free_port_is_fine_and_stays_free():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ground.check_port("127.0.0.1", port)
    ground.check_port("127.0.0.1", port)


def test_the_full_profile_without_weights_is_refused_and_never_replaced_silently(tmp_path: Path):
    full = settings.load(profile="full", models_dir=tmp_path)
    with pytest.raises(
        ConfigurationError, match=f"`sightsong models pull --models-dir {tmp_path}`"
    ):
        ground.check_profile(full)


def test_what_is_not_installed_is_named_before_the_weights(tmp_path: Path):
    code = f"""
import sys
for name in ("torch", "transformers"):
    sys.modules[name] = None  # as if it were not there
from sightsong.adapters import settings, store, wiring
from sightsong.adapters import settings, store, wiring
from sightsong.core.errors import ConfigurationError
from sightsong.core.ports import Stores
from sightsong.local import ground
try:
    ground.check_profile(settings.load(profile="full", models_dir={str(tmp_path)!r}))
except ConfigurationError as error:
    print(error.detail)
"""
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    ).stdout
    assert "needs torch, transformers" in told
    assert 0 < told.find("./run install full") < told.find("sightsong models pull")


def test_a_classifier_that_is_kept_as_onnx_needs_what_runs_it(tmp_path: Path):
    (tmp_path / "config.json").write_text('{"model_type": "small"}')
    (tmp_path / "model.onnx").touch()
    code = f"""
import sys
sys.modules["onnxruntime"] = None  # as if it were not there
from sightsong.adapters import settings
from sightsong.core.errors import ConfigurationError
from sightsong.local import ground
from workers import app
own = settings.load(data_dir={str(tmp_path)!r}, emotion_checkpoint={str(tmp_path)!r})
for start in (ground.check_profile, app.load_profile):
    try:
        start(own)
    except ConfigurationError as error:
        print(error.detail)
"""
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    ).stdout
    assert told.count("needs onnxruntime") == told.count("pip install onnxruntime`") == 2


def test_the_lite_profile_needs_nothing():
    ground.check_profile(settings.load(profile="lite"))


def test_a_new_data_folder_is_its_owner_s_alone(tmp_path: Path):
    folder = tmp_path / "deep" / "data"
    ground.prepare_folder(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert ground.exposure(folder) is None


@pytest.mark.parametrize(
    "opened",
    [
        wiring.open_stores,
        lambda chosen: store.open_stores(chosen.database, chosen.blobs_dir),
    ],
    ids=["a process", "its database"],
)
def test_whoever_makes_it_first_makes_it_private(
    tmp_path: Path, opened: Callable[[settings.Settings], Stores]
):
    chosen = settings.load(data_dir=tmp_path / "data", database_url="")
    opened(chosen).close()
    assert chosen.data_dir.stat().st_mode & 0o777 == 0o700


def test_one_that_others_can_read_says_how_to_close_it(tmp_path: Path):
    folder = tmp_path / "our data"
    folder.mkdir()
    folder.chmod(0o755)
    assert f"chmod 700 '{folder}'" in (ground.exposure(folder) or "")


def test_one_that_is_not_there_is_exposed_to_nobody(tmp_path: Path):
    assert ground.exposure(tmp_path / "none") is None
