"""`python -m workers.checkup`: one JSON object a line; the device first, then each verdict."""

import json
import sys
from collections.abc import Mapping
from itertools import chain

from sightsong.adapters import logs, settings
from sightsong.core.errors import SightsongError
from workers import app
from workers.checkup import plausibility, soundness

#: `EX_CONFIG` of sysexits.
_MISCONFIGURED = 78


def main() -> None:
    """Load the profile as a worker does, and look at it."""
    logs.setup("checkup")
    try:
        profile = app.load_profile(settings.load())
    except SightsongError as error:
        sys.stderr.write(f"{error.detail}\n")
        raise SystemExit(_MISCONFIGURED) from error
    cards = sorted({f"{card.id}@{card.revision}" for card in profile.cards})
    _write({"profile": profile.name, "device": profile.device, "models": cards})
    # Only what was trained can be expected to make sense of more than light and tempo.
    sense = plausibility.check(profile) if profile.has_seeing_captions else ()
    for verdict in chain(soundness.check(profile), sense):
        _write(verdict.as_dict())


def _write(record: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(record) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
