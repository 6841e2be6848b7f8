"""Trouble with stored events.

EventSourcingError
├── VersionConflict       somebody else appended to the stream first
├── CommandReused         a command id came back with another command
├── RebuildUnderWay       the read model is being rebuilt already
├── RebuildInterrupted    the rebuild of a read model was ended on purpose
├── BuildFailed           the building of a read model has ended before its time
├── StoreUnavailable      the store cannot be read or written
│   ├── StoreInUse        another process writes to it
│   ├── StoreDamaged      what is in it makes no sense
│   └── WritesStopped     somebody keeps it from being written for a while
├── LogFileRefused        a log file is not taken in
└── UnreadableEvent       stored, but not to be trusted or not understood
    ├── UnknownKind
    ├── UnknownSchema
    ├── BrokenChain
    └── StreamQuarantined  a stream is closed because of one of these
"""

from __future__ import annotations


class EventSourcingError(Exception):
    """The base of all trouble in this package."""


class VersionConflict(EventSourcingError):
    """The stream is not at the version that was expected."""

    def __init__(self, stream: str, expected: int, actual: int) -> None:
        super().__init__(f"{stream} is at version {actual}, not at {expected}")
        self.stream = stream
        self.expected = expected
        self.actual = actual


class CommandReused(EventSourcingError):
    """The same actor used the same command id for another command before."""

    def __init__(self, actor: str, command_id: str) -> None:
        super().__init__(f"{actor} has given command {command_id!r} before, with another content")
        self.actor = actor
        self.command_id = command_id


class StoreUnavailable(EventSourcingError):
    """The store cannot be read or written; a repeat tells whether a command was recorded."""


class StoreInUse(StoreUnavailable):
    """Another process writes to this store."""


class StoreDamaged(StoreUnavailable):
    """What is stored cannot have been written like that."""


class LogFileRefused(EventSourcingError):
    """A log file is damaged, not understood, or does not fit the log here: nothing was taken in."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        super().__init__(f"{file}, line {line}: {reason}")
        self.file = file
        self.line = line
        self.reason = reason


class WritesStopped(StoreUnavailable):
    """Nothing is to be recorded for now: whoever can wait, waits; nothing was recorded."""


class RebuildUnderWay(EventSourcingError):
    """The read model is being rebuilt already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the read model {name} is being rebuilt already")
        self.name = name


class RebuildInterrupted(EventSourcingError):
    """The rebuild of a read model was ended on purpose; what is built is kept."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the rebuild of the read model {name} was interrupted")
        self.name = name


class BuildFailed(EventSourcingError):
    """The building of a read model has ended before its time; what is built is kept."""


class UnreadableEvent(EventSourcingError):
    """A stored event that cannot be taken for true."""


class UnknownKind(UnreadableEvent):
    """No event of this kind is known."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"no event of kind {kind!r} is known to this version of the program")
        self.kind = kind


class UnknownSchema(UnreadableEvent):
    """The event was written by a newer version, or its data does not fit."""

    def __init__(self, kind: str, schema: int, reason: str) -> None:
        super().__init__(f"event {kind!r} of schema version {schema}: {reason}")
        self.kind = kind
        self.schema = schema


class BrokenChain(UnreadableEvent):
    """An event's hash does not follow from the one before it."""

    def __init__(self, stream: str, version: int) -> None:
        super().__init__(f"{stream} was changed after it was recorded, at version {version}")
        self.stream = stream
        self.version = version


class StreamQuarantined(UnreadableEvent):
    """The stream ends for everybody at an event that cannot be read, and takes no more."""

    def __init__(self, stream: str, version: int, reason: str) -> None:
        super().__init__(
            f"{stream} is closed, its record cannot be relied on from version {version} on "
            f"({reason}); everything else goes on"
        )
        self.stream = stream
        self.version = version
        self.reason = reason

    def again(self) -> StreamQuarantined:
        """The same, to be raised once more: an exception that is raised twice keeps both traces."""
        return StreamQuarantined(self.stream, self.version, self.reason)
