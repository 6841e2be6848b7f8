r"""A log as a text file that can be carried elsewhere, and read by other programs.

The file is UTF-8, a JSON object a line, each line ended by a line feed and at most
`LONGEST_LINE` bytes long. Keys have the order shown, with no space between them. First a header:

    {"format":"event-log","version":1,"after":0,"follows":null,"check":"d2c9…"}

`after` is the position behind which the file begins, `follows` the hash of the event there. Then
a line an event, in the order of the log and without a hole:

    {"position":1,"stream":"lamp/hall","version":1,"kind":"turned_on","schema":1,
     "at":1782907200123456,"by":"ann","command":"first","cause":null,"hash":"6f0e…",
     "body":"51c3…","data":{"kind":"turned_on"},"check":"07aa…"}

(on one line). `at` is in microseconds since 1970 in UTC; `hash` is that of the chain, see
`chain_hash`; `body` is the digest of the command, on the last of its events, else null; `data`
are the stored bytes as they are, in which personal texts are sealed. If they are to be read
elsewhere, a line a key follows, in hexadecimal digits:

    {"owner":"ann","key":"9c1f…","check":"44d0…"}

The last line counts the events, and holds the SHA-256 of all bytes before it:

    {"events":1,"last":1,"sha256":"b05a…"}

`check` holds the first 16 digits of the SHA-256 of all bytes of the file up to the comma before
it: so it is known in which line a file was changed, and not only that it was. Both guard against
accidents; that nobody rewrote the history, the chain says to whoever knows its last hash.

A program reads the versions of the format up to its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Annotated, Final, Literal, NoReturn, TypeAlias

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import from_json

from clouds_edges.eventsourcing.codec import Encoded
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.eventsourcing.errors import LogFileRefused, StoreDamaged
from clouds_edges.eventsourcing.log_entry import LogEntry
from clouds_edges.eventsourcing.recorded import Checkpoint

FORMAT: Final = "event-log"
VERSION: Final = 1
LONGEST_LINE: Final = 1 << 20

_CHECK: Final = b',"check":"%b"}\n'
_CHECK_DIGITS: Final = 16
_CHECK_LENGTH: Final = len(_CHECK % bytes(_CHECK_DIGITS))
_DATA: Final = b',"data":'
"""Begins no earlier in a line: within a text its first quote would have a backslash."""

_Digits: TypeAlias = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
_Count: TypeAlias = Annotated[int, Field(ge=0, le=2**63 - 1)]
_FIRST_MOMENT: Final = -62_135_596_800_000_000
_LAST_MOMENT: Final = 253_402_300_799_999_999
"""Of the years 1 and 9999 in UTC, between which a `datetime` can be."""


Key: TypeAlias = tuple[str, bytes]
"""Whose key it is, and the key."""


@dataclass(frozen=True, slots=True)
class Header:
    """Where a file begins: behind position `after`, whose event has the hash `follows`."""

    after: Checkpoint
    follows: bytes | None


def log_file(
    header: Header, entries: Iterable[LogEntry], keys: Iterable[Key] = ()
) -> Iterator[bytes]:
    """The lines of a file that holds these entries, which begin right behind the header.

    The keys are asked for when all entries are written.

    Raises:
        StoreDamaged: An entry cannot be written as a line.
    """
    digest = hashlib.sha256()
    yield _checked(digest, _header_content(header))
    last = header.after
    for entry in entries:
        content = _entry_content(entry)
        if len(content) + _CHECK_LENGTH > LONGEST_LINE or b"\n" in content:
            message = f"{entry.name} cannot be written as a line: its data is no event's"
            raise StoreDamaged(message)
        yield _checked(digest, content)
        last = entry.position
    for owner, key in keys:
        yield _checked(digest, _KEY.dump_json(_KeyLine(owner, key.hex()))[:-1])
    yield _footer(header, last, digest.hexdigest())


class LogFileReader:
    """Reads a file line by line, and refuses what `log_file` cannot have written.

    `file` is opened for reading bytes; `name` is how refusals call it.
    """

    def __init__(self, file: IO[bytes], name: str) -> None:
        """Read the header; raises `LogFileRefused`."""
        self._file = file
        self._name = name
        self._line = 0
        self._digest = hashlib.sha256()
        self.keys: list[Key] = []
        """All keys in the file, once its entries have been read to the end."""
        self.header = self._read_header()

    def entries(self) -> Iterator[LogEntry]:
        """The entries; after the last of them it is certain that the file is whole.

        Raises:
            LogFileRefused: A line is not as it was written, or lines are missing, or too many.
        """
        last = self.header.after
        while not (line := self._next_line()).startswith((_OWNER, _FOOTER)):
            last = Checkpoint(last + 1)
            yield self._entry(line, last)
        while line.startswith(_OWNER):
            self.keys.append(self._key(line))
            line = self._next_line()
        if line != _footer(self.header, last, self._digest.hexdigest()):
            self.refuse("does not fit the lines before it: the file was changed or cut")
        if self._file.read(1):
            self._line += 1
            self.refuse("comes behind the end")

    def refuse(self, reason: str) -> NoReturn:
        """Raise the error that names the line read last."""
        raise LogFileRefused(self._name, self._line, reason)

    def _read_header(self) -> Header:
        line = self._next_line()
        content = line[:-_CHECK_LENGTH] + b"}"
        try:
            self._check_format(from_json(content))
            parsed = _HEADER.validate_json(content, strict=True, extra="forbid")
        except ValueError:
            self.refuse("is not the first line of a log file")
        self._check(line)
        follows = None if parsed.follows is None else bytes.fromhex(parsed.follows)
        return Header(Checkpoint(parsed.after), follows)

    def _check_format(self, content: object) -> None:
        match content:
            case {"format": str(name), "version": int(version)} if name == FORMAT:
                if version > VERSION:
                    self.refuse(
                        f"is of version {version} of the format, and this program reads up to "
                        f"{VERSION}: use a newer one"
                    )
                if version < 1:
                    self.refuse(f"is of version {version} of the format, and there is none")
            case _:
                self.refuse("is not the first line of a log file")

    def _entry(self, line: bytes, position: Checkpoint) -> LogEntry:
        envelope, _, data = line[:-_CHECK_LENGTH].partition(_DATA)
        try:
            parsed = _EVENT.validate_json(envelope + b"}", strict=True, extra="forbid")
        except ValidationError as error:
            self.refuse(f"is no event: {_reason(error)}")
        if parsed.position != position:
            self.refuse(
                f"is event {parsed.position} where {position} comes next: "
                "lines are missing, doubled or in another order"
            )
        self._check(line)
        return parsed.entry(data)

    def _key(self, line: bytes) -> Key:
        try:
            parsed = _KEY.validate_json(line[:-_CHECK_LENGTH] + b"}", strict=True, extra="forbid")
        except ValidationError as error:
            self.refuse(f"is no key: {_reason(error)}")
        self._check(line)
        return parsed.owner, bytes.fromhex(parsed.key)

    def _check(self, line: bytes) -> None:
        content, check = line[:-_CHECK_LENGTH], line[-_CHECK_LENGTH:]
        if _checked(self._digest, content) != content + check:
            self.refuse("was changed after it was written")

    def _next_line(self) -> bytes:
        self._line += 1
        line = self._file.readline(LONGEST_LINE + 1)
        if len(line) > LONGEST_LINE:
            self.refuse(f"is longer than {LONGEST_LINE} bytes")
        if not line.endswith(b"\n"):
            self.refuse("is cut off" if line else "is missing: the file is cut off")
        try:
            line.decode()
        except UnicodeDecodeError:
            self.refuse("is not UTF-8")
        return line


@dataclass(frozen=True, slots=True)
class _HeaderLine:
    format: Literal["event-log"]
    version: Literal[1]
    after: _Count
    follows: _Digits | None


@dataclass(frozen=True, slots=True)
class _EventLine:
    """All of an event's line but data and check."""

    position: _Count
    stream: str
    version: _Count
    kind: str
    schema: _Count
    at: Annotated[int, Field(ge=_FIRST_MOMENT, le=_LAST_MOMENT)]
    by: str
    command: str
    cause: str | None
    hash: _Digits
    body: _Digits | None

    def entry(self, data: bytes) -> LogEntry:
        """The entry that the line stands for."""
        return LogEntry(
            Checkpoint(self.position),
            StreamName(self.stream),
            self.version,
            Encoded(self.kind, self.schema, data),
            self.at,
            self.by,
            CommandId(self.command),
            self.cause,
            bytes.fromhex(self.hash),
            None if self.body is None else bytes.fromhex(self.body),
        )


