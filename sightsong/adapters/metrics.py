"""Metrics of a worker: all of them, each with its unit and what it means, for Prometheus to read.

A metric is a port to the rest: the pipeline is given a function, and knows no library.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from sightsong.core import jobs
from sightsong.core.errors import ConfigurationError

#: From a lite stage of a millisecond to a batch of captions on a slow machine.
_STAGE_BUCKETS_S = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
#: A photo takes milliseconds, an hour of music seconds.
_DECODE_BUCKETS_S = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
_BATCH_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """What one process counts and measures."""

    def __init__(self, profile: str) -> None:
        self.registry = CollectorRegistry()
        for collector in (GCCollector, PlatformCollector, ProcessCollector):
            collector(registry=self.registry)
        self._profile = profile
        self._stages = Histogram(
            "sightsong_stage_seconds",
            "Seconds that a stage of a photo batch took, the whole batch together.",
            ["profile", "stage"],
            buckets=_STAGE_BUCKETS_S,
            registry=self.registry,
        )
        self._batches = Histogram(
            "sightsong_batch_jobs",
            "Jobs in a batch, as it was run.",
            ["kind"],
            buckets=_BATCH_BUCKETS,
            registry=self.registry,
        )
        self._attempts = Counter(
            "sightsong_job_attempts_total",
            "Attempts of jobs that ended here, by how: succeeded, failed, retry, release.",
            ["kind", "outcome"],
            registry=self.registry,
        )
        self._decoding = Histogram(
            "sightsong_decode_seconds",
            "Seconds that decoding one file took: a photo or a track.",
            ["what"],
            buckets=_DECODE_BUCKETS_S,
            registry=self.registry,
        )
        self._loading = Gauge(
            "sightsong_model_load_seconds",
            "Seconds that this process took to load and warm its models.",
            ["profile"],
            registry=self.registry,
        )
        self._broker = Gauge(
            "sightsong_broker_up",
            "1 while this process's rings get through to the broker, else 0.",
            registry=self.registry,
        )

    def follow_broker(self, error: Callable[[], str | None]) -> None:
        """Tell whether the broker answers; `error` says why the last ring failed, if it did."""
        self._broker.set_function(lambda: error() is None)

    def stage(self, name: str, seconds: float) -> None:
        """Note how long a stage of a batch took."""
        self._stages.labels(self._profile, name).observe(seconds)

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Note how long the block took to load the models."""
        began = time.perf_counter()
        yield
        self._loading.labels(self._profile).set(time.perf_counter() - began)

    def decoded(self, what: str, seconds: float) -> None:
        """Note how long one file took to decode, also where it was refused."""
        self._decoding.labels(what).observe(seconds)

    def batch(self, completions: Sequence[jobs.Completion]) -> None:
        """Count a batch and what became of its jobs, also of those that could not be decoded."""
        kind = completions[0].job.kind.value
        self._batches.labels(kind).observe(len(completions))
        for completion in completions:
            outcome = type(completion.outcome).__name__.lower()
            self._attempts.labels(kind, outcome).inc()


def serve(metrics: Metrics, *, host: str, port: int) -> Callable[[], None]:
    """Tell the metrics over HTTP at `/metrics`; return what ends that.

    Raises:
        ConfigurationError: the address cannot be used.
    """
    try:
        server, thread = start_http_server(port, host, metrics.registry)
    except OSError as error:
        raise ConfigurationError(
            f"SIGHTSONG_METRICS_PORT: {host}:{port} cannot be used ({error.strerror})"
        ) from error

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop
