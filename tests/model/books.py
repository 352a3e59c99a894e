"""What the second ledger remembers: plain dictionaries of plain objects, nothing clever.

Amounts, sizes, prices and indices are integers of 1e-8, rates of 1e-12, dust of 1e-16,
ratios parts per million, as in the commands. Everything that is compared is compared as an
exact ``Fraction`` or ``int``; a number is rounded once, where it is recorded.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from ledger.core.refusals import RefusalCode

E8: Final = 10**8
PPM: Final = 10**6
AMOUNT_MAX: Final = 10**17
LONG_MAX: Final = 2**63 - 1
LONG_MIN: Final = -(2**63)

TAKE_PROFIT_STOP_LOSS: Final = frozenset(
    {"TAKE_PROFIT_LIMIT", "TAKE_PROFIT_MARKET", "STOP_LOSS_LIMIT", "STOP_LOSS_MARKET"}
)
TRIGGERED_TYPES: Final = TAKE_PROFIT_STOP_LOSS | {"STOP_LIMIT", "STOP_MARKET"}
PRICED_TYPES: Final = frozenset({"LIMIT", "STOP_LIMIT", "TAKE_PROFIT_LIMIT", "STOP_LOSS_LIMIT"})
ORDER_TYPES: Final = TRIGGERED_TYPES | {"MARKET", "LIMIT"}


class RefusedError(Exception):
    """The command is refused; raised before anything was changed. Any of ``codes`` applies."""

    def __init__(self, codes: frozenset[RefusalCode]) -> None:
        super().__init__(", ".join(sorted(code.name for code in codes)))
        self.codes = codes


class Objections:
    """Everything that speaks against a command, collected before it is refused."""

    def __init__(self) -> None:
        self.codes: set[RefusalCode] = set()

    def add(self, applies: bool, code: RefusalCode) -> None:  # noqa: FBT001
        """Note ``code`` when it applies."""
        if applies:
            self.codes.add(code)

    def stop(self) -> None:
        """Refuse the command if anything speaks against it so far."""
        if self.codes:
            raise RefusedError(frozenset(self.codes))


def refuse_if(applies: bool, code: RefusalCode) -> None:  # noqa: FBT001
    """Refuse the command with ``code`` when it applies."""
    if applies:
        raise RefusedError(frozenset({code}))


def is_name(text: str) -> bool:
    """Whether a text may name something: short, and no space in it."""
    return 0 < len(text) <= 64 and " " not in text


def fits(value: int) -> bool:
    """Whether a result fits an Avro long; one that does not is refused, never wrapped."""
    return LONG_MIN <= value <= LONG_MAX


@dataclass
class Asset:
    """An asset and whether it pays profit and fees."""

    decimals: int
    settlement: bool
    status: str = "ok"
    revision: int = 1


@dataclass
class Market:
    """The rules as they were commanded, the last prices and the funding index.

    ``calm`` are the times of the last ticks in a row with a fair book, ``marks`` the times at which parts
    of the price window began, each with a mark in it.
    """

    rules: dict[str, Any]
    revision: int = 1
    mark: int = 0
    spot: int = 0
    fair: int | None = None
    index: int = 0
    remainder: int = 0
    rate: int = 0
    premium: int = 0
    funding_time_ms: int | None = None
    dust: int = 0
    bid: int | None = None
    ask: int | None = None
    depths: tuple[int, int] = (0, 0)
    price_time_ms: int = 0
    opened_us: int = 0
    calm: list[int] = field(default_factory=list)
    marks: list[tuple[int, int]] = field(default_factory=list)
    old_price: bool = False
    """A rollback restored it, and there was no price since."""
    old_rate: bool = False

    def rule(self, name: str) -> int:
        """One number of the rule set."""
        value = self.rules[name]
        assert isinstance(value, int)
        return value

    @property
    def status(self) -> str:
        """Status of the market: ok, post_only, cancel_only, halted or settled."""
        return str(self.rules["status"])


@dataclass
class Position:
    """A trading position: signed size and cost, the index and the seq of its last change."""

    size: int = 0
    cost: int = 0
    cached_index: int = 0
    position_id: int = 0
    changed: int = 0


@dataclass
class Order:
    """An order that rests or waits for its trigger."""

    order_id: str
    account: str
    market: str
    sign: int
    order_type: str
    instruction: str
    reduce_only: bool
    size: int
    remaining: int
    limit: int
    trigger: int
    condition: str
    oco_group: str
    parent: str
    status: str
    age: int

    @property
    def reserves(self) -> bool:
        """Whether it counts for margin: open and not reduce-only."""
        return self.status == "OPEN" and not self.reduce_only

    def offsets(self, position_size: int) -> bool:
        """Whether it is against a position of this signed size."""
        return self.sign * position_size < 0

    @property
    def protects(self) -> bool:
        """Whether it is a take-profit or stop-loss order."""
        return self.order_type in TAKE_PROFIT_STOP_LOSS


@dataclass
class Account:
    """One account with everything that belongs to it."""

    kind: str
    parent: str
    exempt: bool
    signer: str
    fee_tier: str
    status: str = "active"
    balances: dict[str, int] = field(default_factory=dict)
    pending: dict[str, int] = field(default_factory=dict)
    positions: dict[str, Position] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    imf: dict[str, int] = field(default_factory=dict)
    vault: str = ""

    def position(self, market: str) -> Position:
        """The position in ``market``; an empty one is made on first sight."""
        return self.positions.setdefault(market, Position())

    def orders_in(self, market: str) -> list[Order]:
        """Its orders of one market, oldest first."""
        return sorted((o for o in self.orders.values() if o.market == market), key=lambda o: o.age)


@dataclass
class Withdrawal:
    """A withdrawal that was requested and neither released nor failed."""

    account: str
    asset: str
    amount: int


@dataclass
class Side:
    """One side of a settled trade, with what its reversal needs."""

    account: str
    sign: int
    size: int
    fee: int
    index: int
    before: Position
    seq: int
    order: Order | None


@dataclass
class Trade:
    """A settled trade."""

    market: str
    price: int
    value: int
    sides: list[Side]
    busted: bool = False


@dataclass
class Breaker:
    """What was liquidated in the window that runs; a window begins with a liquidation."""

    begun_us: int = 0
    accounts: int = 0
    notional: int = 0
    loss: int = 0
    tripped_us: int = 0


@dataclass
class Stake:
    """What one account holds of a vault; ``lots`` are (id, shares, unlock time), the oldest first."""

    hwm: int = 0
    deposited: int = 0
    lots: list[tuple[str, int, int]] = field(default_factory=list)

    @property
    def shares(self) -> int:
        """All shares."""
        return sum(shares for _, shares, _ in self.lots)

    def take(self, shares: int) -> None:
        """Take shares out of the oldest lots."""
        left = []
        for lot_id, held, unlock_us in self.lots:
            taken = min(held, shares)
            shares -= taken
            if held > taken:
                left.append((lot_id, held - taken, unlock_us))
        self.lots = left


@dataclass
class Vault:
    """A vault; its supply is what its holders have."""

    operator: str
    owner: str
    profit_share: int
    period_s: int
    lockup_s: int
    tvl_max: int
    owner_minimum: int
    period_start_us: int
    status: str = "ACTIVE"
    net_deposits: int = 0
    stakes: dict[str, Stake] = field(default_factory=dict)

    @property
    def supply(self) -> int:
        """All shares."""
        return sum(stake.shares for stake in self.stakes.values())


@dataclass
class Unwind:
    """A redemption that waits for its auxiliary account to be flat."""

    vault: str
    holder: str
    aux: str
    pay: int


@dataclass
class World:
    """The whole second ledger. ``seq`` counts events; ``happened`` names those of one command."""

    assets: dict[str, Asset] = field(default_factory=dict)
    markets: dict[str, Market] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    withdrawals: dict[str, Withdrawal] = field(default_factory=dict)
    trades: dict[str, Trade] = field(default_factory=dict)
    external_refs: set[str] = field(default_factory=set)
    vaults: dict[str, Vault] = field(default_factory=dict)
    unwinds: dict[str, Unwind] = field(default_factory=dict)
    breaker: Breaker = field(default_factory=Breaker)
    liquidator: str = ""
    counters: dict[tuple[str, str], int] = field(default_factory=dict)
    settlement: str = ""
    price_tick: int = 0
    price_epoch: int = 0
    price_time_ms: int = 0
    funding_tick: int = 0
    funding_epoch: int = 0
    funding_time_ms: int = 0
    price_source: str = ""
    price_equal: int = 0
    funding_source: str = ""
    funding_equal: int = 0
    seq: int = 0
    happened: list[tuple[str, str]] = field(default_factory=list)
    now_us: int = 0
    recorded_us: int = 0
    status: str = "ok"
    switch: str = "open"
    opened_us: int = 0
    tripped_us: int = 0
    rules: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    requested: list[tuple[int, int]] = field(default_factory=list)
    restored_us: int = 0
    book_lost: bool = False
    """A rollback changed the orders under the matching engine."""

    def record(self, event: str, account: str = "") -> int:
        """Count one event of the running command; its seq."""
        self.seq += 1
        self.happened.append((event, account))
        return self.seq

    def post(self, counter_account: str, asset: str, amount: int) -> None:
        """Post ``amount`` to a counter-account."""
        key = (counter_account, asset)
        self.counters[key] = self.counters.get(key, 0) + amount

    @property
    def waits(self) -> bool:
        """Whether prices that a rollback restored are all that some open market has."""
        return any(
            market.old_price and market.mark and market.status not in ("halted", "settled")
            for market in self.markets.values()
        )

    def account(self, name: str) -> Account:
        """An account that is known to exist."""
        return self.accounts[name]
