"""Client for a running ml-census."""

from ml_census.client.session import Client, ClientError

__all__ = ["Client", "ClientError"]
