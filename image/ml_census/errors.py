"""Exceptions with a message for the operator: ConfigError for config.yaml, ArtifactError for other files."""


class ConfigError(Exception):
    """Report a config.yaml that cannot be used.

    The message names the file, the key and the reason, in one line.
    """


class ArtifactError(Exception):
    """Report a file or storage object that cannot be used, such as a model or a users file.

    The message names the key of config.yaml (or the option of the command), the URI and
    the reason, in one line.
    """

    def __init__(
        self, key: str, uri: str, reason: str, *, is_transient: bool = False, is_storage_unavailable: bool = False
    ) -> None:
        self.key, self.uri, self.reason = key, uri, " ".join(reason.split())
        self.is_storage_unavailable = is_storage_unavailable
        """True if the storage could not be reached."""
        self.is_transient = is_transient or is_storage_unavailable
        """True if a later attempt may succeed: for example, the storage is unavailable,
        or memory is short."""
        super().__init__(f"{key}: {uri}: {self.reason}")
