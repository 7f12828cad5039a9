"""Manifests and wordings: what is read, and what is said of mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from sonotheque.errors import BadInputError, NotFoundError
from sonotheque.evaluation.manifest import Wording, read_manifest, read_wordings

CLIPS = (
    "path,label,text,fold,group\n"
    "a.wav,dog,a dog barks,1,pets\n"
    '"b,1.wav",rain,"rain, heavy",2,\n'
    "\n"
    "a.wav,barking,a dog barks,1,pets\n"
    "c.wav,rain,,2,\n"
)


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "clips.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_labels_by_path_with_several_names_for_one(tmp_path: Path) -> None:
    manifest = read_manifest(write(tmp_path, CLIPS))
    assert [(clip.path, clip.names, clip.line) for clip in manifest.clips] == [
        (tmp_path / "a.wav", ("dog", "barking"), 2),
        (tmp_path / "b,1.wav", ("rain",), 3),
        (tmp_path / "c.wav", ("rain",), 6),
    ]
    assert (manifest.column, manifest.names) == ("label", ("barking", "dog", "rain"))


def test_folds_and_groups_choose_lines(tmp_path: Path) -> None:
    path = write(tmp_path, CLIPS)
    assert len(read_manifest(path, folds=("2",)).clips) == 2
    assert len(read_manifest(path, folds=("1", "2"), groups=("pets",)).clips) == 1
    with pytest.raises(BadInputError, match=r"No line of .* has fold 7\. It has folds: 1, 2\."):
        read_manifest(path, folds=("7",))


def test_text_is_used_where_asked_or_where_there_is_no_label(tmp_path: Path) -> None:
    assert read_manifest(write(tmp_path, CLIPS), column="text", folds=("1",)).names == ("a dog barks",)
    assert read_manifest(write(tmp_path, "\ufeffpath,text\na.wav,rain\n")).column == "text"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,label\na.wav,dog\n", r"line 1: there is no column 'path'; there are: file, label\."),
        ("path;label\na.wav;dog\n", r"line 1: there is no column 'path'; there are: path;label\."),
        ("path,name\na.wav,dog\n", "line 1: there is no column 'text'"),
        ("", r"line 1: there is no column 'path'; there are: none\."),
        ("path,label\n", "has no line below its heading"),
        ("path,label\na.wav,dog\n,rain\n", "line 3, column path: it is empty"),
        ("path,label,text\na.wav,,x\n", r"line 2, column label: it is empty\. Use --text-column text"),
        ("path,label\na.wav,\n", r"line 2, column label: it is empty\. Name every clip"),
        ("path,label\na.wav,dog,3\n", "line 2: 3 cells for 2 columns"),
        ('path,label\na.wav,"dog\n', "line 2: this is not CSV"),
    ],
)
def test_mistakes_are_told_by_line_and_column(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=said):
        read_manifest(write(tmp_path, text))


def test_what_is_no_file_or_no_utf8_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no file at"):
        read_manifest(tmp_path / "absent.csv")
    with pytest.raises(BadInputError, match="is a folder"):
        read_manifest(tmp_path)
    with pytest.raises(BadInputError, match="line 2: this is not UTF-8"):
        read_manifest(write(tmp_path, "path,label\na.wav,café\n", "latin-1"))
    with pytest.raises(BadInputError, match="no column 'fold'"):
        read_manifest(write(tmp_path, "path,label\na.wav,dog\n"), folds=("1",))


def test_wordings_for_the_labels_there_are(tmp_path: Path) -> None:
    path = write(tmp_path, "label,language,wording\ndog,en,woof\ndog,de,ein Hund\ncat,en,meow\ndog,en,woof\n")
    assert read_wordings(path, ("dog", "rain")) == (Wording("dog", "en", "woof"), Wording("dog", "de", "ein Hund"))
    with pytest.raises(BadInputError, match=r"No line of .* is for a label"):
        read_wordings(path, ("Dog",))
    with pytest.raises(BadInputError, match="line 2, column wording: it is empty"):
        read_wordings(write(tmp_path, "label,language,wording\ndog,en,\n"), ("dog",))
