"""The command line, called `sonotheque` and, for short, `sono`.

Each command is a module that is loaded when it is called, so that a search from the shell answers at once.
"""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Runs the command line with the arguments of this process and exits with its code."""
    from sonotheque.surfaces.cli.app import cli

    cli.main()
