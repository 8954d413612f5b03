"""The artifacts that a server serves: model, users and signing keys, loaded at start and reloaded while serving."""
