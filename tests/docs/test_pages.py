"""The pages hold together: links resolve, generated parts are up to date, every folder and dependency is told of."""

from __future__ import annotations

import re
import runpy
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.docs.snippets import DOCS, ROOT, list_pages

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
OPEN_FIGURE = re.compile(r"@@FIGURE:(\w+)@@")
# Folders whose own folders mirror what is told elsewhere, and need no line of their own.
TOLD_AS_ONE = ("src/sonotheque/models/weights", "tests/contract", "tests/unit", "tests/golden")


def anchor_of(heading: str) -> str:
    """The anchor that a heading gets: lower case, no punctuation, hyphens for spaces."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors_in(page: Path) -> set[str]:
    prose = FENCE.sub("", page.read_text(encoding="utf-8"))
    return {anchor_of(heading) for heading in re.findall(r"^#+ (.*)$", prose, re.MULTILINE)}


@pytest.mark.parametrize("page", list_pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_internal_links_resolve(page: Path) -> None:
    broken = []
    for target in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        aim = (page.parent / name).resolve() if name else page
        if not aim.exists() or (anchor and anchor not in anchors_in(aim)):
            broken.append(target)
    assert not broken


def test_the_files_that_pages_name_exist() -> None:
    named = re.compile(r"`((?:benchmarks|docs|src|tests|training)/[\w./-]*\w/?)(?: [^`]*)?`")
    missing = [
        f"{page.relative_to(ROOT)}: {name}"
        for page in list_pages()
        for name in named.findall(page.read_text(encoding="utf-8"))
        if not (ROOT / name).exists() and not (ROOT / "src" / "sonotheque" / name).exists()
    ]
    assert not missing


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen, waiting = set[Path](), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        targets = LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8")))
        waiting += [(page.parent / target.partition("#")[0]).resolve() for target in targets if "://" not in target]
    assert sorted(set(DOCS.rglob("*.md")) - seen) == []


def test_the_generated_reference_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    main: Callable[[list[str]], int] = runpy.run_path(str(DOCS / "generate_reference.py"))["main"]
    assert main(["--check"]) == 0, capsys.readouterr().out + "Run: python docs/generate_reference.py"


def test_a_stale_block_would_be_written_anew() -> None:
    renew: Callable[[str], str] = runpy.run_path(str(DOCS / "generate_reference.py"))["renew"]
    text = "before\n<!-- begin generated: errors -->\nold\n<!-- end generated -->\nafter\n"
    new = renew(text)
    assert "old" not in new
    assert "`NotFoundError`" in new
    assert new.startswith("before\n")
    assert new.endswith("<!-- end generated -->\nafter\n")
    assert renew(new) == new


def tracked_folders() -> set[str]:
    """Every folder that holds a tracked file, or one that `git add` would take."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("git is not installed")
    if listed.returncode:
        pytest.skip("the source is not in a git checkout")
    names = [name for name in listed.stdout.split("\0") if (ROOT / name).is_file()]
    return {str(Path(name).parent) for name in names} - {"."}


def test_the_readme_tells_of_every_folder() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    tree = text.partition("## Where things are")[2].partition("```text\n")[2].partition("```")[0]
    told = {line.split()[0].rstrip("/") for line in tree.splitlines()}
    assert all(len(line.split()) > 2 for line in tree.splitlines())
    untold = {
        folder
        for folder in tracked_folders()
        if folder not in told and not any(folder.startswith(f"{one}/") and one in told for one in TOLD_AS_ONE)
    }
    assert untold == set(), "folders without a line in README.md"
    assert {folder for folder in told if not (ROOT / folder).is_dir()} == set(), "folders that are not there"


def test_no_figure_is_left_open() -> None:
    texts = {page: page.read_text(encoding="utf-8") for page in list_pages()}
    found = {str(page.relative_to(ROOT)): OPEN_FIGURE.findall(text) for page, text in texts.items()}
    assert {page: names for page, names in found.items() if names} == {}


def test_every_dependency_has_its_reason() -> None:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [
        *project["dependencies"],
        *(item for items in project["optional-dependencies"].values() for item in items),
    ]
    names = {re.split(r"[^\w-]", item)[0].lower() for item in needed} - {"sonotheque"}
    text = (DOCS / "explanation" / "dependencies.md").read_text(encoding="utf-8").lower()
    assert {name for name in names if name not in text} == set()
