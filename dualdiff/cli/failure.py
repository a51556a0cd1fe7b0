"""The error of the command line: one line for the user, exit code 2."""


class CommandError(Exception):
    """Something the user gave does not work; the message says what to write instead."""
