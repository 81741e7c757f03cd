"""The memory that a process of ours holds."""

import ctypes
import sys

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD, _M_MMAP_MAX = -1, -2, -3, -4  # of mallopt(3)
_THRESHOLD = 12 << 20


def give_back_large_blocks() -> None:
    """Has freed tensors go back to the system at once, where the C library is glibc; elsewhere does nothing.

    By itself glibc learns to keep blocks of up to 32 MB, and tiles of many sizes then leave holes: painting 24
    megapixels held 1.8 GB rather than 1.2. A lower limit holds less and is slower.
    """
    _tell({_M_MMAP_THRESHOLD: _THRESHOLD})


def keep_large_blocks() -> None:
    """Has freed tensors stay for those that come next, where the C library is glibc; elsewhere does nothing.

    The tensors of one step of a training are as large as those of the next: given back, each is mapped and cleared
    anew, page by page.
    """
    _tell({_M_MMAP_MAX: 0, _M_TRIM_THRESHOLD: 2**31 - 1, _M_TOP_PAD: 2**28})


def _tell(options: dict[int, int]) -> None:
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            for option, value in options.items():
                mallopt(option, value)
