"""No pickle anywhere: to read one is to run a program."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from sightsong.adapters.doorbell.app import make_app
from tests.architecture.test_shape import ROOT, SOURCES

#: Modules that read or write pickles, or what is no safer.
UNSAFE = frozenset(
    ("pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve")
)
#: The names of an error and of nothing else may come from there.
HARMLESS = frozenset(("UnpicklingError", "PicklingError"))
#: Calls that read pickles unless they are told not to, and what tells them.
TELLING = {"torch.load": ("weights_only", True), "np.load": ("allow_pickle", False)}
_WAYS = ("yaml.load", "yaml.unsafe_load", "pd.read_pickle", "torch.jit.load")


def used(tree: ast.AST) -> Iterator[str]:
    """Name what of a module reads pickles."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name.partition(".")[0] in UNSAFE)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in UNSAFE:
            yield from (one.name for one in node.names if one.name not in HARMLESS)
        elif isinstance(node, ast.Call):
            yield from _called(node)


def _called(call: ast.Call) -> Iterator[str]:
    name = ast.unparse(call.func)
    said = {one.arg: getattr(one.value, "value", None) for one in call.keywords}
    if name in _WAYS or said.get("allow_pickle"):
        yield name
    if name in TELLING:
        option, safe = TELLING[name]
        # numpy reads none unless it is told to; torch's default has changed before.
        if said.get(option, safe if name == "np.load" else None) is not safe:
            yield f"{name} without {option}={safe}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_reads_or_writes_a_pickle(path):
    assert list(used(ast.parse(path.read_text("utf-8")))) == []


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from pickle import loads",
        "import joblib.numpy_pickle",
        "np.load(file, allow_pickle=True)",
        "torch.load(file)",
        "torch.load(file, weights_only=False)",
    ],
)
def test_a_module_that_did_would_be_found(code):
    assert list(used(ast.parse(code)))


def test_the_worker_never_unpickles_what_a_decoder_sends():
    tree = ast.parse((ROOT / "workers" / "media" / "process.py").read_text("utf-8"))
    calls = {ast.unparse(one.func) for one in ast.walk(tree) if isinstance(one, ast.Call)}
    assert "self._link.recv_bytes" in calls
    assert "self._link.recv" not in calls


def test_messages_are_json_on_both_ends(tmp_path: Path):
    for url in (f"folder://{tmp_path}", "redis://127.0.0.1:1/0"):
        conf = make_app(url, tmp_path).conf
        assert (conf.task_serializer, conf.accept_content) == ("json", ["json"])
