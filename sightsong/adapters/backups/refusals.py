"""What is wrong with a backup."""

from sightsong.core.errors import InputError


class BackupRefused(InputError):
    """The backup is damaged, of another schema, or no backup."""

    code = "backup_refused"
