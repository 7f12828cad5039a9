"""Fixtures that every kind of test may use."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

SLOW_MODULES = frozenset(
    (
        "unit/audio/test_decode unit/audio/test_pool unit/audio/test_synthesis "
        "unit/ingest/test_bad_input unit/ingest/test_incremental unit/library/test_listening "
        "unit/library/test_teaching unit/models/test_clap unit/training/test_fitting unit/training/test_start "
        "unit/training/test_synthetic unit/training/test_synthetic_programs unit/training/test_wordings"
    ).split()
)
"""Whole files that start decoders, render much sound, train, or read all shared texts: only `make test` runs them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks every test of `SLOW_MODULES` as slow."""
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).with_suffix("").as_posix() in SLOW_MODULES:
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def rng() -> np.random.Generator:
    """A random generator with a fixed seed."""
    return np.random.default_rng(20261120)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real recordings with manifests; the test is skipped where it is absent."""
    root = Path(os.environ.get("SONOTHEQUE_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not (root / "esc50" / "manifest.csv").is_file():
        pytest.skip(f"real recordings are not at {root} (set SONOTHEQUE_TEST_DATA to their folder)")
    return root
