"""Fixtures that every kind of test may use."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest


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
