"""Status, rules, guards, keys, gates (domain.md 2.12, 2.13; corruptions.md; tape.md 9)."""

from fractions import Fraction
from typing import Final

from ledger.core.messages import ChangeRule, ChangeStatus, RegisterKey, RevokeKey
from ledger.core.refusals import RefusalCode as Code
from tests.model.books import PPM, Market, Objections, RefusedError, World, is_name, refuse_if

STATUSES: Final = ("maintenance", "cancel_only", "post_only", "ok")
SWITCHES: Final = ("closed", "held", "open")
CODES: Final = dict(
    zip(
        STATUSES,
        (Code.SYSTEM_MAINTENANCE, Code.SYSTEM_CANCEL_ONLY, Code.SYSTEM_POST_ONLY, Code.SYSTEM_MODE),
        strict=True,
    )
)
BIGGEST: Final = 10**17
NUMBERS: Final[dict[str, tuple[int, int, int]]] = {
    "tick_ahead_max_ms": (2_000, 0, 60_000),
    "tick_age_max_ms": (30_000, 1_000, 3_660 * 86_400_000),
    "stale_ticks_max": (12, 0, 10_000),
    "funding_change_max_ppm": (100, 1, PPM),
    "gate_hold_ms": (30_000, 0, 3_600_000),
    "gate_quiet_ms": (60_000, 0, 86_400_000),
    "reopen_band_ppm": (5_000, 0, PPM),
    "reopen_band_ms": (600_000, 0, 86_400_000),
    "outflow_hour_ppm": (10_000, 0, 1000 * PPM),
    "outflow_hour_least_e8": (10**14, 0, BIGGEST),
    "outflow_day_ppm": (100_000, 0, 1000 * PPM),
    "outflow_day_least_e8": (10**15, 0, BIGGEST),
    "rollback_grace_ms": (0, 0, 86_400_000),
    "liquidation_window_ms": (60_000, 1_000, 86_400_000),
    "liquidation_accounts_max": (1_000, 0, 1_000_000),
    "liquidation_notional_max_e8": (10**16, 0, BIGGEST),
    "liquidation_loss_max_e8": (10**14, 0, BIGGEST),
    "liquidator_value_min_e8": (0, -BIGGEST, BIGGEST),
}
"""Default, least and greatest value."""

WORDS: Final = {
    "gates": ("enforce", "observe"),
    "bands": ("on", "off"),
    "account_signers": ("off", "required"),
}
MODES: Final = {
    "mode.resting_orders": "post_only,ok",
    "mode.other_orders": "ok",
    "mode.trades": "ok",
    "mode.triggers": "ok",
    "mode.liquidations": "ok",
    "mode.transfers": "cancel_only,post_only,ok",
    "mode.withdrawals": "cancel_only,post_only,ok",
    "mode.vault_flows": "ok",
}
CAREFUL: Final = ("G4", "G4a")
"""Guards that refuse and close nothing, unless somebody said otherwise."""
GUARDS: Final = frozenset(
    "G1 G1r G2 G2p G2r G3 G4 G4a G4f G5 G5x G5w G6 G7a G7b".split()  # noqa: SIM905
)


def rule(world: World, name: str) -> str:
    """A rule as text."""
    if name in world.rules:
        return world.rules[name]
    if name in NUMBERS:
        return str(NUMBERS[name][0])
    if name in WORDS:
        return WORDS[name][0]
    if name in MODES:
        return MODES[name]
    guard = name.removeprefix("guard.")
    if not name.startswith("guard.") or guard not in GUARDS:
        return ""
    return "refuse" if guard in CAREFUL else "enforce"


def number(world: World, name: str) -> int:
    """A rule that is a number."""
    return int(rule(world, name))


def policy(world: World, guard: str) -> str:
    """Policy of a guard now: observing ends by itself."""
    word, _, until = rule(world, f"guard.{guard}").partition(":")
    if word == "observe" and world.now_us >= int(until):
        return "refuse" if guard in CAREFUL else "enforce"
    return word


def allows(world: World, what: str, status: str) -> bool:
    """Whether a status of exchange or market allows something."""
    return status in rule(world, f"mode.{what}").split(",")


