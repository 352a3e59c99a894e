"""Numbered refusals: the answers to commands that the rules forbid.

A refusal is a value, not an exception. Numbers are never reused. The order of the
enumeration is the order of precedence: when several apply, ``decide`` answers the first.
``REFUSALS`` says of each what it means, what the sender can do, and whether the same
request could succeed later without being changed.
"""

from enum import IntEnum
from typing import Final, NamedTuple


class RefusalCode(IntEnum):
    """Why a command was refused."""

    MALFORMED_COMMAND = 101
    UNKNOWN_COMMAND = 102
    COMMAND_TOO_LARGE = 103
    COMMAND_TOO_OLD = 104
    ISSUED_IN_FUTURE = 105
    INVALID_VALUE = 106
    OUT_OF_RANGE = 107
    SIGNATURE_INVALID = 108
    SIGNATURE_REQUIRED = 109
    SECOND_SIGNATURE_REQUIRED = 110
    SIGNER_REQUIRED = 111
    SYSTEM_MAINTENANCE = 121
    SYSTEM_CANCEL_ONLY = 122
    SYSTEM_POST_ONLY = 123
    SYSTEM_MODE = 124

    ASSET_EXISTS = 201
    ASSET_NOT_FOUND = 202
    ASSET_HALTED = 203
    SETTLEMENT_ASSET_TAKEN = 204
    MARKET_EXISTS = 211
    MARKET_NOT_FOUND = 212
    MARKET_CLOSED = 213
    REVISION_MISMATCH = 214
    FIELD_NOT_CHANGEABLE = 215
    INVALID_RULES = 216
    NOTHING_TO_CHANGE = 217
    STATUS_STEP = 218
    GATE_CLOSED = 219
    KEY_EXISTS = 231
    KEY_NOT_FOUND = 232
    LAST_KEY = 233

    ACCOUNT_EXISTS = 301
    ACCOUNT_NOT_FOUND = 302
    ACCOUNT_CLOSED = 303
    ACCOUNT_RESTRICTED = 304
    ACCOUNT_NOT_EMPTY = 305
    PARENT_INVALID = 306
    ACCOUNT_RESERVED = 307
    SAME_ACCOUNT = 308

    EXTERNAL_REF_USED = 401
    WITHDRAWAL_NOT_FOUND = 402
    INSUFFICIENT_BALANCE = 403
    INSUFFICIENT_FREE_COLLATERAL = 404
    WITHDRAWALS_HELD = 405
    WITHDRAWALS_CLOSED = 406
    OUTFLOW_LIMIT = 407

    TICK_OUT_OF_ORDER = 501
    TICK_TIME_INVALID = 502
    TICK_INCOMPLETE = 503
    PRICE_NOT_POSITIVE = 504
    RATE_OUT_OF_BOUNDS = 505
    SPOT_MISMATCH = 506
    INDEX_CLAIM_MISMATCH = 507
    NO_MARK_PRICE = 508
    NO_POSITION = 509
    NOTHING_TO_SWEEP = 510
    INDEX_JUMP = 511
    RATE_JUMP = 512
    PREMIUM_MISMATCH = 513
    RATE_UNEXPLAINED = 514
    TICK_STALE = 515
    PRICE_JUMP = 516
    FAIR_DIVERGENCE = 517
    INDEX_NOT_CONTINUED = 518
    FUNDING_CHANGE = 519
    FAIR_PRICE_MISSING = 520

    ORDER_NOT_FOUND = 601
    ORDER_INVALID = 602
    PRICE_OFF_TICK = 603
    SIZE_OFF_STEP = 604
    ORDER_TOO_SMALL = 605
    ORDER_TOO_LARGE = 606
    PRICE_OUTSIDE_BAND = 607
    TOO_MANY_ORDERS = 608
    NOT_REDUCING = 609
    POSITION_LIMIT = 610
    INSUFFICIENT_MARGIN = 611
    NOT_TRIGGERED = 612
    NO_ORDERS = 613
    HEALTHY = 614
    INSIDE_BAND = 615

    ORDERS_MISMATCH = 701
    PRICE_BEYOND_LIMIT = 702
    SIZE_BEYOND_REMAINING = 703
    POST_ONLY_WOULD_TAKE = 704
    TRADE_INSUFFICIENT_MARGIN = 705
    TRADE_NOT_FOUND = 706
    TRADE_ALREADY_BUSTED = 707

    LIQUIDATOR_EXISTS = 801
    LIQUIDATOR_MISSING = 802
    PRICE_STALE = 803
    LIQUIDATION_BREAKER = 804

    VAULT_EXISTS = 851
    VAULT_NOT_FOUND = 852
    VAULT_CLOSED = 853
    OPERATOR_INVALID = 854
    SHARES_NOT_HELD = 855
    VAULT_INSOLVENT = 856
    LOSS_OPEN = 857
    VAULT_FULL = 858
    VAULT_AMOUNT_TOO_SMALL = 859
    SHARES_LOCKED = 860
    OWNER_MINIMUM = 861
    PERIOD_RUNNING = 862
    UNWIND_NOT_FOUND = 863
    UNWIND_RUNNING = 864
    VAULT_MONEY = 865


