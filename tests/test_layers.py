"""What import-linter cannot say: which modules leave torch alone, so that the command line answers at once."""

import subprocess
import sys
from pathlib import Path

import gesso

SOURCE = Path(gesso.__file__).parent

# Imports the modules it is given, in their order, and stops with the name of the first that brings torch in.
IMPORT_EACH = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
    if "torch" in sys.modules:
        sys.exit(f"{name} imports torch when it is imported")
"""


def module_name(file: Path) -> str:
    parts = ("gesso", *file.relative_to(SOURCE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules_without_torch() -> list[str]:
    """Every package's __init__, all of core but what plays music, every art's declaration and the command line."""
    playing = set(SOURCE.glob("core/render/*.py"))
    files = [
        *SOURCE.rglob("__init__.py"),
        *(file for file in SOURCE.glob("core/**/*.py") if file not in playing),
        *SOURCE.glob("arts/**/art.py"),
        SOURCE / "faces" / "cli.py",
    ]
    return sorted({module_name(file) for file in files})


def test_declarations_core_and_command_line_import_no_torch() -> None:
    names = modules_without_torch()
    assert {"gesso", "gesso.core.declaration", "gesso.arts.stylize.art"} <= set(names)

    done = subprocess.run([sys.executable, "-c", IMPORT_EACH, *names], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
