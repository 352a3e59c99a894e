"""One line of NDJSON becomes one command, or the reason why it is none.

A line that is not a command never enters the ledger: it is answered here, leaves no trace, and
its producer and number stay free for the corrected line.
"""

import json
from functools import cache
from typing import Annotated, Final, NamedTuple, final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, from_json

from ledger.core import messages
from ledger.core.messages import AnyCommand, SignedCommand
from ledger.core.refusals import RefusalCode
from ledger.edge.fields import EdgeField, Kind, edge_fields
from ledger.edge.models import OUT_OF_RANGE_ERROR, command_model, command_names
from ledger.log.codec import encode_command

LINE_BYTES_MAX: Final = 1024 * 1024
"""Longest line read, in bytes; a tick of 1,000 markets has some 250 KB."""

SIGNATURES: Final = "signatures"
"""Field of a line that is no field of its command: a list of one or two ``Signature``."""
SIGNATURES_MAX: Final = 2

_RANGE_ERRORS: Final = frozenset(
    {OUT_OF_RANGE_ERROR, "greater_than_equal", "less_than_equal", "string_too_long", "too_long"}
)
_COMMAND_CLASSES: Final = {name: getattr(messages, name) for name in command_names()}


class Signature(BaseModel):
    """One signature of a line: the key's id, or an account signer's public key, and 128 digits."""

    model_config = ConfigDict(strict=True, extra="forbid")

    key: str = Field(min_length=1, max_length=64)
    signature: str = Field(pattern="^[0-9a-f]{128}$")


_SIGNATURES: Final = TypeAdapter(Annotated[list[Signature], Field(min_length=1, max_length=SIGNATURES_MAX)])
_NOBODY: Final = Signature.model_construct(key="", signature="")


@final
class SignedLine:
    """A line that is a command with signatures."""

    __slots__ = ("command", "signed")

    def __init__(self, command: AnyCommand, signed: SignedCommand) -> None:
        self.command = command
        self.signed = signed


@final
class Rejected:
    """A line that is no command: refusal ``code``, ``detail``, and its id where that was readable."""

    __slots__ = ("code", "command_id", "detail")

    def __init__(self, code: RefusalCode, detail: str, command_id: str = "") -> None:
        self.code = code
        self.detail = detail
        self.command_id = command_id


def read_line(line: bytes, arrived_at_us: int) -> AnyCommand | SignedLine | Rejected:
    """The command in ``line``, without its line end.

    ``issued_at_us`` is ``arrived_at_us`` (Unix microseconds) when the line does not say. A line with
    ``signatures`` says it.
    """
    if len(line) > LINE_BYTES_MAX:
        return too_large()
    try:
        given = from_json(line, allow_inf_nan=False)
    except ValueError as fault:
        what = "empty line" if not line.strip() else f"not JSON: {fault}"
        return Rejected(RefusalCode.MALFORMED_COMMAND, what)
    if not isinstance(given, dict):
        return Rejected(RefusalCode.MALFORMED_COMMAND, "a line holds one JSON object")
    if line.count(b":") != _keys(given):
        repeated = _repeated_key(line)
        if repeated:
            return Rejected(RefusalCode.MALFORMED_COMMAND, f"{repeated}: given twice", _id_of(given))
    if SIGNATURES in given:
        return _read_signed(given)
    return read_object(given, arrived_at_us)


def _read_signed(given: dict[str, object]) -> SignedLine | Rejected:
    """A command with one or two signatures; what was signed is the command as the ledger encodes it."""
    try:
        signatures = _SIGNATURES.validate_python(given.pop(SIGNATURES))
    except ValidationError as fault:
        return _rejected(fault.errors(include_url=False, include_context=False)[0], given)
    if "issued_at_us" not in given:
        return Rejected(RefusalCode.MALFORMED_COMMAND, "issued_at_us: missing, and signed", _id_of(given))
    command = read_object(given, 0)
    if isinstance(command, Rejected):
        return command
    first, second = [*signatures, _NOBODY][:2]
    signed = SignedCommand(
        encode_command(command).hex(), first.key, first.signature, second.key, second.signature
    )
    return SignedLine(command, signed)


