"""What a snapshot folder holds, and how one tells that it is whole.

<library>/<space>/<version>/
    vectors.faiss   the index over track vectors; row i is the i-th id
    ids.json        track ids, in the order of the rows
    windows.npy     float16, (n windows, d): all window vectors, track after track
    starts.npy      float32, (n windows,): where each window begins, in seconds
    offsets.npy     int64, (n tracks + 1,): windows of row i are offsets[i]:offsets[i + 1]
    manifest.json   counts, dimension, space, index factory, recall, SHA-256 of every file
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sightsong.adapters import disk
from sightsong.core import errors
from sightsong.core.embeddings import Space

VECTORS = "vectors.faiss"
IDS = "ids.json"
WINDOWS = "windows.npy"
STARTS = "starts.npy"
OFFSETS = "offsets.npy"
MANIFEST = "manifest.json"
FILES = (VECTORS, IDS, WINDOWS, STARTS, OFFSETS)


def space_folder(space: Space) -> str:
    """Name the folder of a space: its id with everything unusual replaced."""
    return re.sub(r"[^A-Za-z0-9._@-]+", "_", space)


def check(folder: Path) -> Mapping[str, Any]:
    """Read the manifest of a snapshot and compare every file with it.

    FAISS loads a file with a flipped bit without a word, so that the digests are the only witness.

    Raises:
        SnapshotRefused: a file is missing or altered, or the manifest cannot be read.
    """
    manifest = _manifest(folder)
    for name in FILES:
        path, expected = folder / name, manifest["sha256"].get(name)
        if not path.is_file():
            raise errors.SnapshotRefused(f"snapshot {folder.name}: {name} is missing")
        if disk.sha256_of(path) != expected:
            raise errors.SnapshotRefused(f"snapshot {folder.name}: {name} was altered")
    return manifest


def _manifest(folder: Path) -> Mapping[str, Any]:
    try:
        manifest: Mapping[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise errors.SnapshotRefused(f"snapshot {folder.name}: no readable manifest") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("sha256"), dict):
        raise errors.SnapshotRefused(f"snapshot {folder.name}: the manifest has no digests")
    return manifest
