"""Reads the imports of the project's modules from their source, without running them."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.house.floors import BESIDE, COMMAND_LINE, PARTS

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "sonotheque"


class Import(NamedTuple):
    """One imported module by its full name, where, and whether loading the importing module loads it too."""

    target: str
    line: int
    at_once: bool


@dataclass(frozen=True, slots=True)
class Module:
    """A module: its name without the package (`store.names`), and what it imports."""

    name: str
    path: Path
    imports: tuple[Import, ...]

    @property
    def part(self) -> str:
        """The part of the house it stands in."""
        return self.name.split(".")[0]


def read_modules(package: Path = PACKAGE) -> list[Module]:
    """Every module of the package."""
    return [read_module(path, package) for path in sorted(package.rglob("*.py"))]


def read_module(path: Path, package: Path = PACKAGE) -> Module:
    """One module. Imports in functions and for the type checker count too."""
    inner = path.relative_to(package).with_suffix("")
    name = ".".join(inner.parts[:-1] if inner.name == "__init__" and len(inner.parts) > 1 else inner.parts)
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return Module(name, path, tuple(_imports(tree, inner.parts[:-1], at_once=True)))


def _imports(node: ast.AST, folders: tuple[str, ...], *, at_once: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias.name, node.lineno, at_once)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            above = ("sonotheque", *folders)[: len(folders) + 2 - node.level]
            base = ".".join((*above, base)) if base else ".".join(above)
        for alias in node.names:
            yield Import(f"{base}.{alias.name}", node.lineno, at_once)
    elif isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
        for statement in node.body:
            yield from _imports(statement, folders, at_once=False)
        for statement in node.orelse:
            yield from _imports(statement, folders, at_once=at_once)
    else:
        within = at_once and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            yield from _imports(child, folders, at_once=within)


def find_faults(module: Module) -> list[str]:
    """What of a module's imports goes up, sideways, or to a library that its floor does without."""
    if module.part not in PARTS:
        return [f"{module.name}: tests/house/floors.py knows no part {module.part!r}"]
    part, faults = PARTS[module.part], []
    for target, line, _ in module.imports:
        first, _, rest = target.partition(".")
        if first == "sonotheque":
            used = rest.split(".")[0]
            if used not in PARTS:  # `from sonotheque import __version__`
                continue
            allowed = used in part.may_import or used == part.name
            if used in BESIDE and (module.name + ".").startswith(COMMAND_LINE + "."):
                allowed = True
            if not allowed:
                faults.append(f"{module.name}:{line} imports {target}, but {part.name} may not use {used}")
        elif first not in sys.stdlib_module_names and first not in part.libraries and first != "__future__":
            faults.append(f"{module.name}:{line} imports {first}, but {part.name} does without it")
    return faults
