"""The commands of the program ml-census."""
