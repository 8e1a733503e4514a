"""The doorbell: Celery carries the name of a queue, and nothing else.

The row is the truth; a ring only says "look now". Messages expire, may be lost and may be doubled.
Reasons for each setting: `docs/architecture.md`.
"""

from sightsong.adapters.doorbell.app import make_app
from sightsong.adapters.doorbell.listening import listen
from sightsong.adapters.doorbell.ringing import CeleryDoorbell

__all__ = ["CeleryDoorbell", "listen", "make_app"]