class RefusalText(NamedTuple):
    """What a refusal means; ``transient`` when the same request, numbered anew, could succeed later."""

    meaning: str
    remedy: str
    transient: bool


REFUSALS: Final[dict[RefusalCode, RefusalText]] = {
    RefusalCode.MALFORMED_COMMAND: RefusalText(
        "The line or message is not a command: not JSON, a field missing, unknown, given twice or of "
        "the wrong type.",
        "Correct the field that the detail names; `ledger schema commands` prints what is expected.",
        transient=False,
    ),
    RefusalCode.UNKNOWN_COMMAND: RefusalText(
        "There is no command of this name or schema.",
        "Use one of the commands that `ledger schema commands` prints.",
        transient=False,
    ),
    RefusalCode.COMMAND_TOO_LARGE: RefusalText(
        "The command is longer than the ledger reads.",
        "Send a smaller one; a tick may be split only by listing fewer markets.",
        transient=False,
    ),
    RefusalCode.COMMAND_TOO_OLD: RefusalText(
        "The number is below the window of numbers that is remembered for its producer, so nobody can "
        "say whether the command was taken before.",
        "Look the outcome up in the log; send new commands with rising numbers.",
        transient=False,
    ),
    RefusalCode.ISSUED_IN_FUTURE: RefusalText(
        "The command says that it was issued more than a minute after the ledger's time.",
        "Correct the producer's clock.",
        transient=True,
    ),
    RefusalCode.INVALID_VALUE: RefusalText(
        "A value cannot be right whatever the state: a word that is not one of those allowed, an "
        "amount that is not positive, a name with other characters, a text too long.",
        "Correct the field that the detail names.",
        transient=False,
    ),
    RefusalCode.OUT_OF_RANGE: RefusalText(
        "A number is above one billion units, or a result would not fit a 64-bit integer. Results are "
        "refused, never wrapped.",
        "Use smaller amounts, or several commands.",
        transient=False,
    ),
    RefusalCode.SIGNATURE_INVALID: RefusalText(
        "A signature does not hold, or its key is neither registered nor a public key.",
        "Sign the command for this ledger with a registered key that is not revoked.",
        transient=False,
    ),
    RefusalCode.SIGNATURE_REQUIRED: RefusalText(
        "The command needs the signature of a registered operator key.",
        "Sign it with `ledger sign`.",
        transient=False,
    ),
    RefusalCode.SECOND_SIGNATURE_REQUIRED: RefusalText(
        "The command needs the keys of two different operators.",
        "Have another operator sign it as well.",
        transient=False,
    ),
    RefusalCode.SIGNER_REQUIRED: RefusalText(
        "The account has a signer, and it did not sign the command.",
        "Sign the command with the key of the account's signer.",
        transient=False,
    ),
    RefusalCode.SYSTEM_MAINTENANCE: RefusalText(
        "The exchange is in maintenance, which does not allow this.",
        "Wait until an operator opens it.",
        transient=True,
    ),
    RefusalCode.SYSTEM_CANCEL_ONLY: RefusalText(
        "The exchange only takes cancellations at the moment.",
        "Wait until an operator opens it.",
        transient=True,
    ),
    RefusalCode.SYSTEM_POST_ONLY: RefusalText(
        "The exchange only takes orders that rest at the moment.",
        "Send a POST_ONLY or RPI order, or wait.",
        transient=True,
    ),
    RefusalCode.SYSTEM_MODE: RefusalText(
        "The mode table does not allow this while the exchange is open.",
        "Wait until an operator changes the mode table.",
        transient=True,
    ),
    RefusalCode.ASSET_EXISTS: RefusalText(
        "An asset with this symbol is listed.",
        "Use the listed asset or another symbol.",
        transient=False,
    ),
    RefusalCode.ASSET_NOT_FOUND: RefusalText(
        "No asset with this symbol is listed.",
        "List the asset first, or correct the symbol.",
        transient=True,
    ),
    RefusalCode.ASSET_HALTED: RefusalText(
        "Deposits, withdrawals and transfers of the asset are halted.",
        "Wait until an operator lets the asset move again.",
        transient=True,
    ),
    RefusalCode.SETTLEMENT_ASSET_TAKEN: RefusalText(
        "Another asset settles profit, funding and fees; a ledger has one.",
        "List the asset without `settlement`.",
        transient=False,
    ),
    RefusalCode.MARKET_EXISTS: RefusalText(
        "A market with this symbol is listed.",
        "Change the listed market with `UpdateMarket`, or use another symbol.",
        transient=False,
    ),
    RefusalCode.MARKET_NOT_FOUND: RefusalText(
        "No market with this symbol is listed.",
        "List the market first, or correct the symbol.",
        transient=True,
    ),
    RefusalCode.MARKET_CLOSED: RefusalText(
        "The market's status does not allow this.",
        "Wait until the status changes; a settled market never opens again.",
        transient=True,
    ),
    RefusalCode.REVISION_MISMATCH: RefusalText(
        "The market was changed since the sender looked: `revision_before` is not the revision in force.",
        "Read the market again and send the change on top of what is there now.",
        transient=False,
    ),
    RefusalCode.FIELD_NOT_CHANGEABLE: RefusalText(
        "The field holds for the life of the market, because open positions and orders are counted in it.",
        "Leave the field as it is, or list another market.",
        transient=False,
    ),
    RefusalCode.INVALID_RULES: RefusalText(
        "A field of the rule set cannot hold; the detail names it and its bounds.",
        "Correct the field that the detail names.",
        transient=False,
    ),
    RefusalCode.NOTHING_TO_CHANGE: RefusalText(
        "Everything is as the command wants it already.",
        "Nothing needs to be done.",
        transient=True,
    ),
    RefusalCode.STATUS_STEP: RefusalText(
        "A status that allows more is reached one step at a time: maintenance, cancel_only, post_only, ok.",
        "Ask for the next status.",
        transient=True,
    ),
    RefusalCode.GATE_CLOSED: RefusalText(
        "A gate on the way to the status does not hold; the detail names it, its value and its bound.",
        "Mend what the gate asks for, and ask again.",
        transient=True,
    ),
    RefusalCode.KEY_EXISTS: RefusalText(
        "A key with this id or this public key was registered before. Neither is used again.",
        "Register another key.",
        transient=False,
    ),
    RefusalCode.KEY_NOT_FOUND: RefusalText(
        "No key with this id is registered, or it was revoked.",
        "Correct the id.",
        transient=True,
    ),
    RefusalCode.LAST_KEY: RefusalText(
        "The only operator key cannot be revoked, since nothing would need a signature any more.",
        "Register another key first.",
        transient=True,
    ),
    RefusalCode.ACCOUNT_EXISTS: RefusalText(
        "An account with this name was opened before. Names are never used again.",
        "Use another name.",
        transient=False,
    ),
    RefusalCode.ACCOUNT_NOT_FOUND: RefusalText(
        "There is no account with this name.",
        "Open the account first, or correct the name.",
        transient=True,
    ),
    RefusalCode.ACCOUNT_CLOSED: RefusalText(
        "The account is closed for good.",
        "Use another account.",
        transient=False,
    ),
    RefusalCode.ACCOUNT_RESTRICTED: RefusalText(
        "The account may deposit, receive, cancel and reduce, but neither pay, withdraw nor take risk.",
        "Settle what the account owes, then ask an operator to make it active.",
        transient=True,
    ),
    RefusalCode.ACCOUNT_NOT_EMPTY: RefusalText(
        "The account has money, a position or an order and cannot be closed.",
        "Withdraw, close the positions and cancel the orders first.",
        transient=True,
    ),
    RefusalCode.PARENT_INVALID: RefusalText(
        "The parent is missing, closed or a child itself, or the kind of account has no parent.",
        "Name an open account as the parent of a SUBACCOUNT or AUXILIARY account, and none otherwise.",
        transient=True,
    ),
    RefusalCode.ACCOUNT_RESERVED: RefusalText(
        "The name is one of the counter-accounts of the double entry.",
        "Use another name, without a colon.",
        transient=False,
    ),
    RefusalCode.SAME_ACCOUNT: RefusalText(
        "Both sides are the same account.",
        "Name two different accounts.",
        transient=False,
    ),
    RefusalCode.EXTERNAL_REF_USED: RefusalText(
        "The deposit with this chain and reference was credited before.",
        "Nothing needs to be done if it is the same deposit.",
        transient=False,
    ),
    RefusalCode.WITHDRAWAL_NOT_FOUND: RefusalText(
        "The account has no open withdrawal with this id: it was never requested, or was released, or "
        "failed.",
        "Correct the id, or look the withdrawal up in the account's statement.",
        transient=False,
    ),
    RefusalCode.INSUFFICIENT_BALANCE: RefusalText(
        "The balance is smaller than the amount.",
        "Send a smaller amount, or deposit first.",
        transient=True,
    ),
    RefusalCode.INSUFFICIENT_FREE_COLLATERAL: RefusalText(
        "The positions and orders of the account need the money: what may leave is the lesser of "
        "balance and account value less initial margin.",
        "Send a smaller amount, close positions or cancel orders.",
        transient=True,
    ),
    RefusalCode.WITHDRAWALS_HELD: RefusalText(
        "Withdrawals are held: they may be requested and are not released.",
        "Wait until an operator opens them, then send the release again before anything is paid.",
        transient=True,
    ),
    RefusalCode.WITHDRAWALS_CLOSED: RefusalText(
        "Withdrawals are closed, by an operator or because a guard tripped.",
        "Wait until an operator opens them.",
        transient=True,
    ),
    RefusalCode.OUTFLOW_LIMIT: RefusalText(
        "More would be requested within an hour or a day than may leave in it.",
        "Send a smaller amount, or wait.",
        transient=True,
    ),
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
}
