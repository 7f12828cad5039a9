"""What the tiers of a TextGrid mean: utterances, words, speakers, or neither.

Owns the names that annotators and aligners give to tiers, and the step between tiers and utterances. A tier is called
`words`, `utterances`, or by its speaker; aligners write `Anna - words`. Utterances that overlap go to further tiers
(`utterances 2`), as a tier can't hold two at a time. Knows nothing of the text of such files.
"""

from __future__ import annotations

import bisect
import heapq
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sonotheque.subtitles.cues import span_ms
from sonotheque.subtitles.draft import MAX_TIME_S, Draft
from sonotheque.subtitles.markup import on_one_line, tidy
from sonotheque.subtitles.textgrid import Label, Tier, format_textgrid, parse_textgrid
from sonotheque.subtitles.timed_words import group_words, make_word, span_of, text_of
from sonotheque.values.utterance import Utterance, Word

_WORDS = frozenset("mot mots ort-mau palabra palabras parola parole token tokens word words wort wörter wrd".split())
_UTTERANCES = frozenset(
    (
        "caption captions cue cues ipu ort orthography phrase phrases sentence sentences speech subtitle subtitles "
        "text transcript transcription transcriptions trn turn turns utt utterance utterances"
    ).split()
)
_OTHERS = frozenset(
    (
        "accent break breaks comment comments error errors gloss ipa kan kan-mau lemma mas mau misc note notes phon "
        "phone phones phoneme phonemes phonetic pitch points pos segment segments silence silences syll syllable "
        "syllables syllabe tobi tone tones trn-mau vowel vowels"
    ).split()
)
_SILENCES = frozenset("# _ - sil sp spn pau <sil> <p> <p:> <eps> <usb> <silence> <unk> [silence] (silence)".split())
_KNOWN = {**dict.fromkeys(_WORDS, "words"), **dict.fromkeys(_UTTERANCES, "utterances"), **dict.fromkeys(_OTHERS, "")}
_NUMBERED = re.compile(r"(\D+?)\s?(\d{1,6})", re.ASCII)
_LONGEST_NAME = 200
_EMPTY_MS = 1000
"""How long a file is in which nothing is said and whose recording's length is not known: Praat wants some length."""

Lane = tuple[str | None, int]
"""A speaker, and which of the speaker's parallel tiers, counted from 1."""


@dataclass(frozen=True, slots=True)
class _Role:
    """What a tier holds (`words`, `utterances` or neither), of whom, and as which of several parallel tiers."""

    kind: str
    lane: Lane


def read_textgrid(text: str, draft: Draft) -> None:
    """Adds the utterances of a TextGrid to `draft`; raises `BadInputError` where it is damaged or has no such tier."""
    tiers = parse_textgrid(text, draft)
    roles = [_role(tier.name) for tier in tiers]
    used = [at for at, tier in enumerate(tiers) if roles[at].kind and not tier.has_points]
    if not used:
        used = _second_choice(tiers)
        roles = [_Role("utterances", role.lane) for role in roles]
    if not used and tiers:
        names = ", ".join(repr(tier.name[:40]) for tier in tiers[:5])
        raise draft.refuse(f"has no tier of words or utterances, only {names}", next_step="Name a tier 'words'.")
    left = [tiers[at].name[:40] for at in range(len(tiers)) if at not in set(used)]
    if left:
        draft.note(f"has tiers that are not read: {', '.join(map(repr, left[:5]))}")
    utterances = {roles[at].lane: tiers[at] for at in used if roles[at].kind == "utterances"}
    words = {roles[at].lane: tiers[at] for at in used if roles[at].kind == "words"}
    for lane, (said, spoken) in _pair(utterances, words).items():
        _add_lane(said, spoken, lane[0], draft)


def _role(name: str) -> _Role:
    """The role of a tier by its name: `Anna - words 2` is the second tier of Anna's words."""
    name = on_one_line(name[:_LONGEST_NAME])
    kind, number = _kind(name)
    if kind is not None:
        return _Role(kind, (None, number))
    for separator in (" - ", "/", "_", ":", "-"):
        speaker, _, last = name.rpartition(separator)
        kind, number = _kind(last)
        if kind is not None and speaker.strip():
            return _Role(kind, (speaker.strip(), number))
    return _Role("utterances", (name or None, 1))


def _kind(name: str) -> tuple[str | None, int]:
    """What is called so, and its number; None where it is no name of a kind of tier."""
    name = name.strip().casefold()
    if name in _KNOWN:
        return _KNOWN[name], 1
    numbered = _NUMBERED.fullmatch(name)
    return (None, 1) if numbered is None else (_KNOWN.get(numbered.group(1).strip()), int(numbered.group(2)))


def _second_choice(tiers: Sequence[Tier]) -> list[int]:
    """Where no tier is by name what is wanted: the first of intervals, else the first of points."""
    for has_points in (False, True):
        found = [at for at, tier in enumerate(tiers) if tier.has_points == has_points and tier.labels]
        if found:
            return found[:1]
    return [0] if tiers and not any(tier.labels for tier in tiers) else []


