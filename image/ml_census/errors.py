"""The two errors that an operator sees: of config.yaml, and of the files that it names."""


class ConfigError(Exception):
    """Report a configuration that cannot be used.

    The message names the file, the key and the reason in one line.
    """


class ArtifactError(Exception):
    """Report an artifact that cannot be used.

    The message names the key of the configuration (or the option of the command), the URI and the reason in one line.
    """

    def __init__(
        self, key: str, uri: str, reason: str, *, is_transient: bool = False, is_storage_unavailable: bool = False
    ) -> None:
        self.key, self.uri, self.reason = key, uri, " ".join(reason.split())
        self.is_storage_unavailable = is_storage_unavailable
        """Whether the store could not be reached."""
        self.is_transient = is_transient or is_storage_unavailable
        """Whether the same artifact may load later: the store is unavailable, or memory or disk space is short."""
        super().__init__(f"{key}: {uri}: {self.reason}")
