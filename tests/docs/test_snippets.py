"""Every snippet of the documentation runs, or says why it does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.docs.snippets import ROOT, Snippet, Workplace, is_as_shown, list_pages, read_commands, read_snippets

PAGES = [page for page in list_pages() if any(read_snippets(page))]


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_snippets_of_a_page_run_in_order(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snippets = [snippet for snippet in read_snippets(page) if snippet.reason is None]
    if not snippets:
        pytest.skip("every snippet of this page says why it is not run")
    place = Workplace.make(tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in ("SONOTHEQUE_LIBRARY", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    for snippet in snippets:
        try:
            place.run(snippet)
        except Exception as error:
            raise AssertionError(f"{snippet.place}: {type(error).__name__}: {error}") from error


def test_every_snippet_that_is_not_run_gives_a_reason() -> None:
    all_snippets = [snippet for page in PAGES for snippet in read_snippets(page)]
    reasons = [snippet for snippet in all_snippets if snippet.reason is not None]
    assert len(all_snippets) > 30
    assert len(reasons) < len(all_snippets) / 3
    assert not [snippet.place for snippet in reasons if len(snippet.reason or "") < 10]


def write_page(folder: Path, text: str) -> list[Snippet]:
    page = folder / "page.md"
    page.write_text(text)
    return list(read_snippets(page))


def test_blocks_and_their_marks_are_read(tmp_path: Path) -> None:
    text = (
        "```sh\nsono status\n```\n\n*Not run by the tests: it takes a day.*\n\n```sh\nsleep 86400\n```\n"
        "```text\nno program\n```\n<!-- captured lines=3 -->\n```console\n$ ls\nwhat was\n```\n"
        "1. point\n\n   ```python\n   if True:\n       x = 1\n   ```\n"
    )
    first, second, third, fourth = write_page(tmp_path, text)
    assert (first.language, first.text, first.line, first.reason) == ("sh", "sono status", 2, None)
    assert second.reason == "it takes a day."
    assert (third.captured, third.n_lines) == (True, 3)
    assert read_commands(third.text) == [("ls", ["what was"])]
    assert (fourth.text, fourth.captured) == ("if True:\n    x = 1", False)


@pytest.mark.parametrize(
    ("printed", "shown", "same"),
    [
        ("3 files found.\n", ["3 files found."], True),
        ("3 files found.\n", ["4 files found."], False),
        ("3 files found; took 0.3 s.\n", ["3 files found; took ... s."], True),
        ("a    b\n", ["a b"], True),
        ("first\nsecond\nthird\n", ["first", "..."], True),
        ("a.b\n", ["axb"], False),
        ("more than shown\n", ["more"], False),
    ],
)
def test_outputs_are_compared(printed: str, shown: list[str], same: bool) -> None:
    assert is_as_shown(printed, shown) == same


def test_a_snippet_that_fails_is_found(tmp_path: Path) -> None:
    place = Workplace(tmp_path)
    place.write_programs()
    bad = write_page(
        tmp_path, "```sh\nfalse\ntrue\n```\n```console\n$ echo yes\nno\n```\n```python\nassert 1 == 2\n```\n"
    )
    assert len(bad) == 3
    for snippet in bad:
        with pytest.raises(AssertionError):
            place.run(snippet)