def _pair(utterances: dict[Lane, Tier], words: dict[Lane, Tier]) -> dict[Lane, tuple[Tier | None, Tier | None]]:
    """Each tier of utterances with that of its words: of the same lane, or the only two there are."""
    if len(utterances) == len(words) == 1:
        return {next(iter(utterances)): (next(iter(utterances.values())), next(iter(words.values())))}
    return {lane: (utterances.get(lane), words.get(lane)) for lane in dict.fromkeys((*utterances, *words))}


def _add_lane(said: Tier | None, spoken: Tier | None, speaker: str | None, draft: Draft) -> None:
    words = [] if spoken is None else _words(spoken.labels, draft)
    labels = [] if said is None else [label for label in _labels(said, draft) if not _is_silence(label.text)]
    starts = [label.start_s for label in labels]
    taken: list[list[Word]] = [[] for _ in labels]
    alone: list[Word] = []
    for word in words:
        middle_s = (word.span.start_s + word.span.end_s) / 2
        at = bisect.bisect_right(starts, middle_s) - 1
        (taken[at] if at >= 0 and middle_s < labels[at].end_s else alone).append(word)
    for label, own in zip(labels, taken, strict=True):
        draft.add(f"line {label.line}", label.start_s, label.end_s, label.text, speaker=speaker, words=own)
    for group in group_words(alone):
        span = span_of(group)
        draft.add("a word", span.start_s, span.end_s, text_of(group), speaker=speaker, words=group)


def _labels(tier: Tier, draft: Draft) -> list[Label]:
    """The labels in order of time; a point lasts until the next."""
    labels = sorted(tier.labels, key=lambda label: label.start_s)
    if not tier.has_points:
        return labels
    draft.note(f"has points only: what {tier.name[:40]!r} says at one lasts until the next")
    last_s = labels[-1].start_s + 5.0 if draft.duration_s is None else draft.duration_s
    ends = [*(label.start_s for label in labels[1:]), last_s]
    return [Label(label.start_s, end_s, label.text, label.line) for label, end_s in zip(labels, ends, strict=True)]


def _words(labels: Iterable[Label], draft: Draft) -> list[Word]:
    words: list[Word] = []
    for label in labels:
        if _is_silence(label.text) or not tidy(label.text):
            continue
        if not max(0.0, label.start_s) < label.end_s <= MAX_TIME_S:
            draft.leave_out("has no possible time", f"line {label.line}")
        elif (word := make_word(label.text, label.start_s, label.end_s)) is not None:
            words.append(word)
    return sorted(words, key=lambda word: word.span.start_s)


def _is_silence(text: str) -> bool:
    return text.strip().casefold() in _SILENCES


def write_textgrid(utterances: Sequence[Utterance], duration_s: float | None) -> str:
    """The file as text: a tier of utterances and one of words, for each speaker and for each that overlaps others.

    Words are cut where the next begins, as a tier can't hold two at a time.
    """
    lanes: dict[Lane, list[Utterance]] = {}
    for lane, utterance in zip(_assign_lanes(utterances), utterances, strict=True):
        lanes.setdefault(lane, []).append(utterance)
    tiers: list[tuple[str, list[tuple[int, int, str]]]] = []
    for (speaker, number), members in (lanes or {(None, 1): []}).items():
        before = "" if speaker is None else f"{speaker} - "
        after = "" if number == 1 else f" {number}"
        tiers.append((f"{before}utterances{after}", [(*span_ms(one.span), tidy(one.text)) for one in members]))
        words = _cut([word for one in members for word in one.words])
        if words:
            tiers.append((f"{before}words{after}", words))
    last_ms = max((labels[-1][1] for _, labels in tiers if labels), default=0)
    return format_textgrid(tiers, max(last_ms, round((duration_s or 0.0) * 1000)) or _EMPTY_MS)


def _assign_lanes(utterances: Sequence[Utterance]) -> list[Lane]:
    """For each utterance, in order of time, its speaker and the first of that speaker's tiers that is free."""
    busy: dict[str | None, list[tuple[int, int]]] = {}
    free: dict[str | None, list[int]] = {}
    lanes: list[Lane] = []
    for utterance in utterances:
        speaker = None if utterance.speaker is None else on_one_line(utterance.speaker) or None
        start_ms, end_ms = span_ms(utterance.span)
        taken, idle = busy.setdefault(speaker, []), free.setdefault(speaker, [])
        while taken and taken[0][0] <= start_ms:
            heapq.heappush(idle, heapq.heappop(taken)[1])
        number = heapq.heappop(idle) if idle else len(taken) + 1
        heapq.heappush(taken, (end_ms, number))
        lanes.append((speaker, number))
    return lanes


def _cut(words: Sequence[Word]) -> list[tuple[int, int, str]]:
    """Words in order of time, none of which ends after the next begins; of several that begin together, the first."""
    labels: list[tuple[int, int, str]] = []
    for word in sorted(words, key=lambda word: word.span.start_s):
        start_ms, end_ms = span_ms(word.span)
        if labels and labels[-1][0] == start_ms:
            continue
        if labels and labels[-1][1] > start_ms:
            labels[-1] = (labels[-1][0], start_ms, labels[-1][2])
        labels.append((start_ms, end_ms, on_one_line(word.text)))
    return labels
