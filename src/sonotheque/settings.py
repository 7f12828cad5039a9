"""Settings: where they come from and what they are.

Owns the choice of the library folder and the few switches of a run. Environment first, then defaults; no file is read.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from sonotheque.errors import BadInputError, UnavailableError

LIBRARY_VARIABLE = "SONOTHEQUE_LIBRARY"
FOLDER_NAME = ".sonotheque"


def user_data_dir(environ: Mapping[str, str] | None = None) -> Path:
    """Where this user's default library lies: `$XDG_DATA_HOME/sonotheque`, or the platform's own place."""
    env = os.environ if environ is None else environ
    if (given := Path(env.get("XDG_DATA_HOME", ""))).is_absolute():  # XDG wants a relative path to be ignored
        return given / "sonotheque"
    if sys.platform == "darwin":
        return _home() / "Library" / "Application Support" / "sonotheque"
    if sys.platform == "win32" and env.get("LOCALAPPDATA"):
        return Path(env["LOCALAPPDATA"]) / "sonotheque"
    return _home() / ".local" / "share" / "sonotheque"


def user_cache_dir(environ: Mapping[str, str] | None = None) -> Path:
    """Where this user's caches lie, which may be deleted: `$XDG_CACHE_HOME/sonotheque`, or the platform's own place."""
    env = os.environ if environ is None else environ
    if (given := Path(env.get("XDG_CACHE_HOME", ""))).is_absolute():
        return given / "sonotheque"
    if sys.platform == "darwin":
        return _home() / "Library" / "Caches" / "sonotheque"
    if sys.platform == "win32" and env.get("LOCALAPPDATA"):
        return Path(env["LOCALAPPDATA"]) / "sonotheque" / "cache"
    return _home() / ".cache" / "sonotheque"


def find_library(
    given: str | os.PathLike[str] | None = None,
    *,
    start: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Path:
    """The library folder: the one given, else `$SONOTHEQUE_LIBRARY`, else the nearest `.sonotheque` from `start`
    upwards, else the user data directory's. The folder need not exist; a `~` at its beginning is the user's home.

    Raises `BadInputError` for an empty path and `UnavailableError` where this user has no home directory.
    """
    env = os.environ if environ is None else environ
    chosen = env.get(LIBRARY_VARIABLE) or None if given is None else os.fspath(given)
    if chosen is not None:
        return _expanded(chosen)
    folder = _nearest(start)
    return user_data_dir(env) / "library" if folder is None else folder


def _expanded(path: str) -> Path:
    if not path.strip():
        raise BadInputError("The library's folder has an empty name.", next_step="Name a folder, or leave it out.")
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise UnavailableError(f"{path!r} names a home directory that is not known.") from error


def _nearest(start: Path | None) -> Path | None:
    """The first `.sonotheque` folder from `start` (default: the working directory) upwards that can be seen."""
    try:
        here = (start or Path.cwd()).resolve()
    except OSError:  # the working directory was deleted
        return None
    candidates = (folder / FOLDER_NAME for folder in (here, *here.parents))
    return next((candidate for candidate in candidates if os.path.isdir(candidate)), None)  # noqa: PTH112 - Path.is_dir raises where access is denied


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError as error:
        raise UnavailableError(
            "This user has no home directory to keep a library in.",
            next_step=f"Name a folder with --library or ${LIBRARY_VARIABLE}.",
        ) from error
