"""What each refusal means and what to do: of prices, orders, trades, liquidations and vaults."""

from typing import Final

from ledger.core.refusals import RefusalCode, RefusalText

TRADING_REFUSALS: Final[dict[RefusalCode, RefusalText]] = {
    RefusalCode.TICK_OUT_OF_ORDER: RefusalText(
        "The tick does not follow the last accepted one: other predecessor, number not higher, older "
        "feed instance, or a second source in one epoch.",
        "Read the last accepted tick and publish the next one on top of it.",
        transient=False,
    ),
    RefusalCode.TICK_TIME_INVALID: RefusalText(
        "The tick was not observed after the last accepted one, or its time is ahead of the ledger's.",
        "Correct the feed's clock; the unit is milliseconds.",
        transient=True,
    ),
    RefusalCode.TICK_INCOMPLETE: RefusalText(
        "The tick does not name each market exactly once; a funding tick has all listed markets that "
        "are not settled and no other.",
        "Publish a complete tick; what is missing is never taken as zero.",
        transient=True,
    ),
    RefusalCode.PRICE_NOT_POSITIVE: RefusalText(
        "A price is zero or negative.",
        "Publish the market without the price that is missing, or not at all.",
        transient=False,
    ),
    RefusalCode.RATE_OUT_OF_BOUNDS: RefusalText(
        "The funding rate is beyond the market's `funding_rate_max`.",
        "Check the unit of the rate: a fraction per funding period.",
        transient=True,
    ),
    RefusalCode.SPOT_MISMATCH: RefusalText(
        "The spot price of a funding tick is further from the last accepted spot price than the "
        "market's `price_move_max`.",
        "Publish both from the same observation.",
        transient=True,
    ),
    RefusalCode.INDEX_CLAIM_MISMATCH: RefusalText(
        "The index that the feed claims is not the one that the ledger computes from the previous "
        "premium and the time.",
        "Restore the feed from the ledger's index; never set the index.",
        transient=True,
    ),
    RefusalCode.NO_MARK_PRICE: RefusalText(
        "The market has no mark price yet.",
        "Wait for the first price tick.",
        transient=True,
    ),
    RefusalCode.NO_POSITION: RefusalText(
        "The account has no position in the market.",
        "Correct account or market.",
        transient=True,
    ),
    RefusalCode.NOTHING_TO_SWEEP: RefusalText(
        "The funding dust of the market is less than one unit.",
        "Nothing needs to be done.",
        transient=True,
    ),
    RefusalCode.INDEX_JUMP: RefusalText(
        "The index that the feed claims is further from the last one than the largest rate allows (G1).",
        "Restore the feed from the ledger's index; never set the index.",
        transient=True,
    ),
    RefusalCode.RATE_JUMP: RefusalText(
        "The rate is further from the last one than the market's `funding_rate_change_max` (G1r).",
        "Check the unit and the sign of the rate.",
        transient=True,
    ),
    RefusalCode.PREMIUM_MISMATCH: RefusalText(
        "The premium that the feed publishes is not rate times spot (G2p).",
        "Publish rate, spot and premium of one computation.",
        transient=False,
    ),
    RefusalCode.RATE_UNEXPLAINED: RefusalText(
        "The rate is not the one of the formula on the ledger's own mark and spot (G2r).",
        "Check market, unit and sign of the rate, and the age of its inputs.",
        transient=True,
    ),
    RefusalCode.TICK_STALE: RefusalText(
        "All markets have said the same for too many ticks: new times on old values (G4f).",
        "Restart what feeds the feed.",
        transient=True,
    ),
    RefusalCode.PRICE_JUMP: RefusalText(
        "A price moved further than the market's `price_move_max` in a tick, or `price_window_move_max` in "
        "a window (G5, G5w).",
        "Check the source; if the move is real, have the operators let the guard observe it.",
        transient=True,
    ),
    RefusalCode.FAIR_DIVERGENCE: RefusalText(
        "Mark or spot are further from the external fair price than the market's `fair_divergence_max` "
        "(G5x).",
        "Check the sources of all three prices.",
        transient=True,
    ),
    RefusalCode.INDEX_NOT_CONTINUED: RefusalText(
        "A feed instance that begins does not claim the last durable index of every market (G6).",
        "Restore the feed from the ledger before it publishes.",
        transient=True,
    ),
    RefusalCode.FUNDING_CHANGE: RefusalText(
        "Accrued funding of all positions would change by too much at once (G7a).",
        "Restore the feed from the ledger's index.",
        transient=True,
    ),
    RefusalCode.FAIR_PRICE_MISSING: RefusalText(
        "There is no external fair price, and the band of this mode lies around it.",
        "Wait for a price tick that has one.",
        transient=True,
    ),
    RefusalCode.ORDER_NOT_FOUND: RefusalText(
        "The account has no open order with this id: it was never placed, or was filled, or cancelled.",
        "Correct the id, or look the order up.",
        transient=False,
    ),
    RefusalCode.ORDER_INVALID: RefusalText(
        "The fields of the order do not go together: a price where its type has none, a trigger "
        "missing, an instruction its type does not take.",
        "Correct the field that the detail names.",
        transient=False,
    ),
    RefusalCode.PRICE_OFF_TICK: RefusalText(
        "The price is no multiple of the market's price tick.",
        "Round the price.",
        transient=False,
    ),
    RefusalCode.SIZE_OFF_STEP: RefusalText(
        "The size is no multiple of the market's size step.",
        "Round the size.",
        transient=False,
    ),
    RefusalCode.ORDER_TOO_SMALL: RefusalText(
        "The order's value at the mark price is below the market's least value.",
        "Send a larger order, or a reduce-only one for the whole position.",
        transient=True,
    ),
    RefusalCode.ORDER_TOO_LARGE: RefusalText(
        "The order's size is above the market's largest order.",
        "Send smaller orders.",
        transient=False,
    ),
    RefusalCode.PRICE_OUTSIDE_BAND: RefusalText(
        "The price is more aggressive than the market's price band around the mark price allows.",
        "Use a price inside the band.",
        transient=True,
    ),
    RefusalCode.TOO_MANY_ORDERS: RefusalText(
        "The account has as many open orders in the market as it may have.",
        "Cancel orders first.",
        transient=True,
    ),
    RefusalCode.NOT_REDUCING: RefusalText(
        "A reduce-only order or trade would not make the position smaller.",
        "Check side and size against the position.",
        transient=True,
    ),
    RefusalCode.POSITION_LIMIT: RefusalText(
        "Position and orders of the same side would exceed the market's position limit.",
        "Send a smaller order, or cancel orders of the same side.",
        transient=True,
    ),
    RefusalCode.INSUFFICIENT_MARGIN: RefusalText(
        "The account value is below the initial margin that would be required.",
        "Deposit, send a smaller order, or reduce positions.",
        transient=True,
    ),
    RefusalCode.NOT_TRIGGERED: RefusalText(
        "The mark price has not reached the order's trigger.",
        "Wait for the price.",
        transient=True,
    ),
    RefusalCode.NO_ORDERS: RefusalText(
        "There is no order to cancel.",
        "Nothing needs to be done.",
        transient=True,
    ),
    RefusalCode.HEALTHY: RefusalText(
        "The account value covers its initial margin; nothing has to be cancelled.",
        "Nothing needs to be done.",
        transient=True,
    ),
    RefusalCode.INSIDE_BAND: RefusalText(
        "The account has no order that the band of the mode forbids, or no such band is in force.",
        "Nothing needs to be done.",
        transient=True,
    ),
    RefusalCode.UNDER_GRACE: RefusalText(
        "The account is restricted, and the grace after a rollback (`rollback_grace_ms`) has not ended.",
        "Ask again when it has.",
        transient=True,
    ),
    RefusalCode.ORDERS_MISMATCH: RefusalText(
        "The orders of a trade do not belong together: other market, same side, or not open.",
        "Restore the engine's book from the ledger's orders.",
        transient=False,
    ),
    RefusalCode.PRICE_BEYOND_LIMIT: RefusalText(
        "The trade's price is worse than the limit of one of its orders.",
        "Restore the engine's book from the ledger's orders.",
        transient=False,
    ),
    RefusalCode.SIZE_BEYOND_REMAINING: RefusalText(
        "The trade is larger than what remains of one of its orders.",
        "Restore the engine's book from the ledger's orders.",
        transient=False,
    ),
    RefusalCode.POST_ONLY_WOULD_TAKE: RefusalText(
        "An order that may only rest would take liquidity.",
        "Restore the engine's book, or name the other side as taker.",
        transient=False,
    ),
    RefusalCode.TRADE_INSUFFICIENT_MARGIN: RefusalText(
        "After the trade one side could not carry its positions.",
        "Restore the book as it was before the match; the account's orders may be deleveraged.",
        transient=True,
    ),
    RefusalCode.TRADE_NOT_FOUND: RefusalText(
        "There is no trade with this id among those that are remembered.",
        "Correct the id; older trades can be corrected only by adjustments.",
        transient=False,
    ),
    RefusalCode.TRADE_ALREADY_BUSTED: RefusalText(
        "The trade was reversed before.",
        "Nothing needs to be done.",
        transient=False,
    ),
    RefusalCode.LIQUIDATOR_EXISTS: RefusalText(
        "There is a LIQUIDATOR account; a ledger has one.",
        "Use the account that there is.",
        transient=False,
    ),
    RefusalCode.LIQUIDATOR_MISSING: RefusalText(
        "There is no LIQUIDATOR account that could take positions over.",
        "Open an account of kind LIQUIDATOR.",
        transient=True,
    ),
    RefusalCode.PRICE_STALE: RefusalText(
        "The mark price of a market in which the account has a position is older than the market's "
        "`price_age_max`.",
        "Wait for the next price tick.",
        transient=True,
    ),
    RefusalCode.LIQUIDATION_BREAKER: RefusalText(
        "The liquidation would pass a limit on what may be liquidated in a window of time; the detail "
        "names the limit.",
        "Try again in the next window. If prices outside do not explain the losses, stop the exchange.",
        transient=True,
    ),
    RefusalCode.VAULT_EXISTS: RefusalText(
        "A vault with this symbol was created before. Symbols are never used again.",
        "Use another symbol.",
        transient=False,
    ),
    RefusalCode.VAULT_NOT_FOUND: RefusalText(
        "There is no vault with this symbol.",
        "Create the vault first, or correct the symbol.",
        transient=True,
    ),
    RefusalCode.VAULT_CLOSED: RefusalText(
        "The vault is closed and takes no deposits; shares may be redeemed.",
        "Use another vault.",
        transient=True,
    ),
    RefusalCode.OPERATOR_INVALID: RefusalText(
        "The operator account cannot have this vault: it is of another kind, has a vault, or is not empty; "
        "or it is the owner.",
        "Open a new account of kind VAULT_OPERATOR; a protocol vault may have the LIQUIDATOR.",
        transient=True,
    ),
    RefusalCode.SHARES_NOT_HELD: RefusalText(
        "The account holds fewer shares of the vault.",
        "Redeem what is held.",
        transient=True,
    ),
    RefusalCode.VAULT_INSOLVENT: RefusalText(
        "The equity of the vault is zero or negative, so that a share has no price.",
        "Wait until the equity is positive again.",
        transient=True,
    ),
    RefusalCode.LOSS_OPEN: RefusalText(
        "The exchange has a bankruptcy that is not covered, which the Liquidator Vault would have to bear.",
        "Wait until it is covered.",
        transient=True,
    ),
    RefusalCode.VAULT_FULL: RefusalText(
        "The deposit would take the equity of the vault above its largest value.",
        "Deposit less.",
        transient=True,
    ),
    RefusalCode.VAULT_AMOUNT_TOO_SMALL: RefusalText(
        "The amount is so small that rounding to whole units would take more than a millionth of it.",
        "Use a larger amount.",
        transient=True,
    ),
    RefusalCode.SHARES_LOCKED: RefusalText(
        "The shares are still locked up; the detail says how many are not.",
        "Wait for the end of the lock-up of the deposit.",
        transient=True,
    ),
    RefusalCode.OWNER_MINIMUM: RefusalText(
        "The owner's shares would be worth less than the vault's `owner_minimum`.",
        "Redeem less, or close the vault.",
        transient=True,
    ),
    RefusalCode.PERIOD_RUNNING: RefusalText(
        "The period of the profit share is not over, or no holder has a gain above the high-water mark.",
        "Ask at the end of the period.",
        transient=True,
    ),
    RefusalCode.UNWIND_NOT_FOUND: RefusalText(
        "The vault has no unwinding with this id: there never was one, or it was completed.",
        "Correct the id.",
        transient=False,
    ),
    RefusalCode.UNWIND_RUNNING: RefusalText(
        "The auxiliary account still has positions or orders, or owes money.",
        "Close its positions and cancel its orders first.",
        transient=True,
    ),
    RefusalCode.VAULT_MONEY: RefusalText(
        "The account is the operator or an auxiliary account of a vault: its money leaves only by trades "
        "and by redemptions.",
        "Redeem shares instead.",
        transient=False,
    ),
    RefusalCode.VAULT_OWNER_FIRST: RefusalText(
        "The vault has equity and no shares: all of it would fall to the first depositor.",
        "Let the owner of the vault make the first deposit.",
        transient=True,
    ),
}
