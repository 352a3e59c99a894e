"""``ledger keys`` and ``ledger sign``: keys of operators and signers, and signatures of commands."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic_core import from_json

from ledger.bootstrap import arrival_us
from ledger.cli.exits import Exit, say
from ledger.cli.output import print_json_lines
from ledger.core.messages import AnyCommand
from ledger.edge.commands import SIGNATURES, Rejected, read_object
from ledger.errors import SettingsFault
from ledger.log.codec import encode_command
from ledger.signing import new_private_key, public_key, signature_of

KeyFileArgument = Annotated[Path, typer.Argument(help="File of a private key.")]

keys_app = typer.Typer(no_args_is_help=True, help="Keys that sign commands.")


@keys_app.command("new")
def new(file: KeyFileArgument) -> None:
    """Make a private key in a file that only its owner can read, and print its public key."""
    private = new_private_key()
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SettingsFault("there is a file already", where=str(file)) from None
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        opened.write(private + "\n")
    typer.echo(public_key(private))


@keys_app.command("public")
def public(file: KeyFileArgument) -> None:
    """Print the public key of a private one."""
    typer.echo(public_key(read_key(file)))


@keys_app.command("register")
def register(
    file: KeyFileArgument,
    key_id: Annotated[str, typer.Option("--key-id", help="Name of the key in later signatures.")],
    operator: Annotated[str, typer.Option("--operator", help="Person who holds it.")],
    number: Annotated[int, typer.Option("--number", min=1, help="Number of the command.")],
    producer: Annotated[str, typer.Option("--producer", help="Producer of the command.")] = "operator",
) -> None:
    """Print the command that registers the public key of a private one, to be signed and submitted."""
    command = {"command": "RegisterKey", "producer": producer, "number": number, "key_id": key_id}
    print_json_lines(
        [{**command, "public_key": public_key(read_key(file)), "role": "operator", "operator": operator}]
    )


def sign(
    file: Annotated[str, typer.Argument(help="File with one JSON command per line, or - for stdin.")],
    key: Annotated[Path, typer.Option("--key", help="File of the private key.")],
    ledger_id: Annotated[str, typer.Option("--ledger-id", help="Name of the ledger that shall take them.")],
    key_id: Annotated[
        str, typer.Option("--key-id", help="Id of the operator key.", show_default="the public key")
    ] = "",
) -> None:
    """Print the commands of a file with a signature added to each, for `ledger submit`.

    Two operators sign one after the other. A command without issued_at_us gets it: it is signed too.
    """
    private = read_key(key)
    signer = key_id or public_key(private)
    text = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    for number, line in enumerate(text.splitlines(), 1):
        signed = _signed(line, signer, private, ledger_id)
        if isinstance(signed, Rejected):
            say(f"line {number} is no command: {signed.detail}")
            raise typer.Exit(Exit.FINDINGS)
        print_json_lines([signed])


def _signed(line: bytes, signer: str, private: str, ledger_id: str) -> dict[str, Any] | Rejected:
    """The object in a line with one more signature."""
    given: dict[str, Any] = from_json(line)
    given.setdefault("issued_at_us", arrival_us())
    signatures = list(given.pop(SIGNATURES, []))
    command: AnyCommand | Rejected = read_object(given, 0)
    if isinstance(command, Rejected):
        return command
    signature = signature_of(private, ledger_id, encode_command(command))
    return {**given, SIGNATURES: [*signatures, {"key": signer, "signature": signature}]}


def read_key(file: Path) -> str:
    """The private key in a file. Raises ``SettingsFault`` when it cannot be read."""
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as fault:
        raise SettingsFault(f"cannot be read: {fault}", where=str(file)) from fault
