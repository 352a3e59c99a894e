"""What each refusal means and what to do: of commands, assets, accounts and money; and of all together."""

from typing import Final

from ledger.core.plan_refusals import PLAN_REFUSALS
from ledger.core.refusals import RefusalCode, RefusalText
from ledger.core.remedy_refusals import REMEDY_REFUSALS
from ledger.core.trading_refusals import TRADING_REFUSALS

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
    RefusalCode.PRICES_RESTORED: RefusalText(
        "The prices are those that a rollback restored: old, so that nothing is decided on them that looks "
        "at what an account is worth.",
        "Send a price tick of every open market first.",
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
    RefusalCode.BOOK_MISMATCH: RefusalText(
        "The matching engine does not have the orders that the ledger has.",
        "Load a new image (`ledger book image`) into the engine and confirm that.",
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
    **PLAN_REFUSALS,
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
    **TRADING_REFUSALS,
    **REMEDY_REFUSALS,
}
