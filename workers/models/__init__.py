"""Models behind the ports of `sightsong.core.models`."""
