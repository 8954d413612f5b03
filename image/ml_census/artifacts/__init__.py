"""The live state of a server: model, users and keys, loaded at start and reloaded while it serves."""
