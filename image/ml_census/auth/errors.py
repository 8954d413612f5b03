"""Error of users and signing keys."""


class CredentialsError(Exception):
    """Report users or keys that cannot be used. The message is the reason in one line and never quotes a secret."""
