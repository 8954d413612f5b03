"""The exception of the package."""


class BatchError(Exception):
    """Report an input, a model or an option with which no retry of the run can succeed.

    The message names the file and the reason, in one line, without a value of a row.
    """
