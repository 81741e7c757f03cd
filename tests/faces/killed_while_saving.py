"""`gesso WORDS …`, killed when it sends a file to the disk for the Nth time: all is written, nothing has its name yet.

python killed_while_saving.py N WORDS …
"""

import os
import signal
import sys

from gesso.faces.cli import main

if __name__ == "__main__":
    flush, left = os.fsync, int(sys.argv[1])

    def flush_or_die(file: int) -> None:
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        flush(file)

    os.fsync = flush_or_die
    sys.exit(main(sys.argv[2:]))
