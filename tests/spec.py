"""The vocabulary of a domain test: ``given(history).when(command).then(events or a refusal)``.

``ask(kind, ...)`` makes a command and leaves out what the test does not care about;
``like(kind, ...)`` expects an event by the fields that matter. Commands are numbered by their
place in the scenario, so the third one's id is ``test/3``, and so is its order, trade,
transfer or withdrawal. The ledger's time is what the command says, and stays behind it never.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, Self, TypeVar

from ledger.core.decide import decide
from ledger.core.decision import ACCEPTED, Decision
from ledger.core.evolve import evolve
from ledger.core.image import state_rows
from ledger.core.messages import (
    AnyCommand,
    AnyEvent,
    ChangeRule,
    Command,
    CreditDeposit,
    Event,
    GuardTripped,
    LedgerOpened,
    ListAsset,
    ListMarket,
    MarketPrice,
    MarketUpdated,
    OpenAccount,
    SettleOffBookTrade,
    SystemStatusChanged,
    UpdatePrices,
)
from ledger.core.proof import UNSIGNED, Proof
from ledger.core.refusals import RefusalCode
from ledger.core.state import State
from schemas import catalog
from tests.fields import changed, record_of

E8: Final = 10**8
START_US: Final = 1_750_000_000_000_000
START_MS: Final = START_US // 1000
HEADER: Final = frozenset({"seq", "recorded_at_us", "occurred_at_us", "command_id", "cause_seq"})

EMPTY: Final[dict[object, object]] = {"long": 0, "string": ""}

T = TypeVar("T", bound=Event)
E = TypeVar("E", bound=Event)
M = TypeVar("M", bound=Command)


class Like:
    """An event of a kind with some fields; a ``Refusal`` is expected with its code."""

    def __init__(self, kind: type[Event], fields: dict[str, Any]) -> None:
        self.kind = kind
        self.fields = fields


RECORDS: Final = (GuardTripped, SystemStatusChanged, MarketUpdated)
"""What a refusal may record, when a guard gave it."""


class Refusal:
    """A refusal without events, or with what guards record of it."""

    def __init__(self, code: RefusalCode, detail: str, guards: frozenset[str] | None) -> None:
        self.code = code
        self.detail = detail
        self.guards = guards

    def check(self, events: Sequence[AnyEvent]) -> None:
        """Only records of guards, those that were named if any were."""
        found = {event.guard for event in events if isinstance(event, GuardTripped)}
        assert all(isinstance(event, RECORDS) for event in events)
        assert bool(found) == bool(events)
        assert self.guards is None or found == self.guards


def e8(text: str) -> int:
    """A decimal as an integer of 1e-8: ``e8("-0.5")``."""
    whole, _, digits = text.removeprefix("-").partition(".")
    number = int(whole) * E8 + int(digits.ljust(8, "0") or "0")
    return -number if text.startswith("-") else number


def ask(kind: type[M], /, **fields: object) -> M:
    """A command of ``test``; a field not named is 0, empty, or now where it is a time."""
    columns = catalog()[kind.__name__].fields
    unknown = set(fields) - {column.name for column in columns}
    assert not unknown, f"{kind.__name__} has no {unknown}"
    given_fields: dict[str, object] = {"producer": "test", "number": 0, "issued_at_us": START_US} | fields
    for column in columns:
        if column.name in ("occurred_at_us", "matched_at_us"):
            given_fields.setdefault(column.name, given_fields["issued_at_us"])
        given_fields.setdefault(column.name, EMPTY.get(column.type, []))
    return kind(**given_fields)


def event(kind: type[E], /, **fields: object) -> E:
    """An event with its header; a field not named is 0 or empty."""
    columns = [column.name for column in catalog()[kind.__name__].fields]
    assert set(fields) <= set(columns), f"{kind.__name__} has no {set(fields) - set(columns)}"
    kinds = {column.name: column.type for column in catalog()[kind.__name__].fields}
    values = {name: fields.get(name, EMPTY[kinds[name]]) for name in columns}
    made = kind(**{name: value for name, value in values.items() if name not in HEADER})
    for name in HEADER:
        setattr(made, name, values[name])
    return made


def like(kind: type[Event], /, **fields: object) -> Like:
    """Expect an event of ``kind`` with these fields, whatever the others are."""
    unknown = set(fields) - {column.name for column in catalog()[kind.__name__].fields}
    assert not unknown, f"{kind.__name__} has no {unknown}"
    return Like(kind, fields)


def refused(code: RefusalCode, detail: str = "", guards: Iterable[str] | None = None) -> Refusal:
    """Expect a refusal; ``detail`` is part of what it tells a person, ``guards`` are those that tripped."""
    return Refusal(code, detail, None if guards is None else frozenset(guards))


class Scenario:
    """A ledger in the middle of a test."""

    def __init__(self) -> None:
        self.state = State()
        self.asked = 0
        self.decision: Decision | None = None
        self.proof = UNSIGNED

    def signed(self, key_1: str, key_2: str = "") -> Self:
        """From now on every command is signed with these keys, as far as the core is told."""
        self.proof = Proof(key_1, "ab" * 64, key_2, "cd" * 64 if key_2 else "")
        return self

    def given(self, *history: AnyEvent | AnyCommand) -> Self:
        """Go on with recorded events, or with commands that must be accepted."""
        for message in history:
            if isinstance(message, Event):
                self._record(message)
            else:
                decision = self._decide(message)
                assert decision.code == ACCEPTED, _said(decision)
        return self

    def when(self, *commands: AnyCommand) -> Self:
        """Take commands; ``then`` looks at what became of the last."""
        for command in commands:
            self.decision = self._decide(command)
        return self

    def then(self, *expected: AnyEvent | Like | Refusal) -> Self:
        """The last command was refused as expected, or gave exactly these events."""
        decision = self.decision
        assert decision is not None, "nothing was asked: then() follows when()"
        if len(expected) == 1 and isinstance(expected[0], Refusal):
            wanted = expected[0]
            assert decision.code == wanted.code, f"{_said(decision)} instead of {wanted.code.name}"
            assert wanted.detail in decision.detail
            wanted.check(decision.events)
            return self
        assert decision.code == ACCEPTED, _said(decision)
        kinds = [type(event).__name__ for event in decision.events]
        assert kinds == [_kind_of(item).__name__ for item in expected]
        for event, item in zip(decision.events, expected, strict=True):
            assert _fields(event, item) == _wanted(item)
        return self

    def only(self, kind: type[T]) -> T:
        """The one event of ``kind`` that the last command gave."""
        found = [event for event in self.events if isinstance(event, kind)]
        assert len(found) == 1
        return found[0]

    @property
    def events(self) -> Sequence[AnyEvent]:
        """Events of the last command."""
        assert self.decision is not None
        return self.decision.events

    def _record(self, event: AnyEvent) -> None:
        event.seq = self.state.seq + 1
        event.recorded_at_us = max(START_US, self.state.recorded_at_us)
        event.occurred_at_us = event.recorded_at_us
        evolve(self.state, event)

    def _decide(self, command: AnyCommand) -> Decision:
        """Decide, check that nothing changed, and take the events in."""
        self.asked += 1
        if command.number == 0:
            command = changed(command, number=self.asked)
        before = state_rows(self.state)
        now_us = max(self.state.recorded_at_us, command.issued_at_us)
        decision = decide(self.state, command, now_us, self.proof)
        assert state_rows(self.state) == before, "decide changed the state"
        for place, event in enumerate(decision.events, self.state.seq + 1):
            assert (event.seq, event.recorded_at_us) == (place, now_us)
            assert event.command_id == f"{command.producer}/{command.number}"
        for event in decision.events:
            evolve(self.state, event)
        return decision


def given(*history: AnyEvent | AnyCommand) -> Scenario:
    """A ledger of four partitions that was opened, and then saw ``history``."""
    return Scenario().given(LedgerOpened("test-ledger", 4, "1", ""), *history)


def _said(decision: Decision) -> str:
    if decision.code == ACCEPTED:
        return "accepted"
    return f"refused with {RefusalCode(decision.code).name}: {decision.detail}"


def _kind_of(item: AnyEvent | Like | Refusal) -> type:
    return item.kind if isinstance(item, Like) else type(item)


def _wanted(item: AnyEvent | Like | Refusal) -> dict[str, Any]:
    if isinstance(item, Like):
        return item.fields
    assert isinstance(item, Event), "a refusal is expected alone"
    return {name: value for name, value in record_of(item).items() if name not in HEADER}


def _fields(event: AnyEvent, item: AnyEvent | Like | Refusal) -> dict[str, Any]:
    return {name: getattr(event, name) for name in _wanted(item)}


def market(name: str = "BTC-USD-PERP", /, **rules: object) -> ListMarket:
    """List a market with the published rules of BTC-USD-PERP, less what ``rules`` change.

    The limits of guards on moves, changes and divergence are off, so that tests of other rules may move
    a mark as they like.
    """
    base: dict[str, object] = {
        "market": name,
        "base": name.split("-", maxsplit=1)[0],
        "quote": "USD",
        "settlement_asset": "USDC",
        "market_kind": "cross",
        "status": "ok",
        "price_tick_e8": e8("0.1"),
        "size_step_e8": e8("0.00001"),
        "notional_min_e8": e8("10"),
        "order_size_max_e8": e8("100"),
        "position_limit_e8": e8("300"),
        "open_orders_max": 50,
        "imf_base_ppm": 20_000,
        "mmf_factor_ppm": 500_000,
        "taker_fee_ppm": 200,
        "maker_fee_ppm": 30,
        "price_band_ppm": 50_000,
        "maintenance_band_ppm": 500,
        "spread_max_ppm": 10_000,
        "depth_min_e8": e8("1"),
        "liquidation_fee_ppm": 700_000,
        "liquidation_step_ppm": 200_000,
        "liquidation_target_ppm": 900_000,
        "funding_period_s": 28_800,
        "funding_gap_max_ms": 30_000,
        "funding_rate_max_e12": 20_000_000_000,
        "funding_rate_change_max_e12": 0,
        "funding_rate_tolerance_e12": 0,
        "interest_rate_e12": 100_000_000,
        "clamp_rate_e12": 500_000_000,
        "price_move_max_ppm": 0,
        "price_window_ms": 300_000,
        "price_window_move_max_ppm": 0,
        "fair_divergence_max_ppm": 0,
        "price_age_max_ms": 30_000,
        "oracle_ewma_ppm": 200_000,
    }
    return ask(ListMarket, **(base | rules))


def rule(name: str, value: str) -> ChangeRule:
    """Change one of the rules that are no field of a market."""
    return ask(ChangeRule, rule=name, scope="system", value=value)


USDC: Final = ask(ListAsset, asset="USDC", decimals=6, settlement=1)


def account(name: str, /, **fields: object) -> OpenAccount:
    """Open an account, a TRADER if nothing else is said."""
    return ask(OpenAccount, **({"account": name, "kind": "TRADER"} | fields))


def deposit(name: str, amount: str, asset: str = "USDC", ref: str = "") -> CreditDeposit:
    """Credit a deposit with a reference of its own."""
    reference = ref or f"tx-{name}-{asset}-{amount}"
    return ask(
        CreditDeposit,
        account=name,
        asset=asset,
        amount_e8=e8(amount),
        external_chain="ethereum",
        external_ref=reference,
        bridge="starkgate",
    )


def marks(tick_id: int = 1, **marks_of: str) -> UpdatePrices:
    """The price tick ``tick_id``: ``marks(1, BTC="60000")`` sets mark and spot of BTC-USD-PERP."""
    return ask(
        UpdatePrices,
        tick_id=tick_id,
        previous_tick_id=tick_id - 1,
        source="prices",
        source_epoch=1,
        observed_at_ms=START_MS + tick_id * 5_000,
        issued_at_us=START_US + tick_id * 5_000_000,
        prices=[_price(f"{base}-USD-PERP", e8(text)) for base, text in marks_of.items()],
    )


def _price(name: str, price_e8: int) -> MarketPrice:
    return MarketPrice(name, price_e8, price_e8, 1, price_e8, 0, 0, 0, 0, 0, 0, 0, 0)


def trade(name: str, buyer: str, seller: str, size: str, price: str) -> SettleOffBookTrade:
    """A trade outside the book in which neither side took: both pay the maker rate."""
    return ask(
        SettleOffBookTrade,
        market=name,
        buyer=buyer,
        seller=seller,
        size_e8=e8(size),
        price_e8=e8(price),
        taker="NONE",
    )
