"""`python -m sightsong.cli` is `sightsong`."""

import sys

from sightsong.cli import main

sys.exit(main())
