"""Ed25519 signatures of commands: the one place that uses a library of cryptography.

What is signed is the name of the ledger and the framed bytes of the command, both with their length
and under a name of this use, so that a signature holds for one command of one ledger and for
nothing else::

    "perp-ledger command 1" 00, length (4 bytes, big-endian) ledger id, length content

Keys and signatures are small hexadecimal digits: 64 for a public or private key, 128 for a signature.
"""

from functools import lru_cache
from struct import Struct
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger.core.messages import Command, SignedCommand
from ledger.errors import SettingsFault
from ledger.log.codec import encode_command

DOMAIN: Final = b"perp-ledger command 1\0"
_LENGTH: Final = Struct(">I")


def new_private_key() -> str:
    """A private key that nobody else has."""
    return Ed25519PrivateKey.generate().private_bytes_raw().hex()


def public_key(private_key: str) -> str:
    """The public key of a private one. Raises ``SettingsFault`` when it is none."""
    return _private(private_key).public_key().public_bytes_raw().hex()


def signing_bytes(ledger_id: str, content: bytes) -> bytes:
    """What a signature of the framed command ``content`` is over."""
    name = ledger_id.encode()
    return b"".join((DOMAIN, _LENGTH.pack(len(name)), name, _LENGTH.pack(len(content)), content))


def signature_of(private_key: str, ledger_id: str, content: bytes) -> str:
    """The signature of a framed command. Raises ``SettingsFault`` when the key is none."""
    return _private(private_key).sign(signing_bytes(ledger_id, content)).hex()


def holds(public_key: str, signature: str, ledger_id: str, content: bytes) -> bool:
    """Whether ``signature`` is the key's, for this command of this ledger. Any texts will do."""
    try:
        _public(public_key).verify(bytes.fromhex(signature), signing_bytes(ledger_id, content))
    except (InvalidSignature, ValueError):
        return False
    return True


def signed_command(
    command: Command, ledger_id: str, first: tuple[str, str], second: tuple[str, str] | None = None
) -> SignedCommand:
    """``command`` with the signatures of one or two (key id, private key)."""
    content = encode_command(command)
    key_2, private_2 = second or ("", "")
    return SignedCommand(
        content.hex(),
        first[0],
        signature_of(first[1], ledger_id, content),
        key_2,
        signature_of(private_2, ledger_id, content) if second else "",
    )


@lru_cache(maxsize=1024)
def _public(digits: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(digits))


def _private(digits: str) -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(digits))
    except ValueError:
        raise SettingsFault("a private key is 64 hexadecimal digits", where="the key file") from None
