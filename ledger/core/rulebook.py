"""Rules that are no field of a market: their names, what they mean, their defaults and bounds.

``decide`` reads nothing but the state, and these values get into it only by ``RuleChanged``. The
reference page of rules is written from these tables (``ledger.edge.rules_page``).
"""

from typing import Final, final

from ledger.core.values import AMOUNT_MAX_E8, E8, PPM

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
NO_LIMIT_PPM: Final = 1_000 * PPM
"""More than there can be to withdraw."""

OBSERVE_MAX_S: Final = 7 * 24 * 3600
"""Longest time that a guard may only observe before it enforces again by itself."""

ENFORCE: Final = 0
REFUSE: Final = 1
OBSERVE: Final = 2
POLICIES: Final = ("enforce", "refuse", "observe")
"""Words of the policies by number.

``enforce``: refuse, record, close. ``refuse``: refuse and record. ``observe``: take, and record.
"""


@final
class NumberRule:
    """A rule that is a whole number from ``low`` to ``high``."""

    __slots__ = ("default", "doc", "high", "low")

    def __init__(self, default: int, low: int, high: int, doc: str) -> None:
        self.default = default
        self.low = low
        self.high = high
        self.doc = doc


@final
class WordRule:
    """A rule that is one of some words, the first unless something else was said."""

    __slots__ = ("doc", "words")

    def __init__(self, words: tuple[str, ...], doc: str) -> None:
        self.words = words
        self.doc = doc


@final
class Guard:
    """A check of a feed's input: what it asks, and its policy unless something else was said."""

    __slots__ = ("default", "doc")

    def __init__(self, default: int, doc: str) -> None:
        self.default = default
        self.doc = doc


NUMBER_RULES: Final[dict[str, NumberRule]] = {
    "tick_ahead_max_ms": NumberRule(2_000, 0, MINUTE_MS, "How far a tick may be ahead of ledger time (G4)."),
    "tick_age_max_ms": NumberRule(
        30_000, 1_000, 3_660 * DAY_MS, "How old a tick may be when it arrives (G4); years for an old series."
    ),
    "stale_ticks_max": NumberRule(
        12, 0, 10_000, "Ticks of a feed in a row that may be equal in every market (G4f); 0: any number."
    ),
    "funding_change_max_ppm": NumberRule(
        100,
        1,
        PPM,
        "How much accrued funding of all positions may change per 5 s, of their value at mark (G7a).",
    ),
    "gate_hold_ms": NumberRule(
        30_000, 0, HOUR_MS, "How long the gate of a market must have held before it opens."
    ),
    "gate_quiet_ms": NumberRule(
        60_000, 0, DAY_MS, "How long ago the last guard that closed something must have tripped."
    ),
    "reopen_band_ppm": NumberRule(
        5_000, 0, PPM, "Band around the external fair price after a market opened again."
    ),
    "reopen_band_ms": NumberRule(600_000, 0, DAY_MS, "How long that band holds."),
    "outflow_hour_ppm": NumberRule(
        10_000,
        0,
        NO_LIMIT_PPM,
        "Withdrawals of the settlement asset that may be requested in an hour, of custody.",
    ),
    "outflow_hour_least_e8": NumberRule(
        1_000_000 * E8, 0, AMOUNT_MAX_E8, "The same as an amount; the larger of the two holds."
    ),
    "outflow_day_ppm": NumberRule(
        100_000,
        0,
        NO_LIMIT_PPM,
        "Withdrawals of the settlement asset that may be requested in a day, of custody.",
    ),
    "outflow_day_least_e8": NumberRule(
        10_000_000 * E8, 0, AMOUNT_MAX_E8, "The same as an amount; the larger of the two holds."
    ),
    "rollback_grace_ms": NumberRule(
        0, 0, DAY_MS, "How long after a rollback restricted accounts are not liquidated."
    ),
    "liquidation_window_ms": NumberRule(
        MINUTE_MS, 1_000, DAY_MS, "Window of ledger time in which liquidations are counted (G7b)."
    ),
    "liquidation_accounts_max": NumberRule(1_000, 0, 1_000_000, "Liquidations in a window; 0: any number."),
    "liquidation_notional_max_e8": NumberRule(
        100_000_000 * E8, 0, AMOUNT_MAX_E8, "Value of the positions taken over in a window; 0: any."
    ),
    "liquidation_loss_max_e8": NumberRule(
        1_000_000 * E8,
        0,
        AMOUNT_MAX_E8,
        "What the Liquidator Vault pays in a window for accounts worth less than nothing; 0: any.",
    ),
    "liquidator_value_min_e8": NumberRule(
        0, -AMOUNT_MAX_E8, AMOUNT_MAX_E8, "What the Liquidator Vault must be worth after a liquidation."
    ),
    "keeper_grace_ticks": NumberRule(
        3, 0, 10_000, "Price ticks that a keeper has to answer what it should do, in a counterfactual."
    ),
    "episode_calm_ms": NumberRule(
        MINUTE_MS, 0, DAY_MS, "How long a mark is near its external fair price when a divergence is over."
    ),
}

