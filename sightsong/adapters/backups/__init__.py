"""Backups: all that a service knows, in one file that can be checked, and back."""

from sightsong.adapters.backups.layout import Header, Summary
from sightsong.adapters.backups.reading import Ignored, Receiver, read_header, read_through
from sightsong.adapters.backups.refusals import BackupRefused
from sightsong.adapters.backups.restoring import restore
from sightsong.adapters.backups.saving import Estate, save
from sightsong.adapters.backups.tape import TapeReader

__all__ = [
    "BackupRefused",
    "Estate",
    "Header",
    "Ignored",
    "Receiver",
    "Summary",
    "TapeReader",
    "read_header",
    "read_through",
    "restore",
    "save",
]
