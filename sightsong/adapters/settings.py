"""All settings in one place, read once at the start of a process, passed down as plain values.

Each is an environment variable with the prefix `SIGHTSONG_` (or a line of `.env`), described
in `docs/operations.md`; a test checks that none is missing.
"""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from sightsong.core.errors import ConfigurationError

MIB = 1024 * 1024


def default_data_dir() -> Path:
    """Where the embedded service keeps everything unless told otherwise (XDG's data folder)."""
    return Path.home() / ".local" / "share" / "sightsong"


class Settings(BaseSettings):
    """The settings of one process."""

    model_config = SettingsConfigDict(
        env_prefix="SIGHTSONG_",
        env_file=".env",
        env_ignore_empty=True,  # `NAME=` in a compose file means: not set
        extra="ignore",
    )

    data_dir: Path = Field(default_factory=default_data_dir)
    #: SQLAlchemy URL; empty: SQLite in the data folder.
    database_url: str = ""
    #: Celery broker URL; empty: messages as files in the data folder.
    broker_url: str = ""
    profile: Literal["lite", "full"] = "lite"

    #: Folder of the full profile's weights; empty: `models` beside the default data folder.
    models_dir: Path | None = None
    #: What the full profile runs on; a device that is named and not there is an error.
    device: str = Field(default="auto", pattern=r"^(auto|cpu|cuda(:\d+)?)$")
    #: Arithmetic of the full profile; auto: bf16 where the device is fast at it.
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    #: Threads of a model on the CPU; 0: one for each core.
    model_threads: int = Field(default=0, ge=0, le=256)
    #: The text and audio model of the full profile.
    clap: Literal["laion/larger_clap_music", "laion/clap-htsat-unfused"] = "laion/larger_clap_music"
    #: Folder of an emotion classifier of your own (made by `training/`); empty: the profile's own.
    emotion_checkpoint: Path | None = None
    #: What runs it; auto: torch in the full profile where it knows the network, else onnxruntime.
    emotion_runtime: Literal["auto", "torch", "onnx"] = "auto"
    #: Processes that decode photos ahead of the models (one more decodes tracks); 0: none.
    decode_workers: int = Field(default=1, ge=0, le=64)
    #: Processes that decode and hear tracks; 0: one for each core, 8 at most.
    track_workers: int = Field(default=0, ge=0, le=64)

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    #: Host names that requests may ask for; empty: this machine's own on loopback, else any.
    allowed_hosts: list[str] = Field(default_factory=list)
    #: Whether requests need a key; auto: unless the API listens on loopback.
    auth: Literal["auto", "keys", "off"] = "auto"
    #: Origins of web pages that may call the API (CORS); none: no page but our own.
    cors_origins: list[str] = Field(default_factory=list)
    #: Requests that one key may make in a minute, unless the key says otherwise.
    key_requests_per_min: int = Field(default=6000, ge=1)
    #: Receivers of webhooks, each `host:port`, that may be private and speak plain http.
    webhook_private: list[str] = Field(default_factory=list)
    #: Answers are given again to the same question for so long; 0: never.
    answer_cache_s: float = Field(default=24 * 3600, ge=0)
    #: Folder that ingests must lie in; empty: any folder (allowed on loopback only).
    library_root: Path | None = None
    #: Addresses in object stores that ingests may read, with all below them; none: no such store.
    object_stores: list[str] = Field(default_factory=list)
    #: Whether the rows of manifests may name https addresses.
    fetch_urls: bool = False
    #: Most bytes of one file that is fetched.
    fetch_max_bytes: int = Field(default=1024 * MIB, gt=0)
    #: Watched folders are looked through this often, besides what the system tells of changes.
    watch_every_s: float = Field(default=900, gt=0)

    #: Where index snapshots lie: files in the data folder, or a Milvus server.
    index_backend: Literal["faiss", "milvus"] = "faiss"
    #: How the index narrows a search down; auto: exact while that is fast, then inverted lists.
    index_kind: Literal["auto", "exact", "ivf", "ivf-sq8", "hnsw"] = "auto"
    #: Retired snapshots that are kept for a roll back.
    index_kept: int = Field(default=3, ge=0, le=100)
    #: Threads that build the index; 0: one for each core.
    index_threads: int = Field(default=0, ge=0, le=256)
    #: A rebuild is asked for when so many tracks are new or changed since the snapshot.
    index_delta: int = Field(default=10_000, ge=1)
    #: Address of the Milvus server. No path of milvus-lite: that serves one process only.
    milvus_url: str = ""

    #: Port on which a worker tells its metrics; 0: nowhere.
    metrics_port: int = Field(default=0, ge=0, le=65535)
    #: Address of that port; metrics need no key, so it is this machine's own unless changed.
    metrics_host: str = "127.0.0.1"

    max_image_bytes: int = Field(default=20 * MIB, gt=0)
    max_image_pixels: int = Field(default=40_000_000, gt=0)
    max_audio_s: float = Field(default=12 * 3600, gt=0)
    upload_timeout_s: float = Field(default=30, gt=0)
    #: Most bytes of one upload of music, all its files together.
    max_music_bytes: int = Field(default=2048 * MIB, gt=0)
    #: Most files that are taken from one archive, and most bytes that they unpack to.
    archive_max_members: int = Field(default=1000, gt=0)
    archive_max_bytes: int = Field(default=4096 * MIB, gt=0)
    #: Waiting photos above which a submit is refused (503).
    queue_limit: int = Field(default=10_000, gt=0)
    #: Images are kept for so long after their job has ended, unless a submit says otherwise.
    image_keep_s: float = Field(default=24 * 3600, ge=0)
    #: Jobs are kept for so long after they have ended, with their results.
    job_keep_s: float = Field(default=30 * 24 * 3600, gt=0)
    #: Free disk that is never used up.
    disk_reserve_bytes: int = Field(default=1024 * MIB, ge=0)

    photo_batch: int = Field(default=8, ge=1, le=256)
    track_batch: int = Field(default=8, ge=1, le=64)
    lease_s: float = Field(default=30, gt=0)
    heartbeat_s: float = Field(default=10, gt=0)
    #: How often a worker looks for work by itself, rung or not.
    poll_s: float = Field(default=1, gt=0)
    maintenance_s: float = Field(default=0.5, gt=0)
    #: A job that waited this long without a ring is rung for again.
    ring_after_s: float = Field(default=2, gt=0)
    #: How long a process that was told to stop may finish its batch.
    grace_s: float = Field(default=20, ge=0)
    #: A batch that runs longer is stuck: its process ends itself, and its jobs run elsewhere.
    batch_limit_s: float = Field(default=900, gt=0)
    #: Set by the supervisor: end when standard input closes.
    lifeline: bool = False

    @model_validator(mode="after")
    def _lease_outlives_heartbeats(self) -> Self:
        if self.heartbeat_s * 2 > self.lease_s:
            raise ValueError("SIGHTSONG_LEASE_S must be at least twice SIGHTSONG_HEARTBEAT_S")
        return self

    @model_validator(mode="after")
    def _milvus_has_an_address(self) -> Self:
        is_address = self.milvus_url.startswith(("http://", "https://", "tcp://", "unix:"))
        if self.index_backend == "milvus" and not is_address:
            raise ValueError(
                "SIGHTSONG_MILVUS_URL must be the address of a server, such as http://milvus:19530 "
                "(of milvus-lite: that of `milvus-lite server`, since a file serves one process "
                "only)"
            )
        return self

    @property
    def database(self) -> str:
        """The database URL, with the embedded default filled in."""
        return self.database_url or f"sqlite:///{self.data_dir / 'sightsong.db'}"

    @property
    def broker(self) -> str:
        """The broker URL, with the embedded default filled in."""
        return self.broker_url or "folder://localhost"

    @property
    def models(self) -> Path:
        """The folder of weights, with the default filled in."""
        return self.models_dir or default_data_dir() / "models"

    @property
    def blobs_dir(self) -> Path:
        """Where uploads lie until they expire."""
        return self.data_dir / "blobs"

    @property
    def inbox_dir(self) -> Path:
        """Where uploaded music waits to be taken in."""
        return self.data_dir / "inbox"

    @property
    def shelf_dir(self) -> Path:
        """Where music lies that was uploaded, unpacked or fetched."""
        return self.data_dir / "music"

    @property
    def scratch_dir(self) -> Path:
        """Where files lie that are on their way."""
        return self.data_dir / "scratch"

    @property
    def doorbell_dir(self) -> Path:
        """Where the embedded doorbell keeps its messages."""
        return self.data_dir / "doorbell"

    @property
    def snapshots_dir(self) -> Path:
        """Where the index snapshots lie."""
        return self.data_dir / "library"


def load(**overrides: object) -> Settings:
    """Read the settings from the environment; `overrides` win.

    Raises:
        ConfigurationError: a value cannot work; names the variable.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        where = f"SIGHTSONG_{name}: " if name else ""
        raise ConfigurationError(f"{where}{first['msg']}") from error
