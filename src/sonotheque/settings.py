"""Settings: where they come from and what they are.

Owns the choice of the library folder and the few switches of a run. Environment first, then defaults; no file is read.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

LIBRARY_VARIABLE = "SONOTHEQUE_LIBRARY"
FOLDER_NAME = ".sonotheque"


def user_data_dir(environ: Mapping[str, str] | None = None) -> Path:
    """Where this user's default library lies: `$XDG_DATA_HOME/sonotheque`, or the platform's own place."""
    env = os.environ if environ is None else environ
    if env.get("XDG_DATA_HOME"):
        return Path(env["XDG_DATA_HOME"]) / "sonotheque"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "sonotheque"
    if sys.platform == "win32" and env.get("LOCALAPPDATA"):
        return Path(env["LOCALAPPDATA"]) / "sonotheque"
    return Path.home() / ".local" / "share" / "sonotheque"


def find_library(
    given: str | os.PathLike[str] | None = None,
    *,
    start: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Path:
    """The library folder: the one given, else `$SONOTHEQUE_LIBRARY`, else the nearest `.sonotheque` from `start` upwards,
    else the user data directory's. The folder need not exist.
    """
    env = os.environ if environ is None else environ
    if given is not None:
        return Path(given)
    if env.get(LIBRARY_VARIABLE):
        return Path(env[LIBRARY_VARIABLE])
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        candidate = folder / FOLDER_NAME
        if candidate.is_dir():
            return candidate
    return user_data_dir(env) / "library"
