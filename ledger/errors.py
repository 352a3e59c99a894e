"""Faults: what the environment did to us, as exceptions that say what to do.

Three kinds of trouble never mix. A *refusal* is a value (``ledger.core.refusals``): the command
was wrong. A *fault* is one of the exceptions below: the environment failed us, and its
``action`` says who mends it. A *bug* is ``InvariantError``: nobody handles it, the process stops.

::

    LedgerFault
    ├── SettingsFault          OPERATOR  a setting is missing, malformed or contradicts the ledger
    │   └── MomentUnknown      OPERATOR  the log does not have the moment that was asked about
    ├── LedgerMissing          OPERATOR  there is no ledger where one was expected
    ├── FormatUnknown          OPERATOR  data of another format version, or of another ledger
    ├── CodecFault             HALT      bytes are not the message they claim to be
    ├── LogFault
    │   ├── LogLocked          OPERATOR  another process has the log open
    │   ├── LogCorrupt         HALT      the log differs from what was sealed
    │   ├── BlockRefused       HALT      a block does not follow the head of the log
    │   ├── DiskFull           RETRY     no room; nothing was committed
    │   ├── Fenced             HALT      another writer took over
    │   ├── TopicChanged       HALT      a topic is gone, was made again, or lost its beginning
    │   └── LogUnavailable     RETRY     the log did not answer in time
    ├── CheckpointCorrupt      REBUILD   a checkpoint of the writer or of a view cannot be used
    ├── PlanInvalid            OPERATOR  a plan is no plan, was edited, or lacks a signature
    ├── RefundShortfall        OPERATOR  the Liquidator Vault cannot pay what is left of a plan
    ├── NotVerified            OPERATOR  what was restored is not what the ledger says; it may not publish
    └── ViewFault
        ├── ViewLocked         OPERATOR  another process has the view open
        ├── ViewCorrupt        REBUILD   the store of a view cannot be used
        ├── ViewMissing        REBUILD   the view was never built, or its files are gone
        ├── ViewStopped        HALT      a view met what it cannot apply, and stopped there
        └── ViewUnusable       OPERATOR  the definition of a view does not fit the schemas
    InvariantError                       a bug

Actions: ``RETRY`` the same call later, nothing was changed; ``HALT`` and keep what is there,
because going on would build on something wrong; ``REBUILD`` what can be derived from the log;
``OPERATOR`` a person must change something outside first.
"""

from enum import Enum
from typing import ClassVar


class Action(Enum):
    """Who mends a fault, and how."""

    RETRY = "retry"
    HALT = "halt"
    REBUILD = "rebuild"
    OPERATOR = "operator"


class LedgerFault(Exception):
    """The environment failed us: what happened, where, and what to do.

    ``what`` is a sentence without a full stop; ``where`` names the file, block, partition or
    setting; ``remedy`` replaces the class's own advice where the place knows better.
    """

    action: ClassVar[Action] = Action.HALT
    remedy: str = "Keep the data as it is and report this message"

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(what, where, remedy)
        self.what = what
        self.where = where
        if remedy:
            self.remedy = remedy

    def __str__(self) -> str:
        """All of it in one line: where, what, remedy."""
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what}. {self.remedy}."


class SettingsFault(LedgerFault):
    """A setting is missing, malformed, or contradicts the ledger. Operator: correct it and start again."""

    action = Action.OPERATOR
    remedy = "Correct the setting and start again"


class MomentUnknown(SettingsFault):
    """The moment that was asked about is no moment of this log. Operator: name another one."""

    remedy = "Name a seq, block:HEIGHT, head, or a time such as 2026-01-19T04:27:54Z that the log has"


class LedgerMissing(LedgerFault):
    """There is no ledger here. Operator: name the right directory, or create one with ``ledger init``."""

    action = Action.OPERATOR
    remedy = "Name the right directory with --data, or create a ledger with `ledger init`"


class FormatUnknown(LedgerFault):
    """Data of a format version or ledger this program does not know.

    Operator: run the version of the program that wrote it, or move the directory away.
    """

    action = Action.OPERATOR
    remedy = "Run the version of this program that wrote the data, or name another directory"


class CodecFault(LedgerFault):
    """Bytes are not the message they claim to be, or a value does not fit its field.

    Operator: nothing may be skipped; find out who wrote the bytes with ``ledger log verify``.
    """

    action = Action.HALT
    remedy = "Find the first bad block with `ledger log verify`"


