"""`python -m gesso`: the same as the command `gesso`."""

import sys

from gesso.faces.cli import main

if __name__ == "__main__":
    sys.exit(main())
