"""Standard MIDI files, format 0: what is played when, as bytes.

Owns the file format (MIDI 1.0, RP-001). Knows nothing of who plays it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sonotheque.errors import BadInputError

TICKS_PER_QUARTER = 500
# 500 000 microseconds a quarter note with 500 ticks each: a tick is a millisecond.
TEMPO_US_PER_QUARTER = 500_000
DRUM_CHANNEL = 9
ALL_SOUND_OFF = 120


@dataclass(frozen=True, slots=True)
class Note:
    """One note: seconds from the start, seconds held, key number 0 to 127, velocity 1 to 127."""

    onset_s: float
    held_s: float
    key: int
    velocity: int

    def __post_init__(self) -> None:
        if not (self.onset_s >= 0 and self.held_s > 0 and 0 <= self.key <= 127 and 1 <= self.velocity <= 127):
            raise BadInputError(f"A note needs onset >= 0, length > 0, key 0-127 and velocity 1-127, not {self}.")

    def moved(self, by_s: float) -> Note:
        """The same note later."""
        return replace(self, onset_s=self.onset_s + by_s)


@dataclass(frozen=True, slots=True)
class Message:
    """A channel message at a millisecond. `order` settles what comes first within it."""

    at_ms: int
    order: int
    data: bytes


def program_change(at_s: float, channel: int, program: int) -> Message:
    """`channel` plays `program` (0-127) from now on."""
    return Message(round(1000 * at_s), 1, bytes((0xC0 | channel, program)))


def silence_channel(at_s: float, channel: int) -> Message:
    """Everything on `channel` stops at once, its release too."""
    return Message(round(1000 * at_s), 0, bytes((0xB0 | channel, ALL_SOUND_OFF, 0)))


def note_messages(note: Note, channel: int) -> tuple[Message, Message]:
    """Note on and note off."""
    start = round(1000 * note.onset_s)
    stop = max(start + 1, round(1000 * (note.onset_s + note.held_s)))
    on = Message(start, 3, bytes((0x90 | channel, note.key, note.velocity)))
    return on, Message(stop, 2, bytes((0x80 | channel, note.key, 0)))


def encode_midi(messages: Iterable[Message], end_s: float) -> bytes:
    """The file of these messages, ending at `end_s` or at the last of them, whichever is later."""
    track = bytearray(b"\x00\xff\x51\x03" + TEMPO_US_PER_QUARTER.to_bytes(3, "big"))
    now = 0
    for message in sorted(messages, key=lambda one: (one.at_ms, one.order)):
        track += _variable_length(message.at_ms - now) + message.data
        now = message.at_ms
    track += _variable_length(max(0, round(1000 * end_s) - now)) + b"\xff\x2f\x00"
    header = b"MThd" + (6).to_bytes(4, "big") + b"".join(n.to_bytes(2, "big") for n in (0, 1, TICKS_PER_QUARTER))
    return header + b"MTrk" + len(track).to_bytes(4, "big") + bytes(track)


def _variable_length(value: int) -> bytes:
    """Seven bits a byte, most significant first, all but the last with the high bit set."""
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(0x80 | (value & 0x7F))
    return bytes(reversed(groups))
