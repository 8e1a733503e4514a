"""Fetches files of the open web, and nothing else: what lies behind our own walls is out of reach.

Each address is checked, its host is resolved once, every answer must be a public address, and the
connection goes to one of those answers: nothing is asked a second time. Redirects are new
addresses, checked in the same way.
"""

from sightsong.adapters.web.addresses import is_public
from sightsong.adapters.web.fetching import Fetcher, Network, WebFile

__all__ = ["Fetcher", "Network", "WebFile", "is_public"]
