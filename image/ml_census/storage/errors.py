"""Exceptions of reading and writing files. Each message is the reason in one line, without the URI."""


class StorageError(Exception):
    """Report that a file or object could not be read or written."""


class ObjectNotFoundError(StorageError):
    """Report that no file or object is at the URI."""

    def __init__(self, reason: str = "not found") -> None:
        """Set the message to `reason`."""
        super().__init__(reason)


class StorageUnavailableError(StorageError):
    """Report a failure after which a later attempt may succeed, such as an unreachable storage."""


class ObjectChangedError(StorageError):
    """Report that the file or object has changed since the caller got its fingerprint."""

    def __init__(self) -> None:
        """Set the message, which asks the user to run the command again."""
        super().__init__("was changed by another command, and nothing is written: run this command again")


class ObjectExistsError(StorageError):
    """Report that a file or object is already at the URI, so that none was created."""

    def __init__(self) -> None:
        """Set the message."""
        super().__init__("exists already")
