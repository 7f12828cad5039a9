"""The multilingual lexicon of sound: a query in any language becomes English words.

Owns the entries of every language, the folding of spelling, segmentation, and the choice of language. Knows nothing of
vectors: what it returns is text for a text tower.
"""

from __future__ import annotations

from sonotheque.models.lexicon.entries import Language, parse_entries, read_languages
from sonotheque.models.lexicon.translate import Lexicon, Translation

__all__ = ["Language", "Lexicon", "Translation", "parse_entries", "read_languages"]
