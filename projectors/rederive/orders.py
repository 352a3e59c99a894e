"""Orders, event by event."""

from ledger.core.messages import (
    AnyEvent,
    FillSettled,
    OrderCancelled,
    OrderPlaced,
    OrderTriggered,
    TradeBusted,
)
from projectors.rederive.book import Book, Key, Row, Table, Values

_OPEN = ("OPEN", "UNTRIGGERED")
_OPEN_COLUMNS = ("market", "side", "order_type", "status", "remaining_e8")


class OrderBook(Book):
    """The view ``orders``."""

    def __init__(self, *, whole: bool) -> None:
        super().__init__(whole=whole)
        self.orders = Table()
        self.open_orders = Table(_OPEN_COLUMNS)

    @property
    def tables(self) -> dict[str, Table]:
        """See ``Book``."""
        return {"orders": self.orders, "open_orders": self.open_orders}

    def _take(self, event: AnyEvent) -> None:
        match event:
            case OrderPlaced():
                self._placed(event)
            case OrderTriggered():
                key = (event.account, event.order_id)
                self._before(event, key, event.remaining_before_e8, event.status_before)
                values: Row = {
                    "has_price": event.has_price,
                    "price_e8": event.price_e8,
                    "status": event.status_after,
                }
                self._changed(event, key, {**values, "remaining_e8": event.remaining_after_e8})
            case OrderCancelled():
                key = (event.account, event.order_id)
                self._before(event, key, event.remaining_before_e8, event.status_before)
                self.expect(event, event.remaining_after_e8, 0, "remaining after", *key)
                ended: Row = {"status": "CANCELLED", "cancel_reason": event.cancel_reason}
                self._changed(event, key, {**ended, "remaining_e8": event.remaining_after_e8})
            case FillSettled() if event.order_id:
                self._filled(event, 1, event.fee_e8)
            case TradeBusted() if event.order_id:
                self._filled(event, -1, -event.fee_returned_e8)
            case _:
                pass

    def _placed(self, event: OrderPlaced) -> None:
        key = (event.account, event.order_id)
        if not 0 < event.remaining_after_e8 <= event.size_e8:
            self.expect(event, event.remaining_after_e8, event.size_e8, "remaining after", *key)
        values: Row = {
            "client_id": event.client_id,
            "market": event.market,
            "side": event.side,
            "order_type": event.order_type,
            "instruction": event.instruction,
            "reduce_only": event.reduce_only,
            "size_e8": event.size_e8,
            "has_price": event.has_price,
            "price_e8": event.price_e8,
            "has_trigger": event.has_trigger,
            "trigger_price_e8": event.trigger_price_e8,
            "status": event.status_after,
            "remaining_e8": event.remaining_after_e8,
            "placed_seq": event.seq,
        }
        self._changed(event, key, values)

    def _filled(self, event: FillSettled | TradeBusted, sign: int, fee_e8: int) -> None:
        key = (event.account, event.order_id)
        held = self.orders.number("remaining_e8", *key)
        self.expect(event, event.remaining_before_e8, held, "remaining before", *key)
        if isinstance(event, FillSettled):
            left = event.remaining_before_e8 - event.fill_size_e8
            self.expect(event, event.remaining_after_e8, left, "remaining after", *key)
        amounts = {
            "filled_e8": sign * event.fill_size_e8,
            "value_e8": sign * event.value_e8,
            "fees_e8": fee_e8,
        }
        self.orders.add(event, key, amounts)
        values: Row = {"status": event.order_status_after, "remaining_e8": event.remaining_after_e8}
        self._changed(event, key, values)

    def _before(
        self, event: OrderTriggered | OrderCancelled, key: tuple[str, str], remaining_e8: int, status: str
    ) -> None:
        held = self.orders.row(*key)
        self.expect(event, remaining_e8, held.get("remaining_e8", 0), "remaining before", *key)
        self.expect(event, status, held.get("status", ""), "status before", *key)

    def _changed(self, event: AnyEvent, key: Key, values: Values) -> None:
        """Set columns of an order, and keep it among the open ones while it is open."""
        self.orders.put(event, key, {**values, "changed_seq": event.seq})
        order = self.orders.row(*key)
        if order["status"] in _OPEN:
            unset: Row = {"market": "", "side": "", "order_type": "", "remaining_e8": 0}
            self.open_orders.put(event, key, {name: (unset | order)[name] for name in _OPEN_COLUMNS})
        else:
            self.open_orders.remove(event, key)
