"""Writes the parts of the reference that the code itself knows best.

Owns the blocks between `<!-- begin generated: NAME -->` and `<!-- end generated -->` in docs; the words around them are
written by hand.

    python docs/generate_reference.py            bring every page up to date
    python docs/generate_reference.py --check    exit with 1 where one is not
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import inspect
import re
import runpy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click

import sonotheque
from sonotheque.audio import formats
from sonotheque.errors import OUTCOMES, SonothequeError
from sonotheque.ingest.settings import IndexSettings
from sonotheque.ingest.walk import Selection
from sonotheque.surfaces.cli.app import EXAMPLES, HOMES, cli
from sonotheque.surfaces.cli.command import TeachingCommand

DOCS = Path(__file__).parent
FLOORS = DOCS.parent / "tests" / "house" / "floors.py"
BLOCK = re.compile(r"(<!-- begin generated: ([\w-]+) -->\n).*?(<!-- end generated -->)", re.DOTALL)


def write_cli() -> str:
    """Every command: usage, purpose, options, examples."""
    top = click.Context(cli, info_name="sono", **cli.context_settings)
    parts = ["## sono\n", *_describe(cli, top, EXAMPLES)]
    for name in HOMES:
        command = cli.get_command(top, name)
        assert isinstance(command, TeachingCommand)
        context = click.Context(command, info_name=name, parent=top)
        parts += [f"## sono {name}\n", *_describe(command, context, command.examples)]
        for part in command.commands.values() if isinstance(command, click.Group) else ():
            assert isinstance(part, TeachingCommand)
            below = click.Context(part, info_name=part.name, parent=context)
            parts += [f"### sono {name} {part.name}\n", *_describe(part, below, part.examples)]
    return "\n".join(parts)


def _describe(command: click.Command, context: click.Context, examples: tuple[tuple[str, str], ...]) -> Iterator[str]:
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"`{context.command_path} {usage}`\n"
    yield inspect.cleandoc(command.help or "") + "\n"
    records = [(option, option.get_help_record(context)) for option in command.get_params(context)]
    shown = [record for option, record in records if isinstance(option, click.Option) and record is not None]
    yield "| option | meaning |\n|---|---|"
    for names, meaning in shown:
        yield f"| `{names.replace('|', chr(92) + '|')}` | {_cell(meaning)} |"
    width = max(len(line) for line, _ in examples)
    yield "\nExamples:\n\n```text"
    for line, meaning in examples:
        yield f"{line:<{width}}  # {meaning}"
    yield "```\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")


def write_errors() -> str:
    """The table of error families."""
    lines = ["| error | also a | means | exit code | HTTP | MCP |", "|---|---|---|---|---|---|"]
    for family, outcome in OUTCOMES.items():
        bases = ", ".join(f"`{base.__name__}`" for base in family.__bases__ if not issubclass(base, SonothequeError))
        meaning = _cell(_first_sentence(family))
        lines.append(
            f"| `{family.__name__}` | {bases} | {meaning} | {outcome.exit_code} | {outcome.http_status} "
            f"| {outcome.mcp_code} |"
        )
    return "\n".join(lines)


def _first_sentence(thing: object) -> str:
    text = " ".join((inspect.getdoc(thing) or "").split())
    return text if text.endswith(".") and text.count(". ") == 0 else text.partition(". ")[0] + "."


def write_formats() -> str:
    """The containers that are read, and the file names that are looked at."""
    readers = {container.name: container for _, _, container in formats._MAGIC}
    readers |= {item.name: item for item in (formats.MP3, formats._ADTS, formats._MPEG_TS)}
    lines = ["| container | read by |", "|---|---|"]
    for name in sorted(readers):
        first = "libsndfile, else FFmpeg" if readers[name].soundfile else "FFmpeg"
        lines.append(f"| {name} | {first} |")
    endings = " ".join(f"`{suffix}`" for suffix in sorted(formats.SOUND_SUFFIXES))
    return "\n".join([*lines, "", f"Files with these {len(formats.SOUND_SUFFIXES)} endings are looked at:\n", endings])


def write_python() -> str:
    """Everything that `sonotheque` exports."""
    parts: list[str] = []
    for name in sorted(set(sonotheque.__all__) - {"__version__"}, key=lambda name: (name != "open", name)):
        thing = getattr(sonotheque, name)
        parts.append(f"## sonotheque.{name}\n")
        parts += _describe_class(name, thing) if inspect.isclass(thing) else [_describe_call(name, thing)]
    return "\n".join(parts)


def _describe_class(name: str, thing: type) -> Iterator[str]:
    if dataclasses.is_dataclass(thing):
        yield _describe_call(name, thing)
    else:
        yield (inspect.getdoc(thing) or "") + "\n"
    for member, value in vars(thing).items():
        if member.startswith("_") or inspect.getdoc(value) is None:
            continue
        if inspect.isfunction(value):
            yield f"### {name}.{member}\n\n{_describe_call(member, value)}"
        elif isinstance(value, property):
            yield f"`.{member}`: {inspect.getdoc(value)}\n"


def _describe_call(name: str, thing: Callable[..., object]) -> str:
    signature = inspect.signature(thing)
    kept = [str(parameter) for parameter in signature.parameters.values() if parameter.name != "self"]
    first_named = next((i for i, p in enumerate(signature.parameters.values()) if p.kind is p.KEYWORD_ONLY), None)
    if first_named is not None:
        kept.insert(first_named - (len(signature.parameters) - len(kept)), "*")
    returned = "" if inspect.isclass(thing) else f" -> {signature.return_annotation}"
    text = f"{name}({', '.join(kept)}){returned}"
    if len(text) > 100:
        text = f"{name}(\n    " + ",\n    ".join(kept) + f",\n){returned}"
    return f"```text\n{_plain(text)}\n```\n\n{inspect.getdoc(thing)}\n"


def _plain(signature: str) -> str:
    """Without the quotes round annotations, and without the addresses of default factories."""
    unquoted = re.sub(r": '([^']*)'", r": \1", signature)
    # The order of a set is another in each process.
    unquoted = re.sub(r"\{([^}]*)\}", lambda match: "{" + ", ".join(sorted(match[1].split(", "))) + "}", unquoted)
    return re.sub(r"<factory>|<class '[\w.]+'>", "...", unquoted)


def write_index_settings() -> str:
    """The settings of an index run, with defaults."""
    lines = []
    for kind in (IndexSettings, Selection):
        lines += [f"`{kind.__module__}.{kind.__name__}`: {inspect.getdoc(kind)}\n", "| field | default |", "|---|---|"]
        for item in dataclasses.fields(kind):
            default = "`Selection()`" if item.default is dataclasses.MISSING else f"`{item.default!r}`"
            lines.append(f"| `{item.name}` | {default} |")
        lines.append("")
    return "\n".join(lines)


def write_imports() -> str:
    """Which part of the package may import which, as the test of it has it; the highest floor first."""
    parts = runpy.run_path(str(FLOORS))["PARTS"].values()
    lines = ["| part | may import | libraries |", "|---|---|---|"]
    for part in reversed([part for part in parts if not part.name.startswith("__")]):
        allowed, libraries = ", ".join(part.may_import) or "nothing", ", ".join(part.libraries) or "none"
        lines.append(f"| `{part.name}` | {allowed} | {libraries} |")
    return "\n".join(lines)


CONSTANTS = (
    ("search.timeline", "BOUNDARY_SHARE", "of the peak: how far a stretch reaches"),
    ("search.timeline", "SURE_SHARE", "of the peak: what a stretch must reach somewhere"),
    ("search.timeline", "MAX_GAP_S", "seconds of pause that do not end a stretch"),
    ("search.align", "MAX_CHAIN_S", "seconds of touching windows that are read as one"),
    ("search.fuse", "RANK_CONSTANT", "of the rank fusion"),
    ("search.names", "FULL_MATCH", "score of a name that holds every word"),
    ("search.ranking", "WEAK_BELOW", "score under which a hit is weak"),
    ("search.ranking", "IN_A_ROW", "hits of one recording before others come"),
)


def write_constants() -> str:
    """The numbers that a search depends on."""
    lines = ["| constant | value | means |", "|---|---|---|"]
    for module, name, meaning in CONSTANTS:
        value = getattr(importlib.import_module(f"sonotheque.{module}"), name)
        lines.append(f"| `{name}` in `{module.replace('.', '/')}.py` | {value} | {meaning} |")
    return "\n".join(lines)


WRITERS: dict[str, Callable[[], str]] = {
    "cli": write_cli,
    "errors": write_errors,
    "formats": write_formats,
    "python": write_python,
    "index-settings": write_index_settings,
    "imports": write_imports,
    "constants": write_constants,
}


def renew(text: str) -> str:
    """A page with its generated blocks written anew."""

    def write(match: re.Match[str]) -> str:
        return f"{match[1]}\n{WRITERS[match[2]]().strip()}\n\n{match[3]}"

    return BLOCK.sub(write, text)


def main(arguments: list[str] | None = None) -> int:
    """Writes the pages; with --check, only tells which are out of date."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    stale = []
    for page in sorted(DOCS.rglob("*.md")):
        old = page.read_text(encoding="utf-8")
        new = renew(old)
        if new != old:
            stale.append(page.name)
            if not options.check:
                page.write_text(new, encoding="utf-8")
    if stale:
        sys.stdout.write(f"{'Out of date' if options.check else 'Written'}: {', '.join(stale)}\n")
    return 1 if stale and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
