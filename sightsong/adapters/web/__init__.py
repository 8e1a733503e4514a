"""Asks addresses of the open web, and nothing else: what lies behind our own walls is out of reach.

Each address is checked, its host is resolved once, every answer must be a public address, and the
connection goes to one of those answers: nothing is asked a second time. Where redirects are
followed, they are new addresses, checked in the same way. Receivers of webhooks may be private
where the operator names them, with their ports.
"""

from sightsong.adapters.web.addresses import is_public
from sightsong.adapters.web.checking import TOLD, Private, checked, read_private
from sightsong.adapters.web.fetching import Fetcher, WebFile
from sightsong.adapters.web.network import Network
from sightsong.adapters.web.posting import Poster

__all__ = [
    "TOLD",
    "Fetcher",
    "Network",
    "Poster",
    "Private",
    "WebFile",
    "checked",
    "is_public",
    "read_private",
]
