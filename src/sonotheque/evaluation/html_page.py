"""Writes a report as one HTML file that needs nothing else: no script, no font, no network.

Owns the page's markup and its two colour schemes. All text that came from outside is escaped here or in `plots`.
"""

from __future__ import annotations

import html

from sonotheque.evaluation.document import Document, Picture, Table
from sonotheque.values.recording import display_path

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2329; --faint: #5d6975; --paper: #ffffff; --line: #d8dee4; --wash: #f4f6f8;
        --right: #0072b2; --wrong: #c24e00; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e8ec; --faint: #9aa7b4; --paper: #14181c; --line: #333c45; --wash: #1c2228;
          --right: #6cb8ee; --wrong: #f29a5c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 62rem; background: var(--paper); color: var(--ink);
       font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 1rem; } h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 0; }
dt { color: var(--faint); } dd { margin: 0; overflow-wrap: anywhere; }
p { color: var(--faint); font-size: .9rem; margin: .5rem 0; max-width: 46rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left; white-space: nowrap; }
th { color: var(--faint); font-weight: 500; vertical-align: bottom; } .n { text-align: right; }
tbody tr:hover { background: var(--wash); }
svg { max-width: 100%; height: auto; display: block; } svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
svg .faint { fill: var(--faint); } svg .grid { stroke: var(--line); fill: none; }
svg .right { fill: var(--right); } svg .wrong { fill: var(--wrong); }
svg .rule { stroke: var(--faint); stroke-dasharray: 4 4; fill: none; }
"""


def render_html(document: Document) -> str:
    """The whole page as text, to be written as UTF-8."""
    title = escape(document.title)
    facts = "".join(f"<dt>{escape(word)}</dt><dd>{escape(what)}</dd>" for word, what in document.facts)
    parts = "\n".join(_table(part) if isinstance(part, Table) else _picture(part) for part in document.parts)
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<dl>{facts}</dl>\n{parts}\n</body>\n</html>\n"
    )


def escape(text: str) -> str:
    """Text that is safe inside an element or an attribute; control characters and those that turn writing are shown."""
    return html.escape(display_path(text.encode("utf-8", "surrogateescape")))


def _table(table: Table) -> str:
    classes = [' class="n"' if at in table.right else "" for at in range(len(table.columns))]
    head = "".join(f"<th{kind}>{escape(name)}</th>" for kind, name in zip(classes, table.columns, strict=True))
    body = "\n".join(
        "<tr>" + "".join(f"<td{kind}>{escape(cell)}</td>" for kind, cell in zip(classes, row, strict=True)) + "</tr>"
        for row in table.rows
    )
    content = f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>'
    return f"<h2>{escape(table.title)}</h2>\n{content}{_note(table.note)}"


def _picture(picture: Picture) -> str:
    return f'<h2>{escape(picture.title)}</h2>\n<div class="wide">{picture.svg}</div>{_note(picture.note)}'


def _note(text: str) -> str:
    return f"\n<p>{escape(text)}</p>" if text else ""
