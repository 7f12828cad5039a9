"""Finds the folder of a Hugging Face checkpoint on this disk.

Owns the reading of `NAME[@REVISION]`, the layout of the hub's cache, and the one place where something may be
downloaded, which needs `SONOTHEQUE_ALLOW_DOWNLOAD=1`. Knows nothing of networks: of a checkpoint it reads JSON and
hashes bytes. Needs neither torch nor transformers.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sonotheque.errors import BadInputError, CorruptError, NotFoundError, UnavailableError

DOWNLOAD_VARIABLE = "SONOTHEQUE_ALLOW_DOWNLOAD"
WEIGHTS, SHARD_LIST = "model.safetensors", "model.safetensors.index.json"
WANTED = ("*.json", "*.safetensors", "*.txt")
"""Files of a repository that are fetched: no pickled weights and no code."""
_MAX_JSON_BYTES = 64 << 20
_REVISION_CHARACTERS = 12
_NAME = re.compile(r"[\w-][\w.-]*(?:/[\w-][\w.-]*)?")
_REVISION = re.compile(r"[\w-][\w.-]*(?:/[\w-][\w.-]*)*")
_YES = ("1", "on", "true", "yes")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A folder in the format of transformers. `model_id` is `hf:NAME`; `revision` names exactly these weights."""

    folder: Path
    model_id: str
    revision: str

    @property
    def weights(self) -> list[Path]:
        """The safetensors files, at least one."""
        return _weights_in(self.folder)

    def read_json(self, name: str) -> dict[str, Any]:
        """One of its JSON files; raises `BadInputError` where it is missing, `CorruptError` where it is no object."""
        path = self.folder / name
        if not path.is_file():
            raise BadInputError(
                f"{self.model_id} lacks {name} ({self.folder}).",
                next_step="Give a folder written by save_pretrained, with model, tokenizer and feature extractor.",
            )
        try:
            if path.stat().st_size > _MAX_JSON_BYTES:
                raise ValueError("too large")
            facts = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:
            raise CorruptError(
                f"{name} of {self.model_id} can't be read: {error}.", next_step="Get it again."
            ) from error
        if not isinstance(facts, dict):
            raise CorruptError(f"{name} of {self.model_id} holds no JSON object.", next_step="Get it again.")
        return facts


def find_checkpoint(name: str) -> Checkpoint:
    """The checkpoint behind `hf:` that `name` means: a folder (`/...`, `./...`, `~/...`), or `NAME[@REVISION]` in the
    hub's cache.

    Raises `BadInputError` for a name that can't be one or a folder that holds none, and `UnavailableError` for a
    checkpoint that is not on this disk, with what to run to get it.
    """
    if name.startswith(("/", "./", "../", "~")) or name in (".", ".."):
        return _in_folder(Path(name).expanduser())
    repository, _, revision = name.partition("@")
    if not _NAME.fullmatch(repository) or (revision and not _REVISION.fullmatch(revision)):
        raise BadInputError(
            f"{name!r} names no checkpoint.",
            next_step="Write hf:OWNER/NAME, hf:OWNER/NAME@REVISION, or hf:./FOLDER.",
        )
    folder = _cached_snapshot(repository, revision or "main")
    if folder is None and _may_download():
        folder = _download(repository, revision or "main")
    if folder is None:
        raise _absent(repository, revision)
    _check_weights(folder, f"hf:{repository}")
    return Checkpoint(folder, f"hf:{repository}", folder.name[:_REVISION_CHARACTERS])


def hub_cache() -> Path:
    """Where the hub's clients keep what they download: `$HF_HUB_CACHE`, `$HF_HOME/hub`, or the user's cache folder."""
    if given := os.environ.get("HF_HUB_CACHE"):
        return Path(given).expanduser()
    if home := os.environ.get("HF_HOME"):
        return Path(home).expanduser() / "hub"
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "huggingface" / "hub"


def _in_folder(folder: Path) -> Checkpoint:
    if not folder.is_dir():
        raise NotFoundError(
            f"There is no folder {folder}.", next_step="Give the folder of a checkpoint: hf:/path/to/it."
        )
    model_id = f"hf:{folder.resolve().name}"
    _check_weights(folder, model_id)
    return Checkpoint(folder, model_id, _hash_weights(_weights_in(folder)))


def _hash_weights(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:_REVISION_CHARACTERS]


def _weights_in(folder: Path) -> list[Path]:
    return sorted(folder.glob("model*.safetensors"))


def _check_weights(folder: Path, model_id: str) -> None:
    if any((folder / name).is_file() for name in (WEIGHTS, SHARD_LIST)):
        return
    if any(folder.glob("*.bin")) or any(folder.glob("*.pt")):
        raise BadInputError(
            f"{model_id} has pickled weights only, which can run code and are never read ({folder}).",
            next_step=f"Take a revision that has {WEIGHTS}, or convert it once in a place you trust.",
        )
    raise BadInputError(
        f"{model_id} has no {WEIGHTS} ({folder}).", next_step="Get the whole checkpoint, or give another folder."
    )


def _cached_snapshot(repository: str, revision: str) -> Path | None:
    """The snapshot of a revision (branch, tag, pull request or commit) in the hub's cache; None where there is none."""
    place = hub_cache() / f"models--{repository.replace('/', '--')}"
    reference = place / "refs" / revision
    commit = reference.read_text(encoding="utf-8").strip() if reference.is_file() else revision
    folder = place / "snapshots" / commit
    return folder if re.fullmatch(r"[0-9a-f]{7,64}", commit) and folder.is_dir() else None


def _may_download() -> bool:
    offline = any(os.environ.get(name, "").lower() in _YES for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))
    return os.environ.get(DOWNLOAD_VARIABLE, "").lower() in _YES and not offline


def _download(repository: str, revision: str) -> Path:
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise UnavailableError(
            "Downloading a checkpoint needs huggingface_hub.", next_step="pip install 'sonotheque[hub]'"
        ) from error
    try:
        return Path(
            snapshot_download(repository, revision=revision, allow_patterns=list(WANTED), cache_dir=hub_cache())
        )
    except Exception as error:  # the client and the libraries below it have errors of many families
        raise UnavailableError(
            f"hf:{repository} could not be downloaded: {error}", next_step="Check the name and the connection."
        ) from error


def _absent(repository: str, revision: str) -> UnavailableError:
    asked = f"{repository} --revision {revision}" if revision else repository
    return UnavailableError(
        f"The checkpoint hf:{repository}{'@' + revision if revision else ''} is not on this disk ({hub_cache()}).",
        next_step=f"Get it once: hf download {asked} --exclude '*.bin'. Or let this program get it: "
        f"{DOWNLOAD_VARIABLE}=1.",
    )
