"""Hits for other programs: JSON, CSV and M3U.

Owns the fields and their names. Every form is valid whatever bytes a file's name holds.
"""

from __future__ import annotations

import csv
import io
from typing import Any
from urllib.parse import quote

from sonotheque.values.hit import Hit, SearchResult
from sonotheque.values.query import Query
from sonotheque.values.recording import display_path

CSV_FIELDS = ("rank", "score", "weak", "start_s", "end_s", "duration_s", "path", "evidence")


def as_json(result: SearchResult) -> dict[str, Any]:
    """The whole answer. `path_bytes_hex` stands beside a path that is not UTF-8 and so can't be given as text."""
    return {
        "query": _query(result.query),
        "hits": [_hit(hit) for hit in result.hits],
        "notes": list(result.notes),
        "seconds": round(result.seconds, 6),
    }


def _query(query: Query) -> dict[str, Any]:
    filters = query.filters
    return {
        "text": query.text,
        "like": [_safe(str(example)) for example in query.like],
        "like_weight": query.like_weight,
        "k": query.k,
        "min_score": query.min_score,
        "evidence": sorted(query.evidence),
        "filters": {
            "path": filters.path,
            "min_duration_s": filters.min_duration_s,
            "max_duration_s": filters.max_duration_s,
            "after": None if filters.after is None else filters.after.isoformat(),
            "before": None if filters.before is None else filters.before.isoformat(),
            "label": filters.label,
        },
    }


def _hit(hit: Hit) -> dict[str, Any]:
    return {
        "rank": hit.rank,
        **path_fields(hit.path),
        "start_s": round(hit.span.start_s, 4),
        "end_s": round(hit.span.end_s, 4),
        "score": round(hit.score, 6),
        "weak": hit.weak,
        "evidence": [
            {
                "kind": reason.kind,
                "rank": reason.rank,
                "score": round(reason.score, 6),
                "cosine": None if reason.cosine is None else round(reason.cosine, 6),
                "detail": _safe(reason.detail),
            }
            for reason in hit.evidence
        ],
        "duration_s": round(hit.duration_s, 4),
        "other_paths": [path_text(path) for path in hit.other_paths],
    }


def path_text(path: bytes) -> str:
    """The path as it is where it is UTF-8, else as it is displayed."""
    try:
        return path.decode("utf-8")
    except UnicodeDecodeError:
        return display_path(path)


def path_fields(path: bytes) -> dict[str, str]:
    """`path`, and `path_bytes_hex` where the text can't stand for the bytes."""
    text = path_text(path)
    return {"path": text} if text.encode() == path else {"path": text, "path_bytes_hex": path.hex()}


def as_csv(result: SearchResult) -> str:
    """A heading and one line per hit (RFC 4180, with plain line ends)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_FIELDS)
    for hit in result.hits:
        reasons = "; ".join(f"{reason.kind} {reason.score:.4f} ({reason.detail})" for reason in hit.evidence)
        writer.writerow(
            [hit.rank, f"{hit.score:.6f}", int(hit.weak), f"{hit.span.start_s:.4f}", f"{hit.span.end_s:.4f}",
             f"{hit.duration_s:.4f}", path_text(hit.path), _safe(reasons)]
        )  # fmt: skip
    return out.getvalue()


def as_m3u(result: SearchResult) -> str:
    """An extended M3U in UTF-8; the start and stop times are VLC's options, which other players pass over."""
    lines = ["#EXTM3U"]
    for hit in result.hits:
        lines.append(f"#EXTINF:{max(1, round(hit.span.duration_s))},{hit.shown_path.rsplit('/', 1)[-1]}")
        lines.append(f"#EXTVLCOPT:start-time={hit.span.start_s:.3f}")
        lines.append(f"#EXTVLCOPT:stop-time={hit.span.end_s:.3f}")
        lines.append(_playlist_entry(hit.path))
    return "\n".join(lines) + "\n"


def _playlist_entry(path: bytes) -> str:
    """The path, or its percent-encoded URI where a line of text can't hold it."""
    text = path_text(path)
    return text if text.encode() == path == display_path(path).encode() else "file://" + quote(path)


def _safe(text: str) -> str:
    """Text without lone surrogates, which no encoder of UTF-8 takes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
