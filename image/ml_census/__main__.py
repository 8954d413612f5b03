"""`python -m ml_census` is the command line."""

from ml_census.cli.main import main

if __name__ == "__main__":
    main()
