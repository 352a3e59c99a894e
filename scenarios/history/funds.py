"""Vaults, gamblers and a keeper beside the crowd: what the Liquidator Vault is there for.

A vault follows the trend, savers put money into it and take some out again; gamblers take on far too
much and are liquidated. All of it is traded off the book with one dealer, at the mark. The keeper
follows the ledger and asks for what it believes; the ledger decides.
"""

from typing import Final, final

from ledger.core.messages import (
    CompleteUnwind,
    CreateVault,
    CreditDeposit,
    DepositToVault,
    LiquidateAccount,
    OpenAccount,
    RedeemShares,
    SettleOffBookTrade,
    SettleVaultFees,
)
from ledger.core.state import Account
from ledger.core.values import E8, PPM
from scenarios.gateway import Gateway
from scenarios.history.agents import BRIDGE, CHAIN, STEP_E8
from scenarios.history.venue import ENGINE, KEEPER
from scenarios.listing import OPERATOR, SETTLEMENT_ASSET

DEALER: Final = "dealer"
DEALER_E8: Final = 200_000_000 * E8
LIQUIDATOR: Final = "liquidator-vault"
LIQUIDATOR_VAULT: Final = "LIQUIDATOR"
LIQUIDATOR_E8: Final = 5_000_000 * E8
FUND: Final = "trend-vault"
FUND_VAULT: Final = "TREND"
FUND_OWNER: Final = "trend-owner"
OWNER_E8: Final = 250_000 * E8
SAVERS: Final = ("saver-1", "saver-2", "saver-3")
SAVER_E8: Final = 100_000 * E8
REDEEMED_E8: Final = 20_000 * E8
DAY_S: Final = 24 * 3600
TREND_TICKS: Final = 30
"""The vault looks ten days back, every ten days."""
REDEEM_TICKS: Final = 180
GAMBLE_TICKS: Final = 60
STAKE_E8: Final = 5_000 * E8
GAMBLE: Final = 20
"""A gambler's position is worth this many times its money."""
KEEPER_MARGIN_PPM: Final = 10_200
"""Maintenance of the markets and a little more: who asks too early is told so."""


