"""What keeps a backup from being made or restored."""


class BackupError(Exception):
    """The text says in one or two sentences what is wrong and what to do."""
