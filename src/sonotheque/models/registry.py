"""Finds a model by its name. Owns the names that settings and options may use."""

from __future__ import annotations

from pathlib import Path

from sonotheque.errors import BadInputError, NotFoundError
from sonotheque.models.roles import Embedder
from sonotheque.models.sounds import MODEL_ID, Sounds

FILE_PREFIX, HUB_PREFIX = "file:", "hf:"
NAMES = f"{MODEL_ID}, {FILE_PREFIX}DIR (trained by `sonotheque train sounds`), {HUB_PREFIX}NAME (a CLAP checkpoint)"
_PARTS = ("card.json", "trunk.onnx", "head.onnx", "text.safetensors", "vocabulary.txt", "labels.txt")
_INNER = "sounds"
"""Training writes its model into a folder of this name inside of the one it is given."""


def load_embedder(name: str = MODEL_ID, *, n_threads: int = 1) -> Embedder:
    """The embedder called `name`: `builtin:sounds`, `file:DIR` or `hf:NAME[@REVISION]`.

    `n_threads` is for the models of this project; torch keeps its own setting. Raises `BadInputError` for a name that
    no adapter knows and a folder that is no model, `NotFoundError` for a folder that is not there, and
    `UnavailableError` for a checkpoint that is not on this disk.
    """
    if name == MODEL_ID:
        return Sounds(n_threads=n_threads)
    if name.startswith(FILE_PREFIX):
        return _load_folder(Path(name.removeprefix(FILE_PREFIX)).expanduser(), n_threads)
    if name.startswith(HUB_PREFIX):
        from sonotheque.models.clap import ClapEmbedder

        return ClapEmbedder(name.removeprefix(HUB_PREFIX))
    raise BadInputError(f"No embedding model is called {name!r}.", next_step=f"Use {NAMES}.")


def settle_name(name: str) -> str:
    """The same model by a name that means it from any working folder: the paths in it are absolute."""
    for prefix in (FILE_PREFIX, HUB_PREFIX):
        rest = name.removeprefix(prefix)
        is_path = prefix == FILE_PREFIX or rest.startswith((".", "/", "~"))
        if name.startswith(prefix) and rest and is_path:
            return prefix + str(Path(rest).expanduser().absolute())
    return name


def _load_folder(folder: Path, n_threads: int) -> Embedder:
    given = folder
    if not (folder / _PARTS[0]).is_file() and (folder / _INNER / _PARTS[0]).is_file():
        folder = folder / _INNER
    if not given.is_dir():
        raise NotFoundError(f"There is no folder {given}.", next_step=f"Use {NAMES}.")
    missing = [part for part in _PARTS if not (folder / part).is_file()]
    if missing:
        raise BadInputError(
            f"{given} holds no model: {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing.",
            next_step="Give the folder that `sonotheque train sounds --out DIR` wrote.",
        )
    model_id = FILE_PREFIX + given.resolve().name
    return Sounds(folder, n_threads=n_threads, model_id=model_id, remedy=f"Train it, or copy {folder}, again.")