WORD_RULES: Final[dict[str, WordRule]] = {
    "gates": WordRule(
        ("enforce", "observe"), "Whether a gate that does not hold keeps a mode from being left."
    ),
    "bands": WordRule(("on", "off"), "Whether the maintenance band binds orders in restricted modes."),
    "account_signers": WordRule(
        ("off", "required"), "Whether commands of an account with a signer must be signed by it."
    ),
}

RESTING_ORDERS: Final = 0
OTHER_ORDERS: Final = 1
TRADES: Final = 2
TRIGGERS: Final = 3
LIQUIDATIONS: Final = 4
TRANSFERS: Final = 5
WITHDRAWALS: Final = 6
VAULT_FLOWS: Final = 7

MODE_RULES: Final[dict[str, tuple[int, str, str]]] = {
    "mode.resting_orders": (RESTING_ORDERS, "post_only,ok", "POST_ONLY and RPI orders are accepted."),
    "mode.other_orders": (OTHER_ORDERS, "ok", "Orders of every other kind are accepted."),
    "mode.trades": (TRADES, "ok", "Trades on and off the book are settled."),
    "mode.triggers": (TRIGGERS, "ok", "Waiting orders are triggered."),
    "mode.liquidations": (LIQUIDATIONS, "ok", "Accounts are liquidated."),
    "mode.transfers": (TRANSFERS, "cancel_only,post_only,ok", "Account holders move money between accounts."),
    "mode.withdrawals": (WITHDRAWALS, "cancel_only,post_only,ok", "Withdrawals are requested."),
    "mode.vault_flows": (VAULT_FLOWS, "ok", "Money moves into and out of vaults."),
}
"""Rule -> (its number, the statuses in which it holds unless something else was said, what it allows).

What no rule names is allowed in every status: prices, rates, deposits, releases and failures of
withdrawals, cancellations, deleveraging, busts, and what operators do.
"""

MODES: Final = len(MODE_RULES)

GUARDS: Final[dict[str, Guard]] = {
    "G1": Guard(
        ENFORCE, "The index moves no further than `funding_rate_max` allows, and no rate is above it."
    ),
    "G1r": Guard(
        ENFORCE, "The rate is no further from the last one than the market's `funding_rate_change_max`."
    ),
    "G2": Guard(ENFORCE, "The index claimed is the one the ledger computes, to 2 units of 1e-8."),
    "G2p": Guard(ENFORCE, "The premium claimed is rate times spot, to 1 unit of 1e-8."),
    "G2r": Guard(
        ENFORCE,
        "The rate is the one of the formula on the ledger's own mark and spot, within the market's "
        "`funding_rate_tolerance`; 0 turns it off, for series made elsewhere.",
    ),
    "G3": Guard(ENFORCE, "A funding tick has every listed market that is not settled, once, and no other."),
    "G4": Guard(
        REFUSE,
        "Number and time of a tick rise; it is neither ahead of ledger time nor too old.",
    ),
    "G4a": Guard(
        REFUSE,
        "A tick names the last accepted one as its predecessor, and is of the feed instance in force.",
    ),
    "G4f": Guard(ENFORCE, "Ticks are not equal in every market many times running: stale, not fresh."),
    "G5": Guard(
        ENFORCE, "Prices are positive and move no further in a tick than the market's `price_move_max`."
    ),
    "G5x": Guard(
        ENFORCE,
        "Mark and spot are no further from the external fair price than the market's `fair_divergence_max`.",
    ),
    "G5w": Guard(
        ENFORCE,
        "The mark moved no further within `price_window` than the market's `price_window_move_max`; the "
        "price is taken, and the market goes to cancel_only.",
    ),
    "G6": Guard(
        ENFORCE,
        "A feed instance that begins claims the last durable index of every market, or the one computed "
        "from it.",
    ),
    "G7a": Guard(
        ENFORCE, "Accrued funding of all positions changes by no more than `funding_change_max_ppm`."
    ),
    "G7b": Guard(
        ENFORCE,
        "Liquidations of a window stay within the limits on accounts, positions taken over and losses, and "
        "the Liquidator Vault keeps its least value. It closes the exchange only when the prices outside "
        "do not explain the losses.",
    ),
}
"""Guards in the order in which they are asked."""

GUARD_PREFIX: Final = "guard."
