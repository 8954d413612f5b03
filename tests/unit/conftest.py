"""A bucket for whoever asks for one."""

from bucket import bucket

__all__ = ["bucket"]
