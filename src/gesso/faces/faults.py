"""What went wrong, in a line for the person; a traceback is for those who ask for it with GESSO_DEBUG=1."""

import errno
import os

from gesso.core.errors import GessoError


def debugging() -> bool:
    """Whether tracebacks are wanted."""
    return bool(os.environ.get("GESSO_DEBUG"))


def in_plain_words(error: BaseException) -> str:
    """One line on what happened and what to do."""
    if isinstance(error, GessoError):
        return str(error)
    if isinstance(error, MemoryError) or _is_torch_out_of_memory(error):
        return "there is not enough memory for this; try a smaller picture or size, or close other programs"
    if isinstance(error, OSError):
        return _of_the_system(error)
    return f"an error inside Gesso, {type(error).__name__}: {error}; GESSO_DEBUG=1 shows where"


def _of_the_system(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{where}the disk is full; free some space or choose another --out"
    return f"{where}{(error.strerror or str(error)).lower()}"


def _is_torch_out_of_memory(error: BaseException) -> bool:
    # torch has a class of its own for accelerators, and for the CPU only a RuntimeError with these words.
    return isinstance(error, RuntimeError) and (
        type(error).__name__ == "OutOfMemoryError" or "can't allocate memory" in str(error)
    )