@final
class Funds:
    """The dealer, both vaults, their holders, and the gamblers so far."""

    __slots__ = ("_gamblers", "_gateway", "_marks", "_past", "_unwinding")

    def __init__(self, gateway: Gateway, marks: dict[str, int]) -> None:
        """``marks`` are the venue's (1e-8)."""
        self._gateway = gateway
        self._marks = marks
        self._past: list[dict[str, int]] = []
        self._gamblers: list[str] = []
        self._unwinding: dict[str, str] = {}
        """Auxiliary account by id of the redemption."""

    def open(self) -> None:
        """Open everything and let the first holders in."""
        head = self._gateway.header
        send = self._gateway.send
        for name, money in (
            (DEALER, DEALER_E8),
            (FUND_OWNER, OWNER_E8),
            *((saver, SAVER_E8) for saver in SAVERS),
        ):
            self._arrive(name, money)
        for name, kind in ((LIQUIDATOR, "LIQUIDATOR"), (FUND, "VAULT_OPERATOR")):
            send(OpenAccount(*head(OPERATOR), name, kind, "", "", 0, ""))
        send(
            CreateVault(
                *head(OPERATOR),
                LIQUIDATOR_VAULT,
                LIQUIDATOR,
                "Liquidator Vault",
                "protocol",
                DEALER,
                0,
                0,
                0,
                0,
                0,
            )
        )
        share, period, lockup = PPM // 5, 30 * DAY_S, 4 * DAY_S
        terms = (share, period, lockup, 0, OWNER_E8 // 10)
        send(CreateVault(*head(OPERATOR), FUND_VAULT, FUND, "Trend", "user", FUND_OWNER, *terms))
        send(DepositToVault(*head(DEALER), LIQUIDATOR_VAULT, DEALER, LIQUIDATOR_E8))
        send(DepositToVault(*head(FUND_OWNER), FUND_VAULT, FUND_OWNER, OWNER_E8))
        for saver in SAVERS:
            send(DepositToVault(*head(saver), FUND_VAULT, saver, SAVER_E8))

    def act(self, number: int) -> None:
        """What they all do of tick ``number``."""
        self._past.append(dict(self._marks))
        self._liquidate()
        self._unwind()
        if number % GAMBLE_TICKS == GAMBLE_TICKS - 1:
            self._gamble(number // GAMBLE_TICKS)
        if number % TREND_TICKS == TREND_TICKS - 1:
            self._follow_trend()
            self._hand_on()
        if number % (3 * TREND_TICKS) == 0 and number:
            self._gateway.send(SettleVaultFees(*self._gateway.header(OPERATOR), FUND_VAULT))
        if number % REDEEM_TICKS == REDEEM_TICKS - 1:
            self._redeem(SAVERS[number // REDEEM_TICKS % len(SAVERS)])

    def _arrive(self, name: str, money_e8: int) -> None:
        head = self._gateway.header
        self._gateway.send(OpenAccount(*head(OPERATOR), name, "TRADER", "", "", 0, "PRO"))
        bridge = head(BRIDGE)
        reference, now_us = f"deposit-{bridge[1]}", self._gateway.now_us
        self._gateway.send(
            CreditDeposit(*bridge, name, SETTLEMENT_ASSET, money_e8, reference, BRIDGE, CHAIN, now_us)
        )

    def _trade(self, account: str, market: str, size_e8: int) -> None:
        """Trade a signed size with the dealer at the mark."""
        if size_e8 == 0:
            return
        pair = (account, DEALER) if size_e8 > 0 else (DEALER, account)
        gateway = self._gateway
        mark = self._marks[market]
        gateway.send(
            SettleOffBookTrade(
                *gateway.header(ENGINE), market, mark, abs(size_e8), *pair, "NONE", gateway.now_us
            )
        )

    def _sizes(self, name: str) -> dict[str, int]:
        """Signed sizes of an account's positions as the ledger has them."""
        account = self._gateway.state.accounts.get(name)
        holdings = {} if account is None else account.holdings
        return {market: held.size_e8 for market, held in holdings.items() if held.size_e8}

    def _follow_trend(self) -> None:
        """Long what rose and short what fell, for half of what was put in."""
        then = self._past[max(0, len(self._past) - 1 - TREND_TICKS)]
        held = self._sizes(FUND)
        for market, mark in sorted(self._marks.items()):
            step = STEP_E8[market]
            wanted = (OWNER_E8 + SAVER_E8) * E8 // mark // step * step
            self._trade(FUND, market, (wanted if mark >= then[market] else -wanted) - held.get(market, 0))

    def _hand_on(self) -> None:
        """The Liquidator Vault sells what it took over."""
        for market, size in sorted(self._sizes(LIQUIDATOR).items()):
            self._trade(LIQUIDATOR, market, -size)

    def _redeem(self, saver: str) -> None:
        gateway = self._gateway
        header = gateway.header(saver)
        aux = f"{saver}-unwinds-{header[1]}"
        command = RedeemShares(*header, FUND_VAULT, saver, REDEEMED_E8, aux)
        self._unwinding[gateway.send(command)] = aux

    def _unwind(self) -> None:
        """Trade the positions of redeemed shares away and have their holder paid, until that is done."""
        for unwind_id, aux in list(self._unwinding.items()):
            if unwind_id not in self._gateway.state.unwinds:
                del self._unwinding[unwind_id]
                continue
            for market, size in sorted(self._sizes(aux).items()):
                self._trade(aux, market, -size)
            self._gateway.send(CompleteUnwind(*self._gateway.header(OPERATOR), FUND_VAULT, unwind_id))

    def _gamble(self, number: int) -> None:
        """Somebody new bets that the market of the day goes on as it went."""
        name = f"gambler-{number + 1}"
        market = sorted(self._marks)[number % len(self._marks)]
        then = self._past[max(0, len(self._past) - 1 - TREND_TICKS)]
        mark, step = self._marks[market], STEP_E8[market]
        self._arrive(name, STAKE_E8)
        size = GAMBLE * STAKE_E8 * E8 // mark // step * step
        self._trade(name, market, size if mark >= then[market] else -size)
        self._gamblers.append(name)

    def _liquidate(self) -> None:
        """Keeper: ask for the liquidation of every gambler that looks worth too little."""
        for name in self._gamblers:
            account = self._gateway.state.accounts.get(name)
            if account is not None and self._looks_weak(account):
                self._gateway.send(LiquidateAccount(*self._gateway.header(KEEPER), name))

    def _looks_weak(self, account: Account) -> bool:
        value = account.balance_e8
        exposed = 0
        for market, held in account.holdings.items():
            worth = held.size_e8 * self._marks[market] // E8
            value += worth - held.cost_e8
            exposed += abs(worth)
        return exposed > 0 and value * PPM < exposed * KEEPER_MARGIN_PPM
