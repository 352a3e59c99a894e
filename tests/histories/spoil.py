"""How a command goes bad: one field that names nothing, is out of range, or is off its grain."""

from typing import Final, TypeVar

from ledger.core.messages import AdvanceFunding, AnyCommand, MarketPrice, MarketRate, UpdatePrices
from tests.fields import changed, changed_entry, entry_record, record_of
from tests.histories.author import Author

E = TypeVar("E", bound=MarketPrice | MarketRate)

BAD_NUMBERS: Final = (0, -1, 10**17 + 1, 2**62, 1)
BAD: Final[dict[str, tuple[object, ...]]] = {
    "account": ("nobody", ""),
    "counterparty": ("nobody",),
    "buyer": ("nobody",),
    "seller": ("nobody",),
    "buy_account": ("nobody",),
    "sell_account": ("nobody",),
    "market": ("NO-SUCH-PERP", ""),
    "asset": ("NOTHING", ""),
    "amount_e8": BAD_NUMBERS,
    "size_e8": BAD_NUMBERS,
    "price_e8": BAD_NUMBERS,
    "trigger_price_e8": BAD_NUMBERS,
    "side": ("HOLD",),
    "order_type": ("ICEBERG", "STOP_MARKET", "MARKET", "LIMIT"),
    "instruction": ("FOK", "IOC", "POST_ONLY"),
    "reduce_only": (2, 1, 0),
    "trigger_condition": ("SIDEWAYS",),
    "taker": ("BOTH",),
    "order_id": ("gateway/999999", ""),
    "buy_order_id": ("gateway/999999",),
    "sell_order_id": ("gateway/999999",),
    "withdrawal_id": ("gateway/999999",),
    "trade_id": ("engine/999999",),
    "tick_id": (0, 1),
    "previous_tick_id": (999_999,),
    "observed_at_ms": (1,),
    "source_epoch": (0, 7),
    "source": ("", "another"),
    "scope": ("market",),
    "rule": ("no_such_rule",),
    "kind": ("GHOST",),
    "status": ("dozing",),
    "value": ("", "0", "dozing", "1000"),
    "field": ("colour",),
    "revision_before": (0, 999),
    "price_tick_e8": (0, 5),
    "size_step_e8": (0,),
    "imf_base_ppm": (0, 2_000_000),
    "settlement": (2, 1),
    "decimals": (-1, 99),
    "external_ref": ("tx-1", ""),
    "external_chain": ("", "a/b"),
    "destination": ("",),
    "reason_code": ("", "a b"),
    "parent": ("trader-0",),
    "parent_order_id": ("gateway/1", "gateway/2"),
    "oco_group": ("oco-1",),
    "has_price": (0, 1, 2),
    "has_trigger": (0, 1),
    "stp": ("", "EXPIRE_ALL"),
    "vault": ("NONE", "", "HLP"),
    "vault_kind": ("secret",),
    "owner_account": ("nobody",),
    "shares_e8": BAD_NUMBERS,
    "aux_account": ("", "a b", "trader-0", "transit:x"),
    "unwind_id": ("gateway/999999",),
    "profit_share_ppm": (500_001, -1),
    "lockup_s": (-1,),
}


ENTRY_BAD: Final[dict[str, tuple[object, ...]]] = {
    "market": ("NO-SUCH-PERP", "BTC-USD-PERP"),
    "mark_e8": (0, -1, 10**17 + 1),
    "spot_e8": (0, -5, 10**17 + 1, 1),
    "has_external_fair": (2,),
    "external_fair_e8": (0,),
    "has_bid": (1, 2),
    "bid_depth_e8": (-1,),
    "rate_e12": (20_000_000_001, -(10**13), 2**62),
    "has_claim": (1, 2),
    "index_claimed_e8": (0, 2**62),
    "has_premium": (1, 2),
    "premium_e8": (2**62,),
}


def spoil(author: Author, command: AnyCommand) -> AnyCommand:
    """The same command with one field gone bad; of a tick, now and then one entry."""
    match command:
        case UpdatePrices() if author.chooser.integer(0, 1):
            return changed(command, prices=spoil_entries(author, command.prices))
        case AdvanceFunding() if author.chooser.integer(0, 1):
            return changed(command, rates=spoil_entries(author, command.rates))
        case _:
            names = [name for name in record_of(command) if name in BAD]
            if not names:
                return command
            name = author.chooser.pick(names)
            return changed(command, **{name: author.chooser.pick(BAD[name])})


def spoil_entries(author: Author, entries: list[E]) -> list[E]:
    """The entries of a tick with one missing, twice there, or with one field gone bad."""
    what = author.chooser.integer(0, 5)
    first = entries[0]
    if what == 5:
        return entries[1:]
    if what == 4:
        return [first, *entries]
    names = [name for name in entry_record(first) if name in ENTRY_BAD]
    name = author.chooser.pick(names)
    bad: E = changed_entry(first, **{name: author.chooser.pick(ENTRY_BAD[name])})
    return [bad, *entries[1:]]
