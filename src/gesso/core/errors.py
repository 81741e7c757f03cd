"""Errors that are for the person at the keyboard, not for the programmer."""


class GessoError(Exception):
    """A mistake or a misfortune that the user can mend.

    The message is one plain line: what is wrong, with the value, and what to do. Faces print it without a traceback
    and exit with `exit_code`.
    """

    exit_code: int = 1


class TooLarge(GessoError):
    """A work that the format of its file cannot hold; PNG can."""


class Stopped(GessoError):
    """Ctrl-C; what was done by then is kept, and the message says how to go on."""

    exit_code: int = 130  # of a program that Ctrl-C ended, as shells have it


class Usage(GessoError):
    """A command or call that cannot be understood as written."""

    exit_code: int = 2
