"""The static text tower: the mean of its tokens' rows.

Owns the table's layout in memory (int8 rows with a scale each) and pooling. A query costs microseconds and needs no
inference engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from sonotheque.errors import BadInputError, CorruptError
from sonotheque.models.wordpiece import WordPiece, split_words
from sonotheque.values.waveform import FloatArray


class TextTower:
    """Embeds texts with `rows` int8 (n_tokens, dim), `scales` float32 (n_tokens,) and the vocabulary, one token a line.

    Raises `CorruptError` where the parts don't fit each other.
    """

    def __init__(self, tensors: Mapping[str, npt.NDArray[Any]], vocabulary: str) -> None:
        if "rows" not in tensors or "scales" not in tensors:
            raise _mismatch("its rows or scales are missing")
        self._rows, self._scales = tensors["rows"], tensors["scales"]
        if self._rows.ndim != 2 or self._rows.dtype != np.int8 or self._scales.shape != self._rows.shape[:1]:
            raise _mismatch(f"rows {self._rows.dtype} {self._rows.shape} have scales {self._scales.shape}")
        words = vocabulary.removesuffix("\n").split("\n")  # splitlines() also breaks at characters that are tokens
        if len(words) != len(self._rows):
            raise _mismatch(f"there are {len(words)} tokens for {len(self._rows)} rows")
        self._tokens = WordPiece(words)

    def embed(self, text: str) -> FloatArray:
        """Unit vector (dim,); raises `BadInputError` where the text has no word that the model knows."""
        ids = self._tokens.encode(text)
        if ids:
            vector: FloatArray = self._scales[ids] @ self._rows[ids].astype(np.float32)
            length = float(np.linalg.norm(vector))
            if length > 0.0:
                unit: FloatArray = vector / np.float32(length)
                return unit
        raise BadInputError(
            f"No word of {text!r} is known to the model.",
            next_step="Say it with other words, or search by example with --like.",
        )

    def unknown_words(self, text: str) -> list[str]:
        """Words of `text` that the table can't read, in order."""
        return [word for word in split_words(text) if any(c.isalnum() for c in word) and not self._tokens.pieces(word)]


def _mismatch(what: str) -> CorruptError:
    return CorruptError(
        f"The text table does not fit together: {what}.",
        next_step="Install the package, or copy the model's folder, again.",
    )
