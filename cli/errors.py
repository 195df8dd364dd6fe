"""Errors that explain themselves to the person at the terminal."""


class Explained(RuntimeError):
    """The command line prints its message and nothing else; any other exception is a defect and shows where."""
