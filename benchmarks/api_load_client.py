"""The other processes of `benchmarks.api_load`: who asks, who waits, and the bare server.

Requests are written as bytes to sockets that stay open: a client library would take more of the
machine than the service that is measured.
"""

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from starlette.requests import Request

_HOST = "127.0.0.1"
_FINAL = ("succeeded", "failed", "canceled")
#: Waiting requests that are begun at once: a server takes connections in one after the other.
_AT_ONCE = 50


def main() -> None:
    """Be what the command line says."""
    asked = _arguments()
    if asked.part == "bare":
        _serve(asked.port)
    elif asked.part == "hit":
        print(json.dumps(asyncio.run(_hit(asked))))
    else:
        asyncio.run(_wait(asked, json.loads(sys.stdin.readline())))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parts = parser.add_subparsers(dest="part", required=True)
    bare, hit, wait = (parts.add_parser(name) for name in ("bare", "hit", "wait"))
    for part in (bare, hit, wait):
        part.add_argument("port", type=int)
    for part in (hit, wait):
        part.add_argument("--key", default=None)
    hit.add_argument("path")
    hit.add_argument("--seconds", type=float, default=10)
    hit.add_argument("--connections", type=int, default=16)
    hit.add_argument("--photo", type=Path, default=None)
    wait.add_argument("--pollers", type=int, default=500)
    return parser.parse_args()


def _serve(port: int) -> None:
    """Serve one route of the same framework that reads the body, and says how long it was."""
    app = FastAPI()

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/read", status_code=202)
    async def read(request: Request) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    uvicorn.run(app, host=_HOST, port=port, log_config=None, access_log=False, http="h11")


def _request(
    method: str, path: str, *, key: str | None, body: bytes = b"", more: str = ""
) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    if key is not None:
        lines.append(f"Authorization: Bearer {key}")
    if body:
        lines += ["Content-Type: image/jpeg", f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + f"\r\n{more}\r\n").encode() + body


async def _hit(asked: argparse.Namespace) -> dict[str, float]:
    """Ask one address by several connections, each again when it is answered."""
    body = b"" if asked.photo is None else asked.photo.read_bytes()
    request = _request("POST" if body else "GET", asked.path, key=asked.key, body=body)
    took_s: list[float] = []
    failed: list[int] = []
    began = time.perf_counter()

    async def go() -> None:
        reader, writer = await asyncio.open_connection(_HOST, asked.port)
        while time.perf_counter() - began < asked.seconds:
            at = time.perf_counter()
            writer.write(request)
            status, _ = await _answer(reader)
            took_s.append(time.perf_counter() - at)
            if not 200 <= status < 300:
                failed.append(status)
        writer.close()

    await asyncio.gather(*(go() for _ in range(asked.connections)))
    whole_s = time.perf_counter() - began
    took_s.sort()
    return {
        "per_s": (len(took_s) - len(failed)) / whole_s,
        "p50_ms": 1000 * took_s[len(took_s) // 2],
        "p99_ms": 1000 * took_s[int(0.99 * len(took_s))],
        "failed": len(failed),
    }


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Read one answer whose length is said."""
    head = await reader.readuntil(b"\r\n\r\n")
    status, length = int(head[9:12]), 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line[15:])
    return status, await reader.readexactly(length)


async def _wait(asked: argparse.Namespace, ids: list[str]) -> None:
    """Wait for jobs: some by long polls, the others by events. Tells when each was seen to end."""
    gate, ready = asyncio.Semaphore(_AT_ONCE), asyncio.Semaphore(0)

    async def begin(number: int, job_id: str) -> tuple[str, float]:
        async with gate:
            reader, writer = await asyncio.open_connection(_HOST, asked.port)
            wait = _poll if number < asked.pollers else _follow
            ended = asyncio.ensure_future(wait(reader, writer, job_id, asked.key))
            await asyncio.sleep(0.02)
        ready.release()
        await ended
        writer.close()
        return job_id, time.time()

    waiting = [asyncio.ensure_future(begin(*one)) for one in enumerate(ids)]
    for _ in ids:
        await ready.acquire()
    await asyncio.sleep(1)
    print("waiting", flush=True)
    print(json.dumps(dict(await asyncio.gather(*waiting))), flush=True)


async def _poll(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, job_id: str, key: str | None
) -> None:
    """Ask for a change of a job until it has ended."""
    more = ""
    while True:
        writer.write(_request("GET", f"/v1/jobs/{job_id}?wait=25", key=key, more=more))
        status, body = await _answer(reader)
        job = json.loads(body) if status == 200 else {"state": "queued", "state_version": 1}
        if job["state"] in _FINAL:
            return
        more = f'If-None-Match: "{job["state_version"]}"\r\n'


async def _follow(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, job_id: str, key: str | None
) -> None:
    """Read the events of a job until one tells that it has ended."""
    writer.write(_request("GET", f"/v1/jobs/{job_id}/events", key=key))
    await reader.readuntil(b"\r\n\r\n")
    while line := await reader.readline():
        if any(f'"state":"{state}"'.encode() in line for state in _FINAL):
            return


if __name__ == "__main__":
    main()
