"""A Milvus server as snapshots use it: its client, its errors, and what a collection holds.

A snapshot is one collection, named after its space and its version, which nothing is written to
once it is built. All that is done here works on a server and on milvus-lite alike.
"""

import hashlib
import importlib
import logging
import math
import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
import structlog

from sightsong.core.affect import Affect
from sightsong.core.embeddings import Space
from sightsong.core.errors import ConfigurationError, IndexUnavailable, SnapshotRefused
from sightsong.core.facts import Facts
from sightsong.core.snapshots import IndexedTrack, Snapshot
from sightsong.core.tracks import TrackId

log = structlog.get_logger()

BACKEND = "milvus"
#: Of the manifest; readers refuse any other.
FORMAT = 2
#: Seconds that a server has for each kind of question.
CONNECT_S, SEARCH_S, ADMIN_S = 5.0, 5.0, 30.0
#: Seconds to index a collection, or to load it: some minutes for each ten million tracks.
LOAD_S = 3600.0
#: All fields of a track but for its vector, as searches ask for them.
FACTS = ("terms", "artist", "recording", "valence", "arousal", "duration", "tempo", "explicit")
#: Bytes of a term: `terms.MAX_LENGTH` characters of UTF-8, and some to spare.
_TERM_BYTES = 400
_ID_BYTES = 64
#: Most elements that Milvus allows in an array; further terms of a track are left out.
_MOST_TERMS = 4096
#: The client asks every ten seconds whether the server is there, also where nobody asks for
#: anything. Servers that take this for a flood hang up (milvus-lite: within two minutes), and the
#: next question fails. Each question has a deadline of its own: idle connections are left alone.
_CHANNEL = {"grpc.keepalive_permit_without_calls": False}
_SCHEMES = ("http://", "https://", "tcp://", "unix:")
#: What Milvus answers where a collection is not in memory.
_NOT_LOADED = 101


class NotLoaded(IndexUnavailable):
    """The collection is there, and not in the server's memory."""


