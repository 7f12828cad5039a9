"""Path patterns: the sieve in SQL lets nothing through the net that the exact expression would keep."""

from __future__ import annotations

import sqlite3

from hypothesis import given
from hypothesis import strategies as st

from sonotheque.store.filters import _like, compile_glob

PIECES = st.sampled_from(
    ["a", "B", "*", "**", "?", "/", ".", "[ab]", "[!a]", "[", "]", "é", "É", "%", "_", "!", " ", "1"]
)
PATTERNS = st.lists(PIECES, min_size=1, max_size=8).map("".join).filter(lambda text: text.strip("/") != "")
PATHS = st.lists(st.sampled_from(["a", "b", "A", "é", "/", ".", "[", "]", "%", "_", "!", " ", "1"]), max_size=12).map(
    lambda parts: "/" + "".join(parts)
)


@given(PATTERNS, PATHS)
def test_like_keeps_whatever_the_glob_keeps(pattern: str, path: str) -> None:
    if compile_glob(pattern).fullmatch(path):
        kept = sqlite3.connect(":memory:").execute("SELECT ? LIKE ? ESCAPE '!'", (path, _like(pattern))).fetchone()[0]
        assert kept == 1


@given(st.text(min_size=1, max_size=30))
def test_any_text_is_a_pattern(pattern: str) -> None:
    compile_glob(pattern).fullmatch("/some/path.wav")
