"""Load, check and publish models: everything that touches a pickle."""
