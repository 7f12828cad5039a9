"""What may not stand in any tracked file: paths of the machine it was written on, and where its packages came from."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.house.imports import ROOT

PUBLIC_HOSTS = {"pypi.org", "files.pythonhosted.org"}
OPTIONS = ("index-url", "extra-index-url", "find-links", "proxy", "trusted-host", "cert")
PRIVATE_PLACES = re.compile(r"(?<![\w.])/(?:home/(?!user\b|ann\b|me\b|you\b)[a-z]\w*|root)/(?!\.\.\.)\w", re.ASCII)


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """Files that are tracked, or would be by `git add`."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("git is not installed")
    if listed.returncode:
        pytest.skip("the source is not in a git checkout")
    paths = [ROOT / os.fsdecode(name) for name in listed.stdout.split(b"\0") if name]
    return [path for path in paths if path.is_file()]


def read_texts(paths: list[Path]) -> dict[Path, str]:
    raw = {path: path.read_bytes() for path in paths if path.suffix not in (".onnx", ".safetensors")}
    return {path: data.decode("utf-8", "replace") for path, data in raw.items() if b"\0" not in data[:8192]}


def pip_places() -> set[str]:
    """Hosts and folders that this machine's pip is told to use, without the public ones."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    values = [line.partition("=")[2].strip("'\" ") for line in listed.stdout.splitlines()
              if line.partition("=")[0].rpartition(".")[2] in OPTIONS]  # fmt: skip
    values += [os.environ.get(f"PIP_{option.replace('-', '_').upper()}", "") for option in OPTIONS]
    places = set()
    for value in " ".join(values).replace("\\n", " ").split():
        parts = urlsplit(value)
        place = parts.hostname or parts.path
        if len(place) > 6 and place not in PUBLIC_HOSTS and not place.startswith("/etc/"):
            places.add(place.rstrip("/"))
    return places


def test_no_place_of_this_machine_is_named(tracked: list[Path]) -> None:
    places = {str(ROOT), str(Path.home()), sys.prefix, *pip_places()}
    places = {place for place in places if len(place) > 6}
    texts = read_texts(tracked)
    assert len(texts) > 50
    found = [
        f"{path.relative_to(ROOT)}: {place}"
        for path, text in texts.items()
        for place in places
        if re.search(re.escape(place) + r"(?![\w-])", text)
    ]
    assert not found


def test_no_private_folder_is_named(tracked: list[Path]) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path, text in read_texts(tracked).items()
        for match in PRIVATE_PLACES.finditer(text)
    ]
    assert not found


def test_a_private_folder_would_be_found() -> None:
    assert PRIVATE_PLACES.search("see /" + "home/jo/sounds")
    assert PRIVATE_PLACES.search("see /" + "root/x")
    assert not PRIVATE_PLACES.search("the tree's /root_id and ~/home/page")


def test_requirements_name_no_source(tracked: list[Path]) -> None:
    """Where packages come from is the user's choice."""
    pinned = re.compile(r"^\s*(-i |--index-url|--extra-index-url|--find-links|.* @ file:)", re.MULTILINE)
    texts = read_texts([path for path in tracked if path.name in ("constraints.txt", "pyproject.toml")])
    assert texts
    assert not [path.name for path, text in texts.items() if pinned.search(text)]


def test_no_sound_is_tracked(tracked: list[Path]) -> None:
    sound = {".wav", ".mp3", ".ogg", ".opus", ".flac", ".m4a", ".aiff", ".wma", ".caf", ".mp4", ".mkv"}
    assert not [path.name for path in tracked if path.suffix.lower() in sound]


def test_no_weights_carry_traces_of_the_machine_they_were_made_on(tracked: list[Path]) -> None:
    """Exporters note source paths and stack traces inside the files they write."""
    weights = [path for path in tracked if path.suffix in (".onnx", ".safetensors")]
    assert weights
    traces = [
        path.name for path in weights for trace in (b"site-packages", b'.py", line') if trace in path.read_bytes()
    ]
    assert traces == []