def against_mode(world: World, what: str, against: Objections) -> None:
    """The status of the exchange must allow it."""
    against.add(not allows(world, what, world.status), CODES[world.status])
    against.add(world.waits, Code.PRICES_RESTORED)


def restricted(world: World, market: Market) -> bool:
    """Whether the maintenance band binds."""
    narrow = ("post_only", "cancel_only")
    return rule(world, "bands") == "on" and (world.status in narrow or market.status in narrow)


def fair_width(world: World, market: Market) -> Fraction | None:
    """Width of the band around the external fair price, if there is one now."""
    if world.status == "ok" and market.status == "ok":
        opened = max(world.opened_us, market.opened_us)
        if not opened or market.fair is None:
            return None
        if world.now_us >= opened + number(world, "reopen_band_ms") * 1000:
            return None
        return Fraction(number(world, "reopen_band_ppm"), PPM)
    return Fraction(market.rule("maintenance_band_ppm"), PPM) if restricted(world, market) else None


class Trips:
    """Guards that tripped on one tick, in the order in which they are recorded."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.found: list[str] = []
        self.codes: set[Code] = set()

    def trip(self, applies: bool, guard: str, code: Code) -> None:  # noqa: FBT001
        """Note a guard when it applies."""
        if applies:
            self.found.append(guard)
            if policy(self.world, guard) != "observe":
                self.codes.add(code)

    def stop(self) -> None:
        """Refuse the tick if a guard that does not only observe tripped; record it and close."""
        if not self.codes:
            return
        enforced = record_trips(self.world, self.found)
        if enforced:
            close(self.world, "cancel_only")
        raise RefusedError(frozenset(self.codes))


def record_trips(world: World, guards: list[str]) -> bool:
    """The records of some trips, at most twenty of a guard; whether one of them closes something."""
    enforced = False
    for place, guard in enumerate(guards):
        if guards[:place].count(guard) < 20:
            world.record("GuardTripped")
            if policy(world, guard) == "enforce":
                world.tripped_us = world.now_us
                enforced = True
    return enforced


def close(world: World, status: str) -> None:
    """The exchange down to ``status``, withdrawals closed."""
    after = min(status, world.status, key=STATUSES.index)
    if (after, "closed") != (world.status, world.switch):
        world.status, world.switch = after, "closed"
        world.record("SystemStatusChanged")


def close_market(world: World, market: Market) -> None:
    """The market down to cancel_only."""
    if market.status in ("ok", "post_only"):
        market.rules = {**market.rules, "status": "cancel_only"}
        market.revision += 1
        world.record("MarketUpdated")


def fair_book(market: Market) -> bool:
    """Whether the last prices are such that the market could open."""
    if market.bid is None or market.ask is None or market.fair is None or market.mark == 0:
        return False
    mid = Fraction(market.ask + market.bid, 2)
    widest, near = Fraction(market.rule("spread_max_ppm"), PPM), Fraction(5_000, PPM)
    return (
        (not widest or market.ask - market.bid <= widest * mid)
        and min(market.depths) >= market.rule("depth_min_e8")
        and abs(market.mark - market.fair) <= near * market.fair
        and abs(mid - market.fair) <= near * market.fair
    )


def fresh(world: World, market: Market) -> bool:
    """Whether the prices are not too old."""
    most = market.rule("price_age_max_ms")
    return market.mark != 0 and (most == 0 or world.now_us // 1000 - market.price_time_ms <= most)


def may_open(world: World, market: Market) -> bool:
    """Whether the market has had a fair book for long enough, up to its last tick."""
    if not market.calm or not fair_book(market) or not fresh(world, market):
        return False
    return market.calm[-1] - market.calm[0] >= number(world, "gate_hold_ms")


def note_book(market: Market, observed_at_ms: int) -> None:
    """Ticks in a row with a fair book, without a pause that makes prices old."""
    most = market.rule("price_age_max_ms")
    if market.calm and most and observed_at_ms - market.price_time_ms > most:
        market.calm = []
    market.calm = [*market.calm, observed_at_ms] if fair_book(market) else []


def change_status(world: World, command: ChangeStatus) -> None:
    """Down at will, up one step at a time through the gates."""
    status, switch = command.status or world.status, command.withdrawals or world.switch
    refuse_if(status not in STATUSES or switch not in SWITCHES, Code.INVALID_VALUE)
    refuse_if((status, switch) == (world.status, world.switch), Code.NOTHING_TO_CHANGE)
    steps = STATUSES.index(status) - STATUSES.index(world.status)
    refuse_if(steps > 0 and world.waits, Code.PRICES_RESTORED)
    refuse_if(steps > 1, Code.STATUS_STEP)
    waiting: list[Market] = []
    if steps == 1:
        doors = [market for market in world.markets.values() if market.status == "ok"]
        waiting = [m for m in doors if not may_open(world, m)] if status == "ok" else []
        stuck = bool(doors) and len(waiting) == len(doors)
        enforced = rule(world, "gates") == "enforce"
        loaded = status != "ok" or not world.book_lost
        refuse_if(enforced and (stuck or not loaded or not _calm(world)), Code.GATE_CLOSED)
        waiting = waiting if enforced else []
    if status == "ok" != world.status:
        world.opened_us = world.now_us
    world.status, world.switch = status, switch
    world.record("SystemStatusChanged")
    for market in waiting:
        market.rules = {**market.rules, "status": "post_only"}
        market.revision += 1
        world.record("MarketUpdated")


def _calm(world: World) -> bool:
    """The gates of every step: no guard lately, and both feeds alive."""
    quiet = not world.tripped_us or (world.now_us - world.tripped_us) // 1000 >= number(
        world, "gate_quiet_ms"
    )
    trading = [m for m in world.markets.values() if m.status not in ("halted", "settled")]
    if not trading:
        return quiet
    gap_ms = max(m.rule("funding_gap_max_ms") for m in trading)
    alive = world.now_us // 1000 - world.funding_time_ms <= gap_ms
    return quiet and alive and any(fresh(world, m) for m in trading)


def change_rule(world: World, command: ChangeRule) -> None:
    """Another value of a rule."""
    name, value = command.rule, command.value
    refuse_if(command.scope != "system" or (not rule(world, name) and name not in MODES), Code.INVALID_VALUE)
    refuse_if(not _is_value(name, value), Code.INVALID_VALUE)
    if value.startswith("observe:"):
        value = f"observe:{world.now_us + int(value.partition(':')[2]) * 10**6}"
    refuse_if(rule(world, name) == value, Code.NOTHING_TO_CHANGE)
    world.rules[name] = value
    world.record("RuleChanged")


def _is_value(name: str, value: str) -> bool:
    if name in NUMBERS:
        negative = NUMBERS[name][1] < 0 and value.startswith("-") and value != "-0"
        whole = _is_whole(value[1:] if negative else value)
        return whole and NUMBERS[name][1] <= int(value) <= NUMBERS[name][2]
    if name in WORDS:
        return value in WORDS[name]
    if name in MODES:
        return value in {",".join(s for i, s in enumerate(STATUSES) if bits >> i & 1) for bits in range(16)}
    word, _, seconds = value.partition(":")
    if word == "observe":
        return _is_whole(seconds) and 0 < int(seconds) <= 7 * 24 * 3600
    return value in ("enforce", "refuse")


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18 and str(int(text)) == text


def register_key(world: World, command: RegisterKey) -> None:
    """Another operator key; ids and keys are used once."""
    digits = set("0123456789abcdef")
    bad = len(command.public_key) != 64 or not set(command.public_key) <= digits
    refuse_if(bad or not is_name(command.key_id), Code.INVALID_VALUE)
    refuse_if(command.role != "operator" or not command.operator, Code.INVALID_VALUE)
    known = command.key_id in world.keys or command.public_key in world.keys.values()
    refuse_if(known, Code.KEY_EXISTS)
    world.keys[command.key_id] = command.public_key
    world.record("KeyRegistered")


def revoke_key(world: World, command: RevokeKey) -> None:
    """One key less, never the last."""
    refuse_if(command.key_id not in world.keys, Code.KEY_NOT_FOUND)
    refuse_if(len(world.keys) == 1, Code.LAST_KEY)
    world.record("KeyRevoked")
