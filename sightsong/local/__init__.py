"""Embedded mode: the whole service on this machine, supervised in the foreground."""
