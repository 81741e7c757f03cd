"""The command `gesso`: finds what its first word names, and answers every mistake in one line.

Only the command that is named is imported, and torch only when it computes.
"""

import importlib
import os
import sys
import warnings
from collections.abc import Sequence

from gesso.core import registry
from gesso.core.declaration import Art, nearest
from gesso.core.errors import GessoError, Stopped, Usage
from gesso.core.memory import give_back_large_blocks
from gesso.core.versions import version
from gesso.faces.faults import debugging, in_plain_words

# Each is a module of this package with `command(arguments) -> exit code`.
COMMANDS = {
    "train": "train an art on your own pictures",
    "evaluate": "the figures of a model on data it has not seen",
    "explain": "why a work came out as it did",
    "remake": "make a work again from the recipe inside it, and compare",
    "data": "data sets: list, fetch and check them",
    "models": "the models that there are, and their cards",
    "gallery": "works of every art, on a page to look at",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code: 0 done, 1 could not, 2 not understood, 130 Ctrl-C.

    Args:
        arguments: the words after `gesso`; those of this process if None.
    """
    reconfigure = getattr(sys.stdout, "reconfigure", None)  # what stands in for it in a test may have none
    if reconfigure is not None and not sys.stdout.isatty():
        reconfigure(encoding="utf-8", errors="surrogateescape")  # a file or a pipe: JSON and cards are UTF-8
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _warn
            code = _run(list(sys.argv[1:] if arguments is None else arguments))
        sys.stdout.flush()  # so that a reader who has gone is noticed here
        return code
    except BrokenPipeError:
        _settle_stdout()  # the reader has gone, as `head` does, and needs no message
        return 1
    except KeyboardInterrupt:
        _complain("stopped")
        return Stopped.exit_code
    except Exception as error:
        if debugging() and not isinstance(error, GessoError):
            raise
        _complain(in_plain_words(error))
        _settle_stdout()
        return error.exit_code if isinstance(error, GessoError) else 1


def _run(arguments: list[str]) -> int:
    try:
        return _dispatch(arguments)
    except SystemExit as end:  # tyro has shown a help page, or what it did not understand
        return end.code if isinstance(end.code, int) else 0


def _dispatch(arguments: list[str]) -> int:
    word = arguments[0] if arguments else "--help"
    if word in ("--help", "-h", "help"):
        from gesso.faces.overview import show_overview

        show_overview(registry.arts().values(), COMMANDS)
        return 0
    if word in ("--version", "-V"):
        print(f"gesso {version('gesso')}")
        return 0
    if word in COMMANDS:
        return importlib.import_module(f"gesso.faces.{word}").command(arguments[1:])
    art, rest = _art(arguments)
    from gesso.faces.making import command

    give_back_large_blocks()
    return command(art, rest)


def _art(arguments: list[str]) -> tuple[Art, list[str]]:
    """The art that the first word names, or the first two for an art of several methods, and the words after."""
    word, *rest = arguments
    arts = registry.arts()
    if word in arts:
        return arts[word], rest
    methods = [art for art in arts.values() if art.name == word]
    if not methods:
        known = [*dict.fromkeys(art.name for art in arts.values()), *COMMANDS]
        raise Usage(f"there is no command {word!r}{nearest(word, known)}; gesso --help lists them")
    if rest and f"{word}/{rest[0]}" in arts:
        return arts[f"{word}/{rest[0]}"], rest[1:]
    if not rest or rest[0] in ("--help", "-h"):
        from gesso.faces.overview import show_methods

        show_methods(methods)
        raise SystemExit(0 if rest else 2)
    known = [art.method or "" for art in methods]
    raise Usage(f"{word} has no method {rest[0]!r}; it has {', '.join(known)}")


def _settle_stdout() -> None:
    """Sees to it that Python, when it ends, does not complain again of what could not be written."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(line: str) -> None:
    print(f"gesso: {line}", file=sys.stderr)


def _warn(message: Warning | str, *_: object, **__: object) -> None:
    """A warning as one line, without the place in the code."""
    print(f"gesso: {message}", file=sys.stderr)
