"""Playlists: an album of photos becomes an ordered set of tracks.

    order     the photos as they were given, or the shortest path through their points on the plane
              of valence and arousal (`tours`; playlists as tours: Pohle, Pampalk and Widmer,
              "Generating similarity-based playlists using traveling salesman algorithms", 2005)
    places    `n` of them, spread evenly along that order: place i is for the photo at
              floor((i + 0.5) · photos / n)
    tracks    for each place one of the matches of its photo, none twice, so that
              Σ score - 0.25 · Σ leap - 2 · runs - 4 · empty places
              is largest among what a beam search finds that follows 24 beginnings (`choosing`)

A *leap* is how much further the music moves on the plane than the photos do: music that jumps where
the photos jump follows them, music that jumps by itself is heard as a break. A *run* is a third
track in a row by one artist.
"""

from sightsong.core.playlist.choosing import BEAM, LEAP_WEIGHT, choose
from sightsong.core.playlist.files import as_jspf, as_m3u8
from sightsong.core.playlist.parts import Entry, Offer, Order, Sheet, Stop, Written
from sightsong.core.playlist.tours import EXACT_UP_TO, in_path_order

__all__ = [
    "BEAM",
    "EXACT_UP_TO",
    "LEAP_WEIGHT",
    "Entry",
    "Offer",
    "Order",
    "Sheet",
    "Stop",
    "Written",
    "as_jspf",
    "as_m3u8",
    "choose",
    "in_path_order",
]
