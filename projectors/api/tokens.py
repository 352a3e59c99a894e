"""Bearer tokens: who may ask. At rest there are their SHA-256 digests and never the tokens.

A token is 256 random bits, so one pass of SHA-256 is enough: there is nothing to guess. A presented token is
compared with every digest in constant time.
"""

import hashlib
import hmac
import json
import os
import re
import secrets
import time
from enum import Enum
from pathlib import Path
from typing import Final, NamedTuple

from ledger.errors import SettingsFault

TOKEN_BYTES: Final = 32
TOKEN_CHARACTERS_MAX: Final = 200

_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Scope(Enum):
    """What a token opens: what everybody may know, an account, or everything."""

    PUBLIC = "public"
    ACCOUNT = "account"
    OPERATOR = "operator"


class Caller(NamedTuple):
    """Who asks; ``account`` only for the scope of an account."""

    name: str
    scope: Scope
    account: str = ""


class Token(NamedTuple):
    """A token as it is kept; ``expires_at_ms`` 0 is never."""

    name: str
    digest: str
    scope: Scope
    account: str
    expires_at_ms: int

    def caller(self) -> Caller:
        """Who has it."""
        return Caller(self.name, self.scope, self.account)


class Tokens:
    """The tokens of a file, read again when it changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._tokens: tuple[Token, ...] = ()

    def all(self) -> tuple[Token, ...]:
        """Every token. Raises ``SettingsFault`` for a file that is none of tokens."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            self._stamp, self._tokens = None, ()
            return ()
        stamp = (found.st_mtime_ns, found.st_size)
        if stamp != self._stamp:
            self._tokens = _read(self._path)
            self._stamp = stamp
        return self._tokens

    def find(self, presented: str) -> Token | None:
        """The token that was presented, whether expired or not; ``None`` when it is unknown."""
        digest = digest_of(presented)
        found: Token | None = None
        for token in self.all():
            if hmac.compare_digest(token.digest, digest):
                found = token
        return found

    def issue(self, name: str, scope: Scope, account: str, valid_s: int) -> str:
        """Make a token and keep its digest; the token is returned once and never again."""
        if not _NAME.fullmatch(name) or any(token.name == name for token in self.all()):
            raise SettingsFault(
                f"{name!r} is no name for a token, or there is one by that name",
                remedy="Give 1 to 64 letters, digits, dots, dashes and underscores, or revoke the other one",
            )
        if bool(account) != (scope is Scope.ACCOUNT):
            raise SettingsFault("an account is named for the scope account, and for no other")
        presented = secrets.token_urlsafe(TOKEN_BYTES)
        expires_at_ms = now_ms() + valid_s * 1000 if valid_s else 0
        self._write((*self.all(), Token(name, digest_of(presented), scope, account, expires_at_ms)))
        return presented

    def revoke(self, name: str) -> bool:
        """Forget a token; whether there was one."""
        kept = tuple(token for token in self.all() if token.name != name)
        if len(kept) == len(self.all()):
            return False
        self._write(kept)
        return True

    def _write(self, tokens: tuple[Token, ...]) -> None:
        """Replace the file as a whole, readable by its owner only."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        rows = [{**token._asdict(), "scope": token.scope.value} for token in tokens]
        beside = self._path.with_suffix(".new")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(rows, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)
        self._stamp = None


def digest_of(presented: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(presented.encode()).hexdigest()


def now_ms() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000


def _read(path: Path) -> tuple[Token, ...]:
    try:
        rows = json.loads(path.read_text())
        return tuple(
            Token(
                str(row["name"]),
                str(row["digest"]),
                Scope(row["scope"]),
                str(row["account"]),
                int(row["expires_at_ms"]),
            )
            for row in rows
        )
    except (ValueError, KeyError, TypeError) as broken:
        raise SettingsFault(
            f"the file of tokens cannot be read: {type(broken).__name__}",
            where=str(path),
            remedy="Correct or remove it, and issue the tokens again with `projectors tokens issue`",
        ) from broken
