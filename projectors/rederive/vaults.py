"""Vaults, event by event: their terms, shares and holders, flows, fees, unwindings, the price over time."""

from ledger.core.messages import (
    AnyEvent,
    VaultCreated,
    VaultFeeSettled,
    VaultSharesBurned,
    VaultSharesMinted,
    VaultUnwindCompleted,
    VaultUnwindStarted,
    VaultUpdated,
)
from ledger.core.values import E8, PPM
from projectors.rederive.book import Book, Break, Key, Row, Table

_MINUTE_US = 60_000_000
_TERMS = (
    "name",
    "vault_kind",
    "status",
    "profit_share_ppm",
    "profit_share_period_s",
    "lockup_s",
    "tvl_max_e8",
    "owner_minimum_e8",
)
_FEE_COLUMNS = (
    "holder",
    "price_e8",
    "hwm_before_e8",
    "fee_shares_e8",
    "fee_value_e8",
    "settle_reason",
    "recorded_at_us",
)
_UNWIND_COLUMNS = ("holder", "aux_account", "shares_e8", "pay_e8", "cash_e8", "notional_e8")

Flow = VaultSharesMinted | VaultSharesBurned


class VaultBook(Book):
    """The view ``vaults``."""

    def __init__(self, *, whole: bool) -> None:
        super().__init__(whole=whole)
        self.vaults = Table()
        self.books = Table(("supply_e8", "net_deposits_e8", "status"))
        self.shares = Table(("shares_e8", "hwm_e8", "deposited_e8"), lambda row: row.get("shares_e8", 0) != 0)
        self.flows = Table()
        self.fees = Table()
        self.unwinds = Table()
        self.supplies = Table()
        self.draw_down = Table()
        self._held: dict[Key, int] = {}
        """Shares of all holders of a vault."""
        self._touched: set[Key] = set()
        self._uneven: set[Key] = set()

    @property
    def tables(self) -> dict[str, Table]:
        """See ``Book``."""
        return {
            "vaults": self.vaults,
            "vault_books": self.books,
            "vault_shares": self.shares,
            "vault_flows": self.flows,
            "vault_fees": self.fees,
            "unwinds": self.unwinds,
            "supplies": self.supplies,
            "draw_down": self.draw_down,
        }

    def _take(self, event: AnyEvent) -> None:
        match event:
            case VaultCreated():
                self._created(event)
            case VaultUpdated():
                self._updated(event)
            case VaultSharesMinted() | VaultSharesBurned():
                self._flowed(event)
            case VaultFeeSettled():
                self._fee(event)
            case VaultUnwindStarted():
                values: Row = {name: getattr(event, name) for name in _UNWIND_COLUMNS}
                self._unwinding(event, values | {"status": "RUNNING", "started_at_us": event.recorded_at_us})
                pay = event.equity_e8 * event.shares_e8 // event.supply_e8 if event.supply_e8 else 0
                self.expect(event, event.pay_e8, pay, "pay", event.vault)
            case VaultUnwindCompleted():
                held = self.unwinds.row(event.account, event.vault, event.unwind_id).get("status", "")
                self.expect(event, "RUNNING", held, "status of the unwinding", event.vault, event.unwind_id)
                paid: Row = {"paid_e8": event.paid_e8, "unwind_pnl_e8": event.unwind_pnl_e8}
                self._unwinding(
                    event, paid | {"status": "COMPLETED", "completed_at_us": event.recorded_at_us}
                )
            case _:
                pass

    def sealed(self, seq: int) -> None:
        """The supply of a vault is what its holders have."""
        for key in self._touched:
            supply, has = self.vaults.number("supply_e8", *key), self._held.get(key, 0)
            if supply != has and key not in self._uneven:
                self._uneven.add(key)
                what = f"supply of {key[1]} is {supply}e-8, its holders have {has}e-8"
                self.breaks.append(Break(seq, str(key[0]), what))
        self._touched = set()

    def _created(self, event: VaultCreated) -> None:
        terms: Row = {name: getattr(event, name) for name in _TERMS}
        at_us = {"created_at_us": event.recorded_at_us, "fees_settled_at_us": event.recorded_at_us}
        self._put(event, terms | at_us | {"owner": event.owner_account})

    def _updated(self, event: VaultUpdated) -> None:
        number = event.field in {"tvl_max_e8", "profit_share_ppm"}
        if not number and event.field != "status":
            return
        held = self.vaults.row(event.account, event.vault).get(event.field, 0 if number else "")
        self.expect(event, event.value_before, str(held), f"{event.field} before", event.vault)
        self._put(event, {event.field: int(event.value_after) if number else event.value_after})

    def _put(self, event: VaultCreated | VaultUpdated | Flow, values: Row) -> None:
        """Change a vault, and its books, which are shown once it was created."""
        key = (event.account, event.vault)
        self.vaults.put(event, key, values)
        row = self.vaults.row(*key)
        if row.get("created_at_us", 0):
            self.books.put(event, key, {name: row.get(name, 0) for name in self.books.mirror})

    def _flowed(self, event: Flow) -> None:
        key = (event.account, event.vault)
        vault = self.vaults.row(*key)
        stake = (*key, event.holder)
        held = self.shares.row(*stake)
        minted = isinstance(event, VaultSharesMinted)
        kind = event.mint_kind if isinstance(event, VaultSharesMinted) else event.burn_kind
        amount_e8 = event.amount_e8 if isinstance(event, VaultSharesMinted) else -event.pay_e8
        shares_e8 = event.shares_e8 if minted else -event.shares_e8
        corrects = kind == "CORRECTION"
        for what, said, expected in (
            ("supply before", event.supply_before_e8, vault.get("supply_e8", 0)),
            ("supply after", event.supply_after_e8, event.supply_before_e8 + shares_e8),
            ("net deposits before", event.net_deposits_before_e8, vault.get("net_deposits_e8", 0)),
            ("net deposits after", event.net_deposits_after_e8, event.net_deposits_before_e8 + amount_e8),
            ("price", event.price_e8, event.price_e8 if corrects else _price(event)),
            (
                "shares minted" if minted else "pay",
                _given(event),
                _given(event) if corrects else _exchanged(event),
            ),
        ):
            self.expect(event, said, expected, what, *key)
        for what, said, expected in (
            ("shares before", event.holder_shares_before_e8, held.get("shares_e8", 0)),
            ("shares after", event.holder_shares_after_e8, event.holder_shares_before_e8 + shares_e8),
            ("mark before", event.hwm_before_e8, held.get("hwm_e8", 0)),
            ("deposited before", event.holder_deposited_before_e8, held.get("deposited_e8", 0)),
        ):
            self.expect(event, said, expected, what, *stake)
        flowed = {
            "supply_e8": event.supply_after_e8,
            "net_deposits_e8": event.net_deposits_after_e8,
            "flow_price_e8": event.price_e8,
            "flow_seq": event.seq,
            "flow_at_us": event.recorded_at_us,
        }
        way = "deposits_e8" if minted else "withdrawals_e8"
        self.vaults.add(event, key, {way: abs(amount_e8), "flows": 1})
        self._put(event, dict(flowed))
        holds: Row = {
            "shares_e8": event.holder_shares_after_e8,
            "hwm_e8": event.hwm_after_e8,
            "deposited_e8": event.holder_deposited_after_e8,
        }
        self._hold(event, event.holder, holds)
        line: Row = {
            "kind": kind,
            "holder": event.holder,
            "amount_e8": amount_e8,
            "shares_e8": shares_e8,
            "price_e8": event.price_e8,
            "supply_e8": event.supply_after_e8,
            "recorded_at_us": event.recorded_at_us,
        }
        self.flows.put(event, (*key, event.seq), line)
        minute = event.recorded_at_us // _MINUTE_US
        self.supplies.put(event, (*key, minute), {"supply_e8": event.supply_after_e8})
        self._priced(event)

    def _fee(self, event: VaultFeeSettled) -> None:
        key = (event.account, event.vault)
        stake, owner = (*key, event.holder), (*key, event.owner)
        held, owned = self.shares.row(*stake), self.shares.row(*owner)
        for what, said, expected in (
            ("shares before", event.holder_shares_before_e8, held.get("shares_e8", 0)),
            (
                "shares after",
                event.holder_shares_after_e8,
                event.holder_shares_before_e8 - event.fee_shares_e8,
            ),
            ("mark before", event.hwm_before_e8, held.get("hwm_e8", 0)),
        ):
            self.expect(event, said, expected, what, *stake)
        for what, said, expected in (
            ("shares before", event.owner_shares_before_e8, owned.get("shares_e8", 0)),
            ("shares after", event.owner_shares_after_e8, event.owner_shares_before_e8 + event.fee_shares_e8),
        ):
            self.expect(event, said, expected, what, *owner)
        taken: Row = {"shares_e8": event.holder_shares_after_e8, "hwm_e8": event.hwm_after_e8}
        self._hold(event, event.holder, taken)
        self._hold(event, event.owner, {"shares_e8": event.owner_shares_after_e8})
        self.vaults.add(event, key, {"fee_shares_e8": event.fee_shares_e8})
        if event.settle_reason == "PERIOD":
            self.vaults.put(event, key, {"fees_settled_at_us": event.recorded_at_us})
        self.fees.put(event, (*key, event.seq), {name: getattr(event, name) for name in _FEE_COLUMNS})
        self._priced(event)

    def _hold(self, event: Flow | VaultFeeSettled, holder: str, values: Row) -> None:
        key = (event.account, event.vault)
        change = int(values["shares_e8"]) - self.shares.number("shares_e8", *key, holder)
        self._held[key] = self._held.get(key, 0) + change
        self._touched.add(key)
        self.shares.put(event, (*key, holder), values)

    def _unwinding(self, event: VaultUnwindStarted | VaultUnwindCompleted, values: Row) -> None:
        self.unwinds.put(event, (event.account, event.vault, event.unwind_id), values)

    def _priced(self, event: Flow | VaultFeeSettled) -> None:
        """The highest price so far, and the deepest fall below it."""
        key = (event.account, event.vault)
        peak = max(self.draw_down.number("peak_e8", *key), event.price_e8)
        fall = (peak - event.price_e8) * PPM // peak if peak else 0
        deepest = max(self.draw_down.number("draw_down_ppm", *key), fall)
        self.draw_down.put(event, key, {"peak_e8": peak, "draw_down_ppm": deepest})


def _given(event: Flow) -> int:
    """Shares of a mint, money of a burn."""
    return event.shares_e8 if isinstance(event, VaultSharesMinted) else event.pay_e8


def _price(event: Flow) -> int:
    """Equity by supply before the flow; 1 for the first deposit."""
    if not event.supply_before_e8:
        return E8
    return event.equity_before_e8 * E8 // event.supply_before_e8


def _exchanged(event: Flow) -> int:
    """Shares that a deposit buys, or what shares are worth, rounded down."""
    if isinstance(event, VaultSharesBurned):
        supply = event.supply_before_e8
        return event.equity_before_e8 * event.shares_e8 // supply if supply else 0
    if not event.supply_before_e8:
        return event.amount_e8
    equity = event.equity_before_e8
    return event.amount_e8 * event.supply_before_e8 // equity if equity else 0
