"""What comes before an ingest: looking at its sources, and sending them if they are to be sent."""

from pathlib import Path

import typer

from sightsong.cli import filling, sending
from sightsong.cli.screen import Screen
from sightsong.client import Client, IngestView, is_address

#: Paths that a service takes in one request.
_MOST_SOURCES = 1000
_WEB = ("http://", "https://")


def check(sources: list[str], *, upload: bool, server_side: bool) -> None:
    """See that sources can be what they are said to be, before anything is asked.

    Raises:
        BadParameter: one cannot.
    """
    if "" in sources:
        raise typer.BadParameter("a path is empty; name a folder or file, or . for this folder")
    if any(source.lower().startswith(_WEB) for source in sources):
        raise typer.BadParameter(
            "a web address goes into a manifest (csv or jsonl, its column is `url`), for a service "
            "that runs with SIGHTSONG_FETCH_URLS=true; or fetch the file, and send it with --upload"
        )
    addresses = [source for source in sources if is_address(source)]
    if upload and addresses:
        raise typer.BadParameter("an address is read by the service; leave --upload out")
    if upload and server_side:
        raise typer.BadParameter("what is sent has no folder to look at again; leave --upload out")
    if addresses and len(sources) > 1:
        raise typer.BadParameter("an address in an object store is taken in by itself")
    for source in sources:
        if not is_address(source) and not Path(source).exists():
            raise typer.BadParameter(f"there is no file or folder {source}")


def portions(sources: list[str]) -> list[list[str]]:
    """As many sources at a time as a service takes: a shell may make thousands of a `*.mp3`."""
    return [sources[i : i + _MOST_SOURCES] for i in range(0, len(sources), _MOST_SOURCES)]


def send(
    client: Client,
    screen: Screen,
    sources: list[str],
    *,
    dry_run: bool,
    restore: bool,
    library: str | None,
) -> list[IngestView]:
    """Send files to the service, in as many loads as they need; an ingest for each.

    Raises:
        BadParameter: a file cannot be read, or there is none.
    """
    begun = []
    try:
        for load in sending.loads([Path(source) for source in sources]):
            what = f"{len(load)} file{'s' if len(load) > 1 else ''}"
            sent = filling.upload(
                screen,
                what,
                sending.size_of(load),
                # Called at once, within this turn of the loop.
                lambda on_bytes, load=load: client.upload_music(  # type: ignore[misc]
                    load, dry_run=dry_run, restore=restore, library=library, on_bytes=on_bytes
                ),
            )
            begun.append(sent)
    except OSError as error:
        raise typer.BadParameter(f"cannot read a file: {error}") from error
    if not begun:
        raise typer.BadParameter("there is no music to send")
    return begun
