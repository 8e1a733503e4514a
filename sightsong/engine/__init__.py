"""How claimed jobs are run: claim, heartbeat, completion, maintenance. Knows only the ports."""
