"""Errors of reading and writing artifacts. Each message is the reason in one line, without the URI."""


class StorageError(Exception):
    """Report that nothing could be read or written."""


class ObjectNotFoundError(StorageError):
    """Report that nothing is at the URI."""

    def __init__(self, reason: str = "not found") -> None:
        """Set the reason."""
        super().__init__(reason)


class StorageUnavailableError(StorageError):
    """Report that the storage could not be reached, or failed in the middle. A later attempt may succeed."""


class ObjectChangedError(StorageError):
    """Report that another process has changed the object since its fingerprint was read."""

    def __init__(self) -> None:
        """Set the message, which says what to do."""
        super().__init__("was changed by another command, and nothing is written: run this command again")