@dataclass(frozen=True, slots=True)
class _KeyLine:
    owner: str
    key: _Digits


_HEADER: Final = TypeAdapter(_HeaderLine)
_EVENT: Final = TypeAdapter(_EventLine)
_KEY: Final = TypeAdapter(_KeyLine)
_OWNER: Final = b'{"owner":'
_FOOTER: Final = b'{"events":'


def _header_content(header: Header) -> bytes:
    follows = None if header.follows is None else header.follows.hex()
    return _HEADER.dump_json(_HeaderLine(FORMAT, VERSION, header.after, follows))[:-1]


def _entry_content(entry: LogEntry) -> bytes:
    line = _EventLine(
        entry.position,
        entry.stream,
        entry.version,
        entry.encoded.kind,
        entry.encoded.schema,
        entry.at,
        entry.by,
        entry.command_id,
        entry.cause,
        entry.hash.hex(),
        None if entry.body is None else entry.body.hex(),
    )
    return _EVENT.dump_json(line)[:-1] + _DATA + entry.encoded.data


def _footer(header: Header, last: Checkpoint, digest: str) -> bytes:
    return _FOOTER + b'%d,"last":%d,"sha256":"%b"}\n' % (
        last - header.after,
        last,
        digest.encode(),
    )


def _checked(digest: hashlib._Hash, content: bytes) -> bytes:
    """The line with this content and its check; the digest takes both in."""
    digest.update(content)
    check = _CHECK % digest.hexdigest()[:_CHECK_DIGITS].encode()
    digest.update(check)
    return content + check


def _reason(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(map(str, first["loc"]))
    return f"{where}: {first['msg']}" if where else first["msg"]
