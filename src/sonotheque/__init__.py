"""Sonotheque: a library of sound that you can ask.

`sonotheque.open(folder)` gives a `Library`; `index` fills it and `search` asks it. Importing this package loads nothing
heavy: no inference engine, no database driver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from sonotheque.library.library import Library, open_library
    from sonotheque.values.hit import Evidence, Hit, SearchResult
    from sonotheque.values.query import Example, Filters, Query
    from sonotheque.values.span import Span

    open = open_library

__all__ = ["Evidence", "Example", "Filters", "Hit", "Library", "Query", "SearchResult", "Span", "__version__", "open"]

_HOMES = {
    "Library": ("sonotheque.library.library", "Library"),
    "open": ("sonotheque.library.library", "open_library"),
    "Evidence": ("sonotheque.values.hit", "Evidence"),
    "Hit": ("sonotheque.values.hit", "Hit"),
    "SearchResult": ("sonotheque.values.hit", "SearchResult"),
    "Example": ("sonotheque.values.query", "Example"),
    "Filters": ("sonotheque.values.query", "Filters"),
    "Query": ("sonotheque.values.query", "Query"),
    "Span": ("sonotheque.values.span", "Span"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    module, attribute = _HOMES[name]
    return getattr(importlib.import_module(module), attribute)
