"""What a confined process cannot do: each is tried for real, in a process of its own."""

import json
import os
import subprocess
import sys

import pytest

from sightsong.adapters.confinement import NOTHING

#: Each begins with this; what it prints is what it found.
CONFINED = "from sightsong.adapters.confinement import bound, confine; held = confine()\n"
SECRET = {"SIGHTSONG_DATABASE_URL": "postgresql://app:hunter2@db/app", "AWS_SECRET_KEY": "hunter2"}


def run(code: str, *more: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", CONFINED + code, *more],
        env={**os.environ, **SECRET},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def held() -> dict[str, bool]:
    """What holds on this machine; where it does not, trying it says nothing."""
    return json.loads(run("import json; print(json.dumps(held.told()))"))


def tried(code: str, *more: str) -> str:
    """Try something; `done`, or the name of the error that it ended with."""
    lines = "".join(f"    {line}\n" for line in code.splitlines())
    attempt = f"try:\n{lines}except OSError as error:\n    print(type(error).__name__)\n"
    return run(attempt + "else:\n    print('done')\n", *more)


def test_all_of_it_holds_where_the_tests_of_this_project_are_run(held):
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux takes anything away")
    assert set(held) == set(NOTHING.told())
    if not all(held.values()):
        pytest.skip(f"this system holds only some of it: {held}")


def test_no_other_machine_is_reached_and_not_this_one_either(held):
    if not held["network"]:
        pytest.skip("no namespaces of one's own on this system")
    for kind in ("STREAM", "DGRAM"):
        for address in ("127.0.0.1", "192.0.2.1"):
            code = (
                "import socket\n"
                f"one = socket.socket(socket.AF_INET, socket.SOCK_{kind})\n"
                f"one.settimeout(5)\none.connect(('{address}', 9))"
            )
            # Not a refusal, for which somebody would have to be there to refuse.
            assert tried(code) in ("PermissionError", "OSError"), (kind, address)


def test_no_file_is_written_made_or_removed(held, tmp_path):
    if not held["files"]:
        pytest.skip("no Landlock on this system")
    there = tmp_path / "there"
    there.write_text("as it was")
    for code in (
        "import sys; open(sys.argv[1], 'a')",
        "import sys; open(sys.argv[1] + '-new', 'w')",
        "import os, sys; os.truncate(sys.argv[1], 0)",
        "import os, sys; os.remove(sys.argv[1])",
        "import os, sys; os.rename(sys.argv[1], sys.argv[1] + '-new')",
    ):
        assert tried(code, str(there)) == "PermissionError", code
    assert there.read_text() == "as it was"
    assert list(tmp_path.iterdir()) == [there]


def test_files_are_read_and_those_that_are_open_are_written(tmp_path):
    (tmp_path / "there").write_text("sound")
    code = "import sys; print(open(sys.argv[1]).read())"
    assert run(code, str(tmp_path / "there")) == "sound"


def test_no_program_is_run(held):
    if not held["files"]:
        pytest.skip("no Landlock on this system")
    assert tried("import os; os.execv('/bin/true', ['true'])") == "PermissionError"


def test_no_other_process_is_seen_into_or_signalled(held):
    if not held["processes"]:
        pytest.skip("no Landlock on this system")
    parent = str(os.getpid())
    look = "import sys; open(f'/proc/{sys.argv[1]}/environ', 'rb').read(1)"
    assert tried(look, parent) == "PermissionError"
    assert tried("import os, sys; os.kill(int(sys.argv[1]), 0)", parent) == "PermissionError"


def test_no_secret_of_the_environment_is_left_where_a_file_might_have_it_read():
    said = run(
        "import os; print(sorted(os.environ)); print(open('/proc/self/environ', 'rb').read())"
    )
    assert "PATH" in said
    assert "hunter2" not in said


def test_memory_files_and_descriptors_are_bounded(tmp_path):
    code = (
        "import os, resource\n"
        "bound(room_bytes=50_000_000, file_bytes=1000)\n"
        "try:\n    b'x' * 500_000_000\n"
        "except MemoryError:\n    print('memory')\n"
        "file = os.memfd_create('x')\n"
        "try:\n    print(os.write(file, b'x' * 5000), os.write(file, b'x'))\n"
        "except OSError:\n    print('size')\n"
        "try:\n    [os.dup(0) for _ in range(100)]\n"
        "except OSError:\n    print('open')\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE))\n"
    )
    if not sys.platform.startswith("linux"):
        pytest.skip("the memory of a process is bounded on Linux only")
    assert run(code).split("\n") == ["memory", "size", "open", "(0, 0)"]
