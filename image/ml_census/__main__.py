"""Run the command line as `python -m ml_census`."""

from ml_census.cli.main import main

if __name__ == "__main__":
    main()
