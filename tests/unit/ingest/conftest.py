"""Fixtures for tests of indexing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.ingest.collection import Collection


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    """An empty folder of media with a library."""
    made = Collection(tmp_path)
    with made.library:
        yield made
