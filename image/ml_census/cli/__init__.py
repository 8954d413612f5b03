"""The command line, ml-census."""
