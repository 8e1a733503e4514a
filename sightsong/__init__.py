"""Sightsong listens to a photo: emotion, caption, and the tracks of your library that fit."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sightsong.client import AsyncClient, Client

__all__ = ["AsyncClient", "Client"]


def __getattr__(name: str) -> object:
    """Load the clients when they are asked for: no other part of this package needs httpx."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from sightsong import client  # noqa: PLC0415

    return getattr(client, name)