def read_object(given: dict[str, object], arrived_at_us: int) -> AnyCommand | Rejected:
    """The command in a parsed JSON object; see ``read_line``."""
    name = given.get("command")
    if not isinstance(name, str):
        why = "command: missing" if name is None else "command: not a string"
        return Rejected(RefusalCode.MALFORMED_COMMAND, why, _id_of(given))
    if name not in _COMMAND_CLASSES:
        return Rejected(RefusalCode.UNKNOWN_COMMAND, f"command: there is no {name[:64]!r}", _id_of(given))
    reader = _reader(name)
    try:
        model = reader.model.model_validate(given)
    except ValidationError as fault:
        return _rejected(fault.errors(include_url=False, include_context=False)[0], given)
    return reader.build(model, arrived_at_us)


def too_large() -> Rejected:
    """What a line gets that is longer than ``LINE_BYTES_MAX``."""
    return Rejected(RefusalCode.COMMAND_TOO_LARGE, f"the line is longer than {LINE_BYTES_MAX} bytes")


class _Slot(NamedTuple):
    """Where one constructor argument comes from."""

    source: str
    kind: Kind
    guards: bool
    """The argument is a ``has_x``: 1 when ``source`` was sent."""
    default: str | int | None
    item: "_RecordReader | None"


@final
class _RecordReader:
    """Builds one message class from one model."""

    __slots__ = ("cls", "slots")

    def __init__(self, record: str, fields: tuple[EdgeField, ...]) -> None:
        self.cls = getattr(messages, record)
        self.slots: list[_Slot] = []
        for field in fields:
            item = _RecordReader(field.record, field.items) if field.items else None
            if field.guard:
                self.slots.append(_Slot(field.name, field.kind, guards=True, default=None, item=None))
            self.slots.append(_Slot(field.name, field.kind, guards=False, default=field.default, item=item))

    def arguments(self, sent: dict[str, object], issued_at_us: int) -> list[object]:
        arguments: list[object] = []
        for source, kind, guards, default, item in self.slots:
            value = sent[source]
            if guards:
                value = 0 if value is None else 1
            elif value is None:
                value = issued_at_us if default is None else default
            elif kind is Kind.FLAG:
                value = 1 if value else 0
            elif item is not None and isinstance(value, list):
                value = [item.cls(*item.arguments(each.__dict__, issued_at_us)) for each in value]
            arguments.append(value)
        return arguments


@final
class _CommandReader:
    """The model of one command and the way from it to the message."""

    __slots__ = ("model", "record")

    def __init__(self, name: str) -> None:
        self.model: type[BaseModel] = command_model(name)
        self.record = _RecordReader(name, edge_fields(name))

    def build(self, model: BaseModel, arrived_at_us: int) -> AnyCommand:
        sent = model.__dict__
        issued_at_us = sent["issued_at_us"]
        if issued_at_us is None:
            issued_at_us = arrived_at_us
        command: AnyCommand = self.record.cls(*self.record.arguments(sent, issued_at_us))
        return command


@cache
def _reader(name: str) -> _CommandReader:
    return _CommandReader(name)


def _rejected(first: ErrorDetails, given: dict[str, object]) -> Rejected:
    place = ".".join(str(part) for part in first["loc"])
    code = RefusalCode.OUT_OF_RANGE if first["type"] in _RANGE_ERRORS else RefusalCode.MALFORMED_COMMAND
    return Rejected(code, f"{place[:100]}: {first['msg']}", _id_of(given))


def _id_of(given: dict[str, object]) -> str:
    producer, number = given.get("producer"), given.get("number")
    if not isinstance(producer, str) or isinstance(number, bool) or not isinstance(number, int):
        return ""
    return f"{producer[:64]}/{number}" if abs(number) < 2**63 else ""


def _keys(given: object) -> int:
    """How many keys the objects in ``given`` have together."""
    if isinstance(given, dict):
        return len(given) + sum(_keys(value) for value in given.values() if isinstance(value, (dict, list)))
    if isinstance(given, list):
        return sum(_keys(value) for value in given if isinstance(value, (dict, list)))
    return 0


def _repeated_key(line: bytes) -> str:
    """A key that some object of ``line`` has twice, or empty."""
    repeated: list[str] = []

    def check(pairs: list[tuple[str, object]]) -> None:
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                repeated.append(key[:100])
            seen.add(key)

    json.loads(line, object_pairs_hook=check)
    return repeated[0] if repeated else ""
