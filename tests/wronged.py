"""A ledger on which something went wrong, was audited, undone and refunded, and its views."""

from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Final, cast

from ledger.bootstrap import create_ledger, open_writer
from ledger.core.messages import CreateVault, DepositToVault, LiquidateAccount, MarkCheckpoint, PostAdjustment
from ledger.incident.audit import Options, audit, suspect
from ledger.incident.plan import Plan, write_plan
from ledger.incident.propose import corrections_of
from ledger.incident.refunds.inputs import lines_of
from ledger.incident.refunds.plan import Terms, payments, refund_plan
from ledger.incident.report import report_of
from ledger.incident.report_file import write_report
from ledger.incident.rollback.planner import Wanted, apply_command, plan_rollback
from ledger.log.codec import encode_command
from ledger.settings import Settings, load_settings
from projectors.api.tokens import Scope, Tokens
from projectors.bootstrap import open_log, views_dir
from projectors.views import VIEWS
from tests.branching import Branching
from tests.incidents import BTC, Town, free_market, observed
from tests.reading import Reader
from tests.remedies import Operators
from tests.spec import START_US, USDC, account, ask, deposit, e8, trade

INCIDENT: Final = "incident-1"


class Scene:
    """A false index, a wrong liquidation, an audit, a rollback, refunds; then it goes on in cancel_only."""

    def __init__(self, data: Path) -> None:
        self.data = data
        settings = load_settings(data=data, brokers="", id="")
        create_ledger(settings, "town", START_US)
        self._opened = ExitStack()
        self.writer = open_writer(settings)
        self.town = Town(writer=self.writer)
        self._open()
        self.operators = Operators(self.town)
        self.log = self._opened.enter_context(open_log(settings, live=True))
        self.incidents = settings.incidents_dir / INCIDENT
        self.incidents.mkdir(parents=True)
        self.last_good = self.town.head.height
        self._go_wrong()
        self._audit()
        self.operators.status("maintenance")
        self.roll_back(self.last_good, "rollback")
        self.town.tick("")
        self.operators.status("cancel_only")
        self._refund()
        ledger = cast(Branching, SimpleNamespace(log=self.log))
        self.reader = Reader(views_dir(data), ledger, list(VIEWS.values()))
        self.project()
        self.tokens = Tokens(data / "api" / "tokens.json")
        self.token = self.tokens.issue("operator", Scope.OPERATOR, "", 0)
        self.own_token = self.tokens.issue("rich", Scope.ACCOUNT, "rich", 0)

    def reader_settings(self) -> Settings:
        """Settings of the ledger."""
        return load_settings(data=self.data, brokers="", id="")

    def close(self) -> None:
        """Let go of the ledger."""
        self._opened.close()
        self.writer.close()

    def project(self) -> None:
        """Bring the views up to date."""
        stops = self.reader.run().stops
        assert stops == {}, stops

    def pay_in(self, account: str, amount: str) -> None:
        """A deposit, and views that have it."""
        self.town.take(deposit(account, amount, ref=f"paid-in-{self.town.head.height}"))
        self.project()

    def adjust(self, account: str, amount: str) -> None:
        """An adjustment, which a rollback makes void, and views that have it."""
        self.operators.take(
            ask(PostAdjustment, account=account, asset="USDC", amount_e8=e8(amount), reason_code="mistake")
        )
        self.project()

    def roll_back(self, height: int, name: str = "") -> Plan:
        """Go back to a block by plan and two signatures, with the plan kept under a name."""
        wanted = Wanted(height, INCIDENT, "the index of BTC-USD-PERP was false")
        plan = self.operators.approve(plan_rollback(self.log, None, wanted))
        number = next(self.town.numbers)
        command = apply_command(plan, number, self.town.now_us)
        (answer,) = self.writer.submit([encode_command(command)], self.town.now_us)
        assert answer.outcome.code == 0, answer.outcome.detail
        state = self.writer.state
        self.town.ticks = {"price": state.price_tick_id, "funding": state.funding_tick_id}
        if name:
            write_plan(self.incidents / f"plan-{name}.json", plan)
        return plan

    def _open(self) -> None:
        """``long`` and ``short`` have a position each, ``rich`` has a vault; LV is the Liquidator Vault."""
        town = self.town
        money = {"short": "15000", "long": "10500", "rich": "1000000", "LV": "50000"}
        terms = {"name": "A fund", "vault_kind": "user", "owner_account": "rich"}
        town.take(*observed(), USDC, free_market(), account("LV", kind="LIQUIDATOR"))
        town.take(account("X", kind="EXTERNAL", margin_exempt=1), account("fund", kind="VAULT_OPERATOR"))
        town.take(*(account(name) for name in money if name != "LV"))
        town.take(*(deposit(name, amount) for name, amount in money.items()))
        for _ in range(6):
            town.tick("")
        town.take(trade(BTC, "long", "X", "1", "100000"), trade(BTC, "X", "short", "1", "100000"))
        town.take(ask(CreateVault, vault="fund", account="fund", **terms))
        town.take(ask(DepositToVault, account="rich", vault="fund", amount_e8=e8("20000")))
        town.order("rich", "BUY", "0.5", "90000")
        town.tick("")

    def _go_wrong(self) -> None:
        town = self.town
        self.operators.take(ask(MarkCheckpoint, reason="before"), 1)
        self.last_good = town.head.height
        town.tick("10000")
        town.take(ask(LiquidateAccount, account="long"))
        town.tick("10001")

    def _audit(self) -> None:
        height = self.town.head.height
        evidence, _ = suspect(self.log, self.last_good, height)
        self.found = audit(self.log, corrections_of(evidence), self.last_good, height, Options())
        write_report(self.incidents / "audit-first.json", report_of(self.found))

    def _refund(self) -> None:
        state = self.writer.state
        head = self.town.head
        terms = Terms(state.ledger_id, INCIDENT, head.height, head.last_seq, "LV")
        plan = refund_plan(terms, lines_of(self.found.inputs, "C", self.found.excluded), {"method": "C"})
        plan = self.operators.approve(plan)
        write_plan(self.incidents / "plan-refunds.json", plan)
        commands = payments(plan, self.writer.state, "payer", self.town.now_us)
        answers = self.writer.submit([encode_command(one) for one in commands], self.town.now_us)
        assert [one.outcome.detail for one in answers if one.outcome.code] == []
