"""The book of the matching engine, which lives outside: its image, and whether the engine has it.

A rollback changes the orders under the engine. It loads an image of the ledger's orders and says what
it has; the digest of that must be the digest of the orders that the ledger has at that moment.
"""

from typing import Final

from ledger.core.cells import Row
from ledger.core.decision import Decision, accepted, refused
from ledger.core.messages import BookConfirmed, ConfirmBook
from ledger.core.refusals import RefusalCode
from ledger.core.state import Order, State
from ledger.core.values import BUY, SELL, is_name
from ledger.rows import LaneDigest, encode_row

BOOK_FIELDS: Final = (
    "account",
    "order_id",
    "market",
    "side",
    "order_type",
    "instruction",
    "status",
    "reduce_only",
    "size_e8",
    "remaining_e8",
    "has_price",
    "price_e8",
    "trigger_price_e8",
    "trigger_condition",
    "oco_group",
    "parent_order_id",
    "placed_seq",
)
"""An order of the image; account and order id are its key, ``placed_seq`` gives its place in the queue."""

_KEY: Final = 2


def book_rows(state: State) -> list[Row]:
    """Every order of the ledger, by market and age, with ``BOOK_FIELDS``."""
    rows: list[Row] = []
    for account in state.accounts.values():
        rows.extend([_row(account.name, order) for order in account.orders.values()])
    rows.sort(key=_place)
    return rows


def _row(account: str, order: Order) -> Row:
    return [
        account,
        order.order_id,
        order.market,
        BUY if order.sign > 0 else SELL,
        order.order_type,
        order.instruction,
        order.status,
        order.reduce_only,
        order.size_e8,
        order.remaining_e8,
        order.has_price,
        order.price_e8,
        order.trigger_price_e8,
        order.trigger_condition,
        order.oco_group,
        order.parent_order_id,
        order.placed_seq,
    ]


def book_digest(rows: list[Row]) -> str:
    """Digest of a book, whatever the order of its rows; 64 hexadecimal digits."""
    digest = LaneDigest()
    for row in rows:
        digest.add(encode_row(row[:_KEY]), encode_row(row[_KEY:]))
    return digest.hexdigest()


def _place(row: Row) -> tuple[str, int]:
    return str(row[_KEY]), int(row[-1])


def decide_confirm_book(state: State, command: ConfirmBook) -> Decision:
    """Record that an engine has exactly the orders of the ledger."""
    if not is_name(command.source):
        return refused(RefusalCode.INVALID_VALUE, f"source {command.source!r} is not a name")
    rows = book_rows(state)
    digest = book_digest(rows)
    if command.book_digest != digest or command.orders != len(rows):
        return refused(
            RefusalCode.BOOK_MISMATCH,
            f"{command.orders} orders with digest {command.book_digest[:64]!r}, the ledger has"
            f" {len(rows)} with {digest}",
        )
    return accepted([BookConfirmed(source=command.source, book_digest=digest, orders=len(rows))])


def evolve_book_confirmed(state: State, event: BookConfirmed) -> None:
    """The engine has the orders as they are now."""
    state.book_seq = event.seq