class Server:
    """A client of one server, connected when it is first asked. Safe to use from many threads."""

    def __init__(self, url: str) -> None:
        """Take the address; nothing is connected yet.

        Args:
            url: such as `http://milvus:19530`, with user, password and database if there are any;
                or the path of a file that ends in `.db`, which milvus-lite serves to this process
                alone.

        Raises:
            ConfigurationError: it is no address, or the client is not installed.
        """
        if not url.startswith(_SCHEMES) and not url.endswith(".db"):
            raise ConfigurationError(
                "SIGHTSONG_MILVUS_URL must be an address such as http://milvus:19530"
            )
        self.pymilvus, self._errors = _client_library()
        self._url = url
        self._lock = threading.Lock()
        self._client: Any = None
        self._told: str | None = None  # what was logged since it last answered

    def ask(self, method: str, *args: object, within_s: float, **options: object) -> Any:  # noqa: ANN401 - as the client answers
        """Call a method of the client.

        Raises:
            NotLoaded: it needs a collection that is not in memory.
            IndexUnavailable: the server does not answer in time, or refuses.
        """
        try:
            answer = getattr(self._connected(), method)(*args, timeout=within_s, **options)
        except self._errors as error:
            code = getattr(error, "code", None)
            self._tell(method, str(error)[:300])
            failure = NotLoaded if code == _NOT_LOADED else IndexUnavailable
            raise failure("the Milvus server does not answer as it should") from error
        self._told = None
        return answer

    def _tell(self, method: str, reason: str) -> None:
        """Log a refusal, once as long as it goes on: a server that is away is asked for hours."""
        if reason != self._told:
            self._told = reason
            log.warning("milvus.refused", method=method, reason=reason)

    def is_there(self, collection: str) -> bool:
        """Whether there is such a collection.

        Raises:
            IndexUnavailable: the server does not answer.
        """
        return bool(self.ask("has_collection", collection, within_s=ADMIN_S))

    def load(self, collection: str) -> None:
        """Have a collection in memory; one that is there already is fine.

        Raises:
            IndexUnavailable: the server does not answer, or has no room for it.
        """
        self.ask("load_collection", collection, within_s=LOAD_S)

    def count(self, collection: str) -> int:
        """Count what a collection in memory holds.

        Raises:
            IndexUnavailable: the server does not answer.
        """
        counted = self.ask(
            "query", collection, filter="", output_fields=["count(*)"], within_s=ADMIN_S
        )
        return int(counted[0]["count(*)"])

    def close(self) -> None:
        """Hang up; the next question connects again."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _connected(self) -> Any:  # noqa: ANN401 - the client is not typed
        with self._lock:
            if self._client is None:
                self._client = self.pymilvus.MilvusClient(
                    self._url, timeout=CONNECT_S, grpc_options=dict(_CHANNEL)
                )
            return self._client


def home_of(space: Space) -> str:
    """Name what all collections of a space begin with; Milvus takes letters, digits and `_`."""
    return f"sightsong_{hashlib.sha256(space.encode()).hexdigest()[:12]}_"


def collection_of(space: Space, version: str) -> str:
    """Name the collection of a snapshot."""
    return home_of(space) + version.replace("-", "_")


def version_of(collection: str, space: Space) -> str:
    """Tell which snapshot a collection of a space is of."""
    return collection.removeprefix(home_of(space)).replace("_", "-")


def check(server: Server, snapshot: Snapshot) -> None:
    """Have a snapshot's collection in memory, and compare it with the manifest.

    Raises:
        SnapshotRefused: it is gone, is not what the manifest says, or lies elsewhere.
        IndexUnavailable: the server does not answer.
    """
    manifest, name = snapshot.manifest, collection_of(snapshot.space, snapshot.version)
    where = f"snapshot {snapshot.version}"
    if (manifest.get("backend"), manifest.get("format")) != (BACKEND, FORMAT):
        raise SnapshotRefused(f"{where}: it does not lie on Milvus, or another release made it")
    if manifest.get("space") != snapshot.space or snapshot.path != name:
        raise SnapshotRefused(f"{where}: it is of another space")
    if not server.is_there(name):
        raise SnapshotRefused(f"{where}: its collection is gone")
    server.load(name)
    if server.count(name) != manifest["tracks"]:
        raise SnapshotRefused(f"{where}: its collection is not whole")


def add_fields(schema: Any, types: Any, *, dimension: int) -> None:  # noqa: ANN401 - the client is not typed
    """Add the fields of a track to a new schema.

    milvus-lite has no float16 vectors, so that float32 ones hold the values of float16.
    """
    schema.add_field("id", types.VARCHAR, is_primary=True, max_length=_ID_BYTES)
    schema.add_field("vector", types.FLOAT_VECTOR, dim=dimension)
    schema.add_field(
        "terms",
        types.ARRAY,
        element_type=types.VARCHAR,
        max_capacity=_MOST_TERMS,
        max_length=_TERM_BYTES,
    )
    schema.add_field("artist", types.VARCHAR, max_length=_TERM_BYTES)  # empty: none
    schema.add_field("recording", types.VARCHAR, max_length=_ID_BYTES)  # empty: none
    for name in ("valence", "arousal", "duration", "tempo"):
        schema.add_field(name, types.DOUBLE, nullable=True)
    # 1 explicit, 0 not, -1 unknown: of a null, neither a condition nor its contrary is true.
    schema.add_field("explicit", types.INT8)


def row_of(track: IndexedTrack) -> dict[str, Any]:
    """Make the row of a track. Its windows stay in the database, where few are ever asked for."""
    entry = track.entry
    facts = entry.facts
    return {
        "id": entry.track_id,
        "vector": entry.vector.astype(np.float32),
        "terms": list(facts.terms[:_MOST_TERMS]),
        "artist": facts.artist or "",
        "recording": facts.recording_id or "",
        "valence": rounded(facts.affect.valence if facts.affect else None),
        "arousal": rounded(facts.affect.arousal if facts.affect else None),
        "duration": rounded(facts.duration_s),
        "tempo": rounded(facts.tempo_bpm),
        "explicit": -1 if facts.explicit is None else int(facts.explicit),
    }


def rounded(number: float | None) -> float | None:
    """Round a number as all snapshots keep it, in float32; what is none stays unknown."""
    if number is None or math.isnan(number):
        return None
    with np.errstate(over="ignore"):  # a limit beyond float32 is as good as none
        return float(np.float32(number))


def facts_of_row(row: Mapping[str, Any]) -> Facts:
    """Read back what is known of a track."""
    is_felt = row["valence"] is not None and row["arousal"] is not None
    return Facts(
        terms=tuple(row["terms"] or ()),
        artist=row["artist"] or None,
        recording_id=TrackId(row["recording"]) if row["recording"] else None,
        affect=Affect(valence=row["valence"], arousal=row["arousal"]) if is_felt else None,
        duration_s=row["duration"],
        tempo_bpm=row["tempo"],
        explicit=None if row["explicit"] < 0 else bool(row["explicit"]),
    )


def _client_library() -> tuple[Any, tuple[type[Exception], ...]]:
    """Load the client, which takes two seconds, and tell what it raises."""
    try:
        pymilvus, grpc = importlib.import_module("pymilvus"), importlib.import_module("grpc")
    except ImportError as error:
        raise ConfigurationError(
            f"{error.name} is not installed; run pip install 'sightsong[milvus]'"
        ) from error
    # They write a traceback of each refusal to their logs, besides raising it.
    for name in ("pymilvus", "milvus_lite"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return pymilvus, (pymilvus.MilvusException, grpc.RpcError, grpc.FutureTimeoutError)
