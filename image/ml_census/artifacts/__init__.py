"""The artifacts of a server: model, users and signing keys. The server reloads them when their files change."""
