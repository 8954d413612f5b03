"""Python client for an ml-census server."""

from ml_census.client.session import Client, ClientError

__all__ = ["Client", "ClientError"]
