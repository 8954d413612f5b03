"""Exception for invalid users files and signing keys."""


class CredentialsError(Exception):
    """Report users or signing keys that cannot be used. The message is one line and never quotes a secret."""