class LogFault(LedgerFault):
    """The event log cannot do what was asked."""


class LogLocked(LogFault):
    """Another process has the log open. Operator: stop that process; a log has one writer."""

    action = Action.OPERATOR
    remedy = "Stop the other process first: a ledger has one writer"


class LogCorrupt(LogFault):
    """The log differs from what was sealed, or part of it is gone.

    Operator: start nothing on top of it; find the block with ``ledger log verify`` and restore
    the log from a copy.
    """

    action = Action.HALT
    remedy = "Find the first bad block with `ledger log verify` and restore the log from a copy"


class BlockRefused(LogFault):
    """A block does not follow the head of the log: someone else wrote in between.

    The writer drops its state and recovers. Operator: make sure that one writer runs.
    """

    action = Action.HALT
    remedy = "Make sure that only one writer runs, then start it again"


class DiskFull(LogFault):
    """No room on the disk. Nothing was committed or acknowledged.

    Operator: make room; the same commands may then be sent again.
    """

    action = Action.RETRY
    remedy = "Make room on the disk, then send the same commands again; none of them is counted twice"


class Fenced(LogFault):
    """Another writer took over, or this one's transaction ran out of time.

    The writer drops everything it holds and becomes a candidate again. Operator: nothing, unless
    it happens while only one writer is meant to run.
    """

    action = Action.HALT
    remedy = "This writer drops what it holds and waits to be chosen again"


class TopicChanged(LogFault):
    """A topic was deleted, made again, or lost its beginning: it is not the log it was.

    Operator: start nothing on top of it; restore the topics, or build the views of the new log
    from zero in another directory.
    """

    action = Action.HALT
    remedy = "Restore the topic; if this is meant to be a new ledger, start it with directories of its own"


class LogUnavailable(LogFault):
    """The log did not answer in time. Nothing is known to be lost; the call is repeated later."""

    action = Action.RETRY
    remedy = "Wait for the log to come back; the same commands may be sent again"


class CheckpointCorrupt(LedgerFault):
    """A checkpoint of the writer or of a view is damaged or is not of this log.

    Whoever wanted it goes on with an older one or replays the log. Operator: nothing; the damaged files
    are kept for inspection and may be deleted by hand.
    """

    action = Action.REBUILD
    remedy = (
        "It is passed over; the state is rebuilt from the log. Delete the file when you have looked at it"
    )


class PlanInvalid(LedgerFault):
    """A plan cannot be used as it is. Operator: make it again from the log and have it approved."""

    action = Action.OPERATOR
    remedy = "Make the plan again from the log, and have two operators approve it"


class RefundShortfall(LedgerFault):
    """The payer of a refund plan cannot pay all of it. Operator: bring money in, or cap the plan."""

    action = Action.OPERATOR
    remedy = "Bring the missing amount into the Liquidator Vault, or make a plan with a cap"


class NotVerified(LedgerFault):
    """What was restored is not what the ledger says. Operator: restore it from the ledger and try again."""

    action = Action.OPERATOR
    remedy = "Restore it from the ledger; nothing was published"


class ViewFault(LedgerFault):
    """A view cannot be read or kept up to date."""


class ViewLocked(ViewFault):
    """Another process has the view open. Operator: stop it, or read through it."""

    action = Action.OPERATOR
    remedy = "Stop the other projector first"


class ViewCorrupt(ViewFault):
    """The store of a view is damaged. Operator: rebuild it; nothing is deleted by itself."""

    action = Action.REBUILD
    remedy = "Build it again from the log with `projectors rebuild`"


class ViewMissing(ViewFault):
    """The view was never built, or its files are gone. Operator: run the projectors."""

    action = Action.REBUILD
    remedy = "Build it from the log with `projectors run`"


class ViewStopped(ViewFault):
    """A view met a block that it cannot apply. It serves what it had, marked stale.

    Operator: verify the log; when the log is sound, rebuild the view.
    """

    action = Action.HALT
    remedy = "Check the log with `ledger log verify`; if it is sound, rebuild the view"


class ViewUnusable(ViewFault):
    """A view's definition does not fit the schemas or itself. Operator: correct the view."""

    action = Action.OPERATOR
    remedy = "Correct the definition of the view"


class InvariantError(Exception):
    """A bug: something that holds by construction does not. The process stops."""


def invariant(condition: bool, why: str) -> None:  # noqa: FBT001
    """Stop the process with ``InvariantError(why)`` unless ``condition`` holds."""
    if not condition:
        raise InvariantError(why)
