"""The HTTP server: waitress with limits, scheduling and drain."""
