"""The image of the book for a matching engine: every order, a digest, and an operator's signature.

The engine loads the image only when ``problem`` is empty, replaces its books by it, and confirms the
digest that its own orders then have (``ConfirmBook``). The exchange opens fully after a rollback only
when that is the digest of the ledger's orders.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ledger.core.cells import Row
from ledger.core.rules.engine_book import BOOK_FIELDS, book_digest, book_rows
from ledger.core.state import State
from ledger.errors import PlanInvalid
from ledger.files import write_whole
from ledger.signing import holds, signature_of

FORMAT: Final = 1
_DOMAIN: Final = b"book image 1\0"


@dataclass(frozen=True, slots=True)
class BookImage:
    """The orders of a ledger at a block, and who signed them."""

    ledger_id: str
    height: int
    digest: str
    rows: list[Row]
    key_id: str
    signature: str

    @property
    def orders(self) -> int:
        """How many orders there are."""
        return len(self.rows)

    def problem(self, state: State) -> str:
        """Why the image may not be loaded, given the ledger's keys; empty: it may."""
        if self.ledger_id != state.ledger_id:
            return f"it is of ledger {self.ledger_id}, not of {state.ledger_id}"
        if book_digest(self.rows) != self.digest:
            return "its digest is not that of its orders"
        key = state.control.keys.get(self.key_id)
        if key is None or key.revoked:
            return f"key {self.key_id} is not registered, or revoked"
        content = _signed_content(self.height, self.digest, self.orders)
        if not holds(key.public_key, self.signature, self.ledger_id, content):
            return f"the signature of {self.key_id} does not hold"
        return ""


def book_image(state: State, height: int, key: tuple[str, str]) -> BookImage:
    """The image of a state after a block, signed by (key id, private key)."""
    rows = book_rows(state)
    digest = book_digest(rows)
    signature = signature_of(key[1], state.ledger_id, _signed_content(height, digest, len(rows)))
    return BookImage(state.ledger_id, height, digest, rows, key[0], signature)


def write_image(path: Path, image: BookImage) -> None:
    """Write the image as one JSON object."""
    content = {
        "format": FORMAT,
        "ledger_id": image.ledger_id,
        "height": image.height,
        "digest": image.digest,
        "fields": list(BOOK_FIELDS),
        "orders": image.rows,
        "key": image.key_id,
        "signature": image.signature,
    }
    write_whole(path, json.dumps(content) + "\n")


def read_image(path: Path) -> BookImage:
    """The image in a file; nothing is said about its digest and signature. Raises ``PlanInvalid``."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT or content["fields"] != list(BOOK_FIELDS):
            raise PlanInvalid("it is an image of another version", where=str(path), remedy="Make a new one")
        names = ("ledger_id", "height", "digest", "orders", "key", "signature")
        return BookImage(*(content[name] for name in names))
    except (OSError, ValueError, TypeError, KeyError) as fault:
        raise PlanInvalid(f"it is no image: {fault}", where=str(path), remedy="Make a new one") from fault


def _signed_content(height: int, digest: str, orders: int) -> bytes:
    return _DOMAIN + f"{height} {orders} {digest}".encode()
