"""Files that were damaged anywhere end in samples or in a refusal of ours, never in a crash."""

import contextlib
import random
from pathlib import Path

import numpy as np
import pytest

from tests.unit.training.data import sets
from training.data import checking, forms
from training.errors import DataRefused

PUT_IN = (b"\0", b"\n", b'"', b",", b"\t", b"-", b"nan", b"1e999", b"\xff", b"../")
DAMAGED = 40


def damaged(content: bytes, rng: random.Random) -> bytes:
    at, kind = rng.randrange(len(content)), rng.randrange(4)
    if kind == 0:
        return content[:at]
    if kind == 1:
        return content[:at] + content[at + rng.randint(1, 40) :]
    if kind == 2:
        return content[:at] + rng.choice(PUT_IN) + content[at:]
    return content[:at] + bytes([rng.randrange(256)]) + content[at + 1 :]


def packed(folder: Path) -> Path:
    path = sets.ferplus_npz(folder) / "ferplus_train.npz"
    with np.load(path) as held:
        arrays = dict(held)
    np.savez_compressed(path, **arrays)
    return folder


@pytest.mark.parametrize(
    "made",
    [
        *(sets.emotion6, sets.ferplus_npz, packed, sets.ferplus_tables, sets.fer2013),
        *(sets.folders, sets.oasis, sets.table),
    ],
    ids=lambda made: made.__name__,
)
def test_damage_is_read_or_refused(tmp_path, made):
    rng = random.Random(made.__name__)  # noqa: S311 -- the same damage each time
    path = made(tmp_path)
    form = forms.recognise(path)
    files = sorted(each for each in tmp_path.rglob("*") if each.is_file())
    for _ in range(DAMAGED):
        file = rng.choice(files)
        whole = file.read_bytes()
        file.write_bytes(damaged(whole, rng))
        with contextlib.suppress(DataRefused):
            findings = checking.check(path, form)
            assert findings.to_json()
            assert bool(findings.problems) or forms.open_data(path, form).names
        file.write_bytes(whole)
    assert forms.open_data(path, form).names


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY\x01\x00", b"PK\x05\x06" + bytes(18)])
def test_files_that_numpy_knows_and_we_do_not_are_refused(tmp_path, content):
    (tmp_path / "ferplus_train.npz").write_bytes(content)
    with pytest.raises(DataRefused, match="can be read from it"):
        forms.open_data(tmp_path)
