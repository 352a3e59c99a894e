"""What requests are answered from: views held open, replaced as they grow, and pasts folded when asked.

1. One thread looks at the log and opens the views again when there is more of them. A request has the views
   as they were opened for as long as it lasts; they are closed when the last one has let go of them.
2. A view that cannot be opened, or a log that does not answer, changes nothing that is served: it is marked
   stale, with the reason.
3. A past is folded by one request at a time and may take ``past_s``; the last few stay open, so that the next
   page, or the next resource at the same moment, costs nothing.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from copy import copy
from http import HTTPStatus
from typing import Any, Final, NamedTuple, Self, TypeVar, cast

from ledger.errors import LedgerFault, LogFault, ViewMissing
from ledger.log.chain import Rollbacks
from ledger.log.port import LogReader
from ledger.settings import Settings
from projectors.api.faults import ApiFault, busy
from projectors.api.leases import Lease
from projectors.bootstrap import history_dir, open_log, views_dir
from projectors.history.account import AccountHistory, open_account
from projectors.history.files import MANIFEST
from projectors.past.bases import StoredBases
from projectors.past.moments import parse_moment
from projectors.past.question import Question, ask
from projectors.reading.absent import AbsentLog, stored_partitions
from projectors.reading.answers import Answers, Moment, Row, open_answers, open_past
from projectors.reading.control import Control
from projectors.reading.lines import Lined
from projectors.stores import generations
from projectors.views import VIEWS

Made = TypeVar("Made")

REFRESH_S: Final = 0.1
REFRESH_MAX_S: Final = 2.0
"""How long the thread waits at most where nothing comes of looking."""

OWN_VIEWS: Final = ("account", "orders", "activity")
"""Views that the pages of an account are made of: where they are folded whole, all of them are at once."""

PAST_S: Final = 10.0
PAST_WAIT_S: Final = 5.0
PASTS_MAX: Final = 16
LOG_WITHIN_S: Final = 5.0
_NEWEST: Final = 2**62


class When(NamedTuple):
    """The two times of a read as they were given; empty for what is served."""

    as_of: str = ""
    known_at: str = ""

    @property
    def past(self) -> bool:
        """Whether a moment was named."""
        return bool(self.as_of or self.known_at)


class Asked:
    """Open views for one read: the account's in ``own``, everybody's in ``market``."""

    def __init__(
        self, own: Answers, market: Answers, when: When, unread: str = "", control: Control | None = None
    ) -> None:
        self.own = own
        self.market = market
        self.when = when
        self.unread = unread
        self.views: Sequence[str] = ()
        """Views that the answers come from; all of them when there are none."""
        self._control = control or Control()
        self._rows: dict[tuple[str, str], list[Row]] = {}
        self._made: dict[object, Any] = {}

    def using(self, views: Sequence[str]) -> Self:
        """The same, whose answers come from some views and are true where those are."""
        twin = copy(self)
        twin.views = tuple(dict.fromkeys(views))
        return twin

    def moment(self) -> Moment:
        """What the answers are true at."""
        return self.own.moment(self.views)

    @property
    def stale(self) -> bool:
        """Whether what is served may differ from the head of the log."""
        return self.moment().stale or (not self.when.past and bool(self.unread))

    def rows(self, view: str, table: str) -> list[Row]:
        """All rows of a table that is not of accounts; what is open never changes, so it is read once."""
        key = (view, table)
        found = self._rows.get(key)
        if found is None:
            found = self._rows[key] = self.market.rows(view, table)
        return found

    def control(self, event: str) -> Sequence[Row]:
        """Events of a type that count from void blocks too, as far as they are known, oldest first."""
        moment = self.moment()
        if moment.question is None:
            return self._control.rows(event, moment.head, _NEWEST)
        asked = moment.question
        return self._control.rows(event, asked.known_at.height, asked.as_of.seq)

    def known_rollbacks(self) -> Sequence[Row]:
        """Every rollback that is known, those declared after the moment that is asked about too."""
        moment = self.moment()
        height = moment.question.known_at.height if moment.question else moment.head
        return self._control.rows("RollbackDeclared", height, _NEWEST)

    def rows_of(self, view: str, table: str, *key: str) -> list[Row]:
        """Rows of one account."""
        return self.own.rows_of(view, table, *key)

    def rows_at(self, view: str, table: str, keys: Sequence[tuple[str | int, ...]]) -> list[Row]:
        """The rows with some keys of one account, those that are there."""
        return [row for row in self.own.rows_at(view, table, keys) if row is not None]

    def lines(self, view: str, table: str, account: str) -> Lined:
        """Lines of one account."""
        return self.own.lines(view, table, account)

    def market_lines(self, view: str, table: str, *key: str) -> Lined:
        """Lines of a key of what everybody may know, such as a market."""
        return self.market.lines(view, table, *key)

    def made(self, make: Callable[["Asked"], Made]) -> Made:
        """What ``make`` makes of rows that are not of accounts, made once."""
        found = self._made.get(make)
        if found is None:
            found = self._made[make] = make(self)
        return cast(Made, found)


class Served:
    """The views of a data directory, for requests."""

    def __init__(self, settings: Settings, *, past_s: float = PAST_S) -> None:
        self.settings = settings
        self._root = views_dir(settings.data)
        self._past_s = past_s
        self._views = list(VIEWS.values())
        self._control = Control()
        self._current: Lease[Asked] | None = None
        self._serving: tuple[str, ...] = ()
        self._missing: LedgerFault | None = None
        self._lock = threading.Lock()
        self._past_lock = threading.Lock()
        self._pasts: OrderedDict[tuple[object, ...], Lease[Asked]] = OrderedDict()
        self._stopping = threading.Event()
        self._changed: list[Callable[[Moment], None]] = []
        self._opened = ExitStack()
        self._live: LogReader | None = None
        self._log: LogReader | None = None
        self._rollbacks: Rollbacks | None = None
        self._history: tuple[int, AccountHistory] | None = None
        self._thread = threading.Thread(target=self._follow, name="served-views", daemon=True)

    @property
    def ledger_id(self) -> str:
        """Name of the ledger; empty while its log does not answer."""
        return self._live.ledger_id if self._live is not None else ""

    @property
    def partitions(self) -> int:
        """Partitions of the ledger; 0 while its log does not answer."""
        return self._live.partitions if self._live is not None else 0

    def start(self) -> None:
        """Open what there is, and go on looking."""
        self.look()
        self._thread.start()

    def close(self) -> None:
        """Stop looking and close everything that nobody uses."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()
        with self._lock:
            leases = [*self._pasts.values(), *([self._current] if self._current else [])]
            self._pasts.clear()
            self._current = None
        for lease in leases:
            lease.retire()
        self._opened.close()

    def on_change(self, told: Callable[[Moment], None]) -> None:
        """Have ``told`` called, in the looking thread, with every moment that is served from then on."""
        self._changed.append(told)

    @contextmanager
    def log(self) -> Iterator[LogReader]:
        """The log, for one request at a time."""
        self._take_past_lock()
        try:
            yield self._past_log()
        finally:
            self._past_lock.release()

    @contextmanager
    def asked(
        self, when: When, market: Sequence[str], own: Collection[str] = (), account: str = ""
    ) -> Iterator[Asked]:
        """Views for one read: those of ``own`` for an account, those of ``market`` for all.

        Where ``own`` says which tables of its views are read, no more of an account's past is folded.

        Raises ``ApiFault`` for a past that takes too long, and the faults of opening views.
        """
        lease = self._past(when, market, own, account) if when.past else self._present()
        try:
            yield lease.held if when.past else lease.held.using((*own, *market))
        finally:
            lease.leave()

    def _present(self) -> Lease[Asked]:
        with self._lock:
            lease = self._current
            if lease is not None and lease.enter():
                return lease
        raise self._missing or ViewMissing("the views are not open yet")

    def _past(self, when: When, market: Sequence[str], own: Collection[str], account: str) -> Lease[Asked]:
        self._take_past_lock()
        try:
            log = self._past_log()
            question = ask(
                log,
                parse_moment(when.as_of) if when.as_of else None,
                parse_moment(when.known_at) if when.known_at else None,
                self._rollbacks,
            )
            history = self._history_for(log, question) if account and own else None
            if history is None:
                mine = OWN_VIEWS if isinstance(own, Mapping) else own
                views = tuple(dict.fromkeys((*mine, *market)))
                return self._whole(log, question, when, views)
            return self._of_account(log, question, when, own, (history, account))
        finally:
            self._past_lock.release()

    def _whole(self, log: LogReader, question: Question, when: When, views: tuple[str, ...]) -> Lease[Asked]:
        """All rows of some views at a moment."""

        def make(opened: ExitStack) -> Asked:
            chosen = [VIEWS[name] for name in views]
            answers = opened.enter_context(open_past(self._root, chosen, log, question, self._deadline()))
            return Asked(answers, answers, when, control=self._control)

        return self._kept((question.chain.segments, question.seq, when, views), make)

    def _of_account(
        self,
        log: LogReader,
        question: Question,
        when: When,
        own: Collection[str],
        whose: tuple[AccountHistory, str],
    ) -> Lease[Asked]:
        """Rows of one account from its history, and with them what its markets valued it with."""
        history, account = whose

        def make(opened: ExitStack) -> Asked:
            mine = [VIEWS[name] for name in own]
            tables = own if isinstance(own, Mapping) else None
            folded = opened.enter_context(open_account(history, mine, log, question, account, tables))
            return Asked(folded, folded, when, control=self._control)

        read = tuple(own.items()) if isinstance(own, Mapping) else tuple(own)
        return self._kept((question.chain.segments, question.seq, when, read, account), make)

    def _history_for(self, log: LogReader, question: Question) -> AccountHistory | None:
        """The account history, opened again when it has grown; ``None`` without one that goes far enough."""
        root = history_dir(self.settings.data)
        try:
            stamp = (root / MANIFEST).stat().st_mtime_ns
        except FileNotFoundError:
            return None
        if self._history is None or self._history[0] != stamp:
            self._history = (stamp, AccountHistory(root, log, StoredBases(self._root, log)))
        history = self._history[1]
        return history if history.covers(question) else None

    def _kept(self, key: tuple[object, ...], make: Callable[[ExitStack], Asked]) -> Lease[Asked]:
        """What was made for a key, or is now; entered, and the last few are kept."""
        lease = self._pasts.pop(key, None)
        if lease is None or not lease.enter():
            with ExitStack() as opened:
                lease = Lease(make(opened), opened.pop_all())
            lease.enter()
        self._pasts[key] = lease
        while len(self._pasts) > PASTS_MAX:
            self._pasts.popitem(last=False)[1].retire()
        return lease

    def _deadline(self) -> Callable[[int, int], None]:
        """Progress of a fold that ends it with ``ApiFault`` when it takes too long."""
        deadline = time.monotonic() + self._past_s

        def on_time(_done: int, _of: int) -> None:
            if time.monotonic() > deadline:
                raise ApiFault(
                    HTTPStatus.UNPROCESSABLE_ENTITY,
                    "PAST_TOO_COSTLY",
                    f"the moment cannot be folded within {self._past_s:g} s; have checkpoints of the views, "
                    "or an account history, closer to it",
                )

        return on_time

    def _take_past_lock(self) -> None:
        if not self._past_lock.acquire(timeout=PAST_WAIT_S):
            raise busy("too many reads of the past at once")

    def _past_log(self) -> LogReader:
        if self._log is None:
            self._log = self._opened.enter_context(open_log(self.settings, live=True, within_s=LOG_WITHIN_S))
            self._rollbacks = Rollbacks(self._log)
        return self._log

    def _follow(self) -> None:
        wait_s = REFRESH_S
        while not self._stopping.wait(wait_s):
            wait_s = REFRESH_S if self.look() else min(REFRESH_MAX_S, wait_s * 2)

    def look(self) -> bool:
        """Open the views again where there is more of them.

        ``False`` says that looking cost something and found nothing: views that are behind the log, or a log
        that does not answer. Then it is looked less and less often.
        """
        before = self._current.held.moment() if self._current else None
        try:
            log = self._live_log()
            head = log.head()
            height = head.height if head else 0
            self._control.read_on(log)
            serving = tuple(generations.serving(self._root, view.name).name for view in self._views)
            same = before is not None and serving == self._serving
            if same and before is not None and before.height == before.head == height and not before.void:
                self._note("")
                return True
            with ExitStack() as opened:
                answers = opened.enter_context(open_answers(self._root, self._views, log))
                after = answers.moment()
                if same and before == after:
                    self._note(after.unread)
                    return False
                lease = Lease(Asked(answers, answers, When(), after.unread, self._control), opened.pop_all())
        except LedgerFault as fault:
            self._missing = fault
            self._note(fault.what)
            return False
        with self._lock:
            old, self._current, self._serving = self._current, lease, serving
        if old is not None:
            old.retire()
        for told in self._changed:
            told(after)
        return True

    def _note(self, unread: str) -> None:
        """Why nothing newer is served, if that is so."""
        if self._current is not None:
            self._current.held.unread = unread

    def _live_log(self) -> LogReader:
        if self._live is not None:
            return self._live
        try:
            self._live = self._opened.enter_context(open_log(self.settings, live=True, within_s=LOG_WITHIN_S))
        except LogFault as fault:
            if not self.settings.brokers or self._current is not None:
                raise
            return AbsentLog(fault, stored_partitions(self._root, self._views[0].name))
        return self._live
