"""The rules of the house that can be read from its source: imports run down the floors, and files stay small."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.house.floors import BESIDE, PARTS
from tests.house.imports import PACKAGE, Module, find_faults, read_module, read_modules

MAX_LINES = 500
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "shared"}

ADAPTERS = ("models.clap", "models.checkpoints", "models.speech.whisper")
"""What loads other people's checkpoints, when they are asked for."""


@pytest.fixture(scope="module")
def modules() -> list[Module]:
    return read_modules()


def write_module(package: Path, name: str, source: str) -> Module:
    path = package.joinpath(*name.split(".")).with_suffix(".py")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source, encoding="utf-8")
    return read_module(path, package)


def test_imports_run_down_the_floors(modules: list[Module]) -> None:
    assert len(modules) > 50
    faults = [fault for module in modules for fault in find_faults(module)]
    assert not faults, "\n".join(faults)


def test_the_table_itself_runs_down() -> None:
    names = list(PARTS)
    for place, (name, part) in enumerate(PARTS.items()):
        below = set(names[:place])
        assert set(part.may_import) <= below, f"{name} may import {set(part.may_import) - below}, which is not below it"


def test_neither_models_nor_store_knows_the_other_and_store_knows_no_sound() -> None:
    assert not {"models", "audio"} & set(PARTS["store"].may_import)
    assert "store" not in PARTS["models"].may_import
    assert not [part.name for part in PARTS.values() if set(BESIDE) & set(part.may_import) and part.name not in BESIDE]


@pytest.mark.parametrize(
    ("name", "source", "fault"),
    [
        ("store.bad", "from sonotheque.models.roles import Embedder", "store may not use models"),
        ("values.bad", "import sonotheque.audio.decode", "values may not use audio"),
        ("models.bad", "def f():\n    from sonotheque.store import rows", "models may not use store"),
        ("search.bad", "if TYPE_CHECKING:\n    from sonotheque.library.library import Library", "may not use library"),
        ("library.bad", "from ..surfaces import cli", "library may not use surfaces"),
        ("library.bad", "from sonotheque.training import captions", "library may not use training"),
        ("surfaces.rest.bad", "from sonotheque import evaluation", "surfaces may not use evaluation"),
        ("audio.bad", "class A:\n    def f(self):\n        import torch", "audio does without it"),
        ("attic.bad", "", "knows no part 'attic'"),
    ],
)
def test_an_edge_that_goes_up_or_sideways_is_found(tmp_path: Path, name: str, source: str, fault: str) -> None:
    faults = find_faults(write_module(tmp_path, name, source))
    assert len(faults) == 1
    assert fault in faults[0]


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("surfaces.cli.train", "from sonotheque.training.sounds import main"),
        ("store.rows", "import json\nfrom . import sql\nfrom sonotheque.values.span import Span"),
        ("__init__", "from sonotheque.library.library import Library"),
    ],
)
def test_an_edge_that_goes_down_is_let_pass(tmp_path: Path, name: str, source: str) -> None:
    assert find_faults(write_module(tmp_path, name, source)) == []


def test_no_modules_load_each_other_in_a_circle(modules: list[Module]) -> None:
    known = {f"sonotheque.{module.name}" for module in modules}
    edges: dict[str, set[str]] = {}
    for module in modules:
        targets = {item.target for item in module.imports if item.at_once}
        used = {target if target in known else target.rpartition(".")[0] for target in targets} & known
        edges[f"sonotheque.{module.name}"] = used - {f"sonotheque.{module.name}"}
    assert sum(map(len, edges.values())) > 100
    while leaves := {name for name, used in edges.items() if not used}:
        edges = {name: used - leaves for name, used in edges.items() if name not in leaves}
    assert not edges, f"in or behind a circle: {edges}"


def test_modules_are_named_for_what_they_own(modules: list[Module]) -> None:
    vague = [module.name for module in modules if VAGUE_NAMES & set(module.name.split("."))]
    assert not vague


def test_no_file_is_long(modules: list[Module]) -> None:
    lengths = {module.name: len(module.path.read_text(encoding="utf-8").splitlines()) for module in modules}
    assert not {name: n for name, n in lengths.items() if n > MAX_LINES}


def test_every_module_says_what_it_owns(modules: list[Module]) -> None:
    silent = [
        module.name
        for module in modules
        if module.path.stat().st_size and not module.path.read_text(encoding="utf-8").startswith('"""')
    ]
    assert not silent


def test_only_training_and_the_adapters_of_checkpoints_may_import_torch(modules: list[Module]) -> None:
    heavy = {"torch", "transformers", "huggingface_hub"}
    users = [(module, item) for module in modules for item in module.imports if item.target.split(".")[0] in heavy]
    assert {module.name for module, _ in users if module.part != "training"} <= set(ADAPTERS)
    assert not [item for module, item in users if module.part == "models" and item.at_once]
    assert [part.name for part in PARTS.values() if "torch" in part.libraries] == ["models", "training"]


def test_no_code_of_the_package_is_outside_the_table() -> None:
    entries = {path.stem for path in PACKAGE.iterdir() if path.name != "__pycache__" and path.suffix in ("", ".py")}
    assert entries <= set(PARTS)


def test_git_would_take_every_module() -> None:
    """A name in .gitignore can swallow a package, and only a fresh clone would tell."""
    try:
        found = subprocess.run(
            ["git", "check-ignore", "--stdin"],
            input="\n".join(str(path) for path in PACKAGE.rglob("*.py")),
            cwd=PACKAGE, capture_output=True, text=True, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        pytest.skip("git is not installed")
    if found.returncode == 128:
        pytest.skip("the source is not in a git checkout")
    assert found.stdout == ""
