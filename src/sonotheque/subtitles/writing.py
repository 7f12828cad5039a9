"""Writes a transcript as a file, in any of the known formats.

Owns the list of formats and which writer makes each. Knows no format itself.
"""

from __future__ import annotations

from sonotheque.errors import BadInputError
from sonotheque.subtitles.json_writing import write_json
from sonotheque.subtitles.lrc import write_lrc
from sonotheque.subtitles.markup import tidy
from sonotheque.subtitles.plain import write_plain
from sonotheque.subtitles.srt import write_srt
from sonotheque.subtitles.tiers import write_textgrid
from sonotheque.subtitles.vtt import write_vtt
from sonotheque.values.utterance import Transcript

SUFFIX_OF = {
    "srt": ".srt",
    "vtt": ".vtt",
    "txt": ".txt",
    "lrc": ".lrc",
    "json": ".json",
    "textgrid": ".TextGrid",
}
"""The formats that are written, and the ending of each one's files."""


def write_transcript(
    transcript: Transcript, format: str, *, duration_s: float | None = None, word_times: bool = False
) -> str:
    """The text of a file in `format`: srt, vtt, txt, lrc, json or textgrid. To be encoded as UTF-8.

    Read back, its times agree to the millisecond (txt has none; in lrc an utterance ends at the latest where the next
    begins). JSON and TextGrid hold the words with their times; vtt and lrc do with `word_times`, of players that show
    each word as it is sung; srt and txt have no place for them. `duration_s`, the length of the recording, is where a
    TextGrid ends. Utterances are written as they are: `lay_out` makes subtitles of readable length of them first.
    Raises `BadInputError` for another format.
    """
    utterances = [utterance for utterance in transcript.utterances if tidy(utterance.text)]
    match format:
        case "srt":
            return write_srt(utterances)
        case "vtt":
            return write_vtt(utterances, language=transcript.language, word_times=word_times)
        case "txt":
            return write_plain(utterances)
        case "lrc":
            return write_lrc(utterances, language=transcript.language, word_times=word_times)
        case "json":
            return write_json(Transcript(transcript.source, tuple(utterances)))
        case "textgrid":
            return write_textgrid(utterances, duration_s)
    raise BadInputError(f"{format!r} is no format of transcripts.", next_step=f"Choose {', '.join(SUFFIX_OF)}.")
