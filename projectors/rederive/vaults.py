"""Vaults, event by event: shares and their holders, books, unwindings, and prices that explain each other."""

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
from projectors.rederive.book import Book, Row, Table

_MINUTE_US = 60_000_000


class VaultBook(Book):
    """The view ``vaults``: what its tables of sums and of unwindings say."""

    def __init__(self, *, whole: bool) -> None:
        super().__init__(whole=whole)
        self.books = Table(("supply_e8", "net_deposits_e8", "status"))
        self.shares = Table(("shares_e8", "hwm_e8", "deposited_e8"), lambda row: row["shares_e8"] != 0)
        self.unwinds = Table()
        self.vaults = Table()
        self.supplies = Table()
        self.draw_down = Table()

    @property
    def tables(self) -> dict[str, Table]:
        """See ``Book``."""
        return {
            "vaults": self.vaults,
            "vault_books": self.books,
            "vault_shares": self.shares,
            "unwinds": self.unwinds,
            "supplies": self.supplies,
            "draw_down": self.draw_down,
        }

    def _take(self, event: AnyEvent) -> None:
        match event:
            case VaultCreated():
                row: Row = {"supply_e8": 0, "net_deposits_e8": 0, "status": event.status}
                self.books.put(event, (event.account, event.vault), row)
                self._created(event)
            case VaultUpdated():
                key = (event.account, event.vault)
                if event.field == "status":
                    self.books.put(event, key, {"status": event.value_after})
                    self.vaults.put(event, key, {"status": event.value_after})
                else:
                    self.vaults.put(event, key, {event.field: int(event.value_after)})
            case VaultSharesMinted():
                equity, supply = event.equity_before_e8, event.supply_before_e8
                shares = event.amount_e8 * supply // equity if supply else event.amount_e8
                self.expect(event, event.shares_e8, shares, "shares minted", event.vault)
                self._flow(event, event.shares_e8, event.amount_e8)
            case VaultSharesBurned():
                pay = event.equity_before_e8 * event.shares_e8 // event.supply_before_e8
                self.expect(event, event.pay_e8, pay, "pay", event.vault)
                self._flow(event, -event.shares_e8, -event.pay_e8)
            case VaultFeeSettled():
                self._fee(event)
            case VaultUnwindStarted():
                self._unwind_started(event)
            case VaultUnwindCompleted():
                values: Row = {
                    "status": "COMPLETED",
                    "paid_e8": event.paid_e8,
                    "unwind_pnl_e8": event.unwind_pnl_e8,
                    "completed_at_us": event.recorded_at_us,
                }
                self.unwinds.put(event, (event.account, event.vault, event.unwind_id), values)
            case _:
                pass

    def _created(self, event: VaultCreated) -> None:
        values: Row = {
            "name": event.name,
            "vault_kind": event.vault_kind,
            "owner": event.owner_account,
            "status": event.status,
            "profit_share_ppm": event.profit_share_ppm,
            "profit_share_period_s": event.profit_share_period_s,
            "lockup_s": event.lockup_s,
            "tvl_max_e8": event.tvl_max_e8,
            "owner_minimum_e8": event.owner_minimum_e8,
            "created_at_us": event.recorded_at_us,
            "fees_settled_at_us": event.recorded_at_us,
        }
        self.vaults.put(event, (event.account, event.vault), values)

    def _priced(self, event: VaultSharesMinted | VaultSharesBurned | VaultFeeSettled) -> None:
        """The highest price so far, and the deepest fall below it."""
        key = (event.account, event.vault)
        peak = max(self.draw_down.number("peak_e8", *key), event.price_e8)
        fall = (peak - event.price_e8) * PPM // peak if peak else 0
        deepest = max(self.draw_down.number("draw_down_ppm", *key), fall)
        self.draw_down.put(event, key, {"peak_e8": peak, "draw_down_ppm": deepest})

    def _flow(self, event: VaultSharesMinted | VaultSharesBurned, shares_e8: int, money_e8: int) -> None:
        """Supply, net deposits and the holder's shares grow or shrink together."""
        vault, holder = (event.account, event.vault), (event.account, event.vault, event.holder)
        supply = self.books.number("supply_e8", *vault)
        held = self.shares.number("shares_e8", *holder)
        self.expect(event, event.supply_before_e8, supply, "supply before", event.vault)
        self.expect(event, event.supply_after_e8, supply + shares_e8, "supply after", event.vault)
        self.expect(event, event.holder_shares_before_e8, held, "shares before", *holder)
        self.expect(event, event.holder_shares_after_e8, held + shares_e8, "shares after", *holder)
        price = event.equity_before_e8 * E8 // supply if supply else E8
        self.expect(event, event.price_e8, price, "price", event.vault)
        net_deposits = self.books.number("net_deposits_e8", *vault) + money_e8
        self.expect(event, event.net_deposits_after_e8, net_deposits, "net deposits after", event.vault)
        after: Row = {"supply_e8": event.supply_after_e8, "net_deposits_e8": event.net_deposits_after_e8}
        self.books.put(event, vault, after)
        flow: Row = {
            "flow_price_e8": event.price_e8,
            "flow_seq": event.seq,
            "flow_at_us": event.recorded_at_us,
        }
        self.vaults.put(event, vault, after | flow)
        moved = {"deposits_e8": money_e8} if money_e8 > 0 else {"withdrawals_e8": -money_e8}
        self.vaults.add(event, vault, {"flows": 1, **moved})
        minute = event.recorded_at_us // _MINUTE_US
        self.supplies.put(event, (*vault, minute), {"supply_e8": event.supply_after_e8})
        self._priced(event)
        values = {
            "shares_e8": event.holder_shares_after_e8,
            "hwm_e8": event.hwm_after_e8,
            "deposited_e8": event.holder_deposited_after_e8,
        }
        self.shares.put(event, holder, values)

    def _fee(self, event: VaultFeeSettled) -> None:
        """Shares from the holder to the owner."""
        vault = (event.account, event.vault)
        self.vaults.add(event, vault, {"fee_shares_e8": event.fee_shares_e8})
        if event.settle_reason == "PERIOD":
            self.vaults.put(event, vault, {"fees_settled_at_us": event.recorded_at_us})
        self._priced(event)
        holder, owner = (
            (event.account, event.vault, event.holder),
            (event.account, event.vault, event.owner),
        )
        for key, before, after, change in (
            (holder, event.holder_shares_before_e8, event.holder_shares_after_e8, -event.fee_shares_e8),
            (owner, event.owner_shares_before_e8, event.owner_shares_after_e8, event.fee_shares_e8),
        ):
            held = self.shares.number("shares_e8", *key)
            self.expect(event, before, held, "shares before", *key)
            self.expect(event, after, held + change, "shares after", *key)
        self.shares.put(
            event, holder, {"shares_e8": event.holder_shares_after_e8, "hwm_e8": event.hwm_after_e8}
        )
        row = {"hwm_e8": 0, "deposited_e8": 0} | self.shares.row(*owner)
        self.shares.put(event, owner, {**row, "shares_e8": event.owner_shares_after_e8})

    def _unwind_started(self, event: VaultUnwindStarted) -> None:
        values: Row = {
            "status": "RUNNING",
            "holder": event.holder,
            "aux_account": event.aux_account,
            "shares_e8": event.shares_e8,
            "pay_e8": event.pay_e8,
            "cash_e8": event.cash_e8,
            "notional_e8": event.notional_e8,
            "started_at_us": event.recorded_at_us,
        }
        self.unwinds.put(event, (event.account, event.vault, event.unwind_id), values)
