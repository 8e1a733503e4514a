"""`python -m training COMMAND …`: what `sightsong train` and `sightsong evaluate` start."""

import sys

from training.commands import main

sys.exit(main(sys.argv[1:]))
