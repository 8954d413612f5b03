"""The artifacts of a server: model, users and signing keys. The server reloads an artifact when its files change."""
