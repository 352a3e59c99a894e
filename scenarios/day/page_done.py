"""The page on what each remedy costs, what was done, and why one may believe it."""

from html import escape
from typing import Any, Final

from scenarios.day.html import amounts, asked, note, table
from scenarios.day.story import clock

Row = dict[str, Any]

FIRST: Final = "first wave"


def remedies(run: Row, data: str) -> list[str]:
    """What each remedy of each wave would cost."""
    parts: list[str] = []
    for wave, audit in run["audits"].items():
        parts += table(
            [amounts(remedy) for remedy in audit["remedies"]],
            f"For the {wave}",
            (audit_command(audit, data, "compare"),),
        )
    if parts:
        parts.append(
            "<p class=note>Nothing of this was written: the remedies are computed from the log and from the "
            "replay. False gains kept: what those who gained keep under a remedy that only pays. Writes: "
            "events that applying it records.</p>"
        )
    return parts


def done(run: Row, data: str) -> list[str]:
    """What the operators did about it; nothing where nothing had to be done."""
    if not run["rollbacks"]:
        return []
    candidates = [{"time": clock(row["recorded_at_us"]), **amounts(_cut(row))} for row in run["candidates"]]
    heights = " ".join(f"--target {row['target_height']}" for row in run["candidates"][:1])
    audit = run["audits"][FIRST]
    refunds = run["refunds"]
    return [
        *table(
            candidates,
            "07:10, blocks to go back to, compared",
            (f"{audit_command(audit, data, 'compare')} {heights}",),
        ),
        *table(
            run["rollbacks"],
            "07:30, rollback",
            (f"ledger day rollbacks --data {data}", f"ledger rollback prove --data {data}"),
        ),
        note(
            f"Plan {run['plan']}, signed by two operators. Restored: balances, positions, orders that "
            "protect positions, indices, vaults. Kept: deposits and payments that really happened, rules, "
            "keys, the ids of commands. Then the engine loaded its books from a signed image, and feeds and "
            "keeper began anew from the ledger."
        ),
        *table(
            run["refunds_paid"],
            f"04:00, refunds: {refunds['paid_lines']:,} of {refunds['lines']:,} lines, the others are zero",
            (f"ledger day refunds --data {data}", f"projectors show table account refunds --data {data}"),
        ),
        _refunded(refunds),
    ]


def _refunded(refunds: Row) -> str:
    if refunds["shortfall"]:
        return f"<p class=bad>Nothing was paid: {escape(refunds['shortfall'])}</p>"
    return note(
        f"Plan {refunds['plan']}, method C: what each account would have had. Paid by the Liquidator Vault, "
        "whose gain from the wave it was."
    )


def _cut(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "recorded_at_us"}


def proof(run: Row, data: str) -> list[str]:
    """Why one may believe the rollback and the books."""
    parts = []
    if run["rollbacks"]:
        parts += [
            "<h3>The rollback</h3>",
            "<ul>",
            *[f"<li>{escape(line)}</li>" for line in run["proof"]["lines"]],
            "</ul>",
            *asked(f"ledger rollback prove --data {data}"),
        ]
    return [*parts, "<h3>The books</h3>", *verified(run, data)]


def verified(run: Row, data: str) -> list[str]:
    """Whether log and views are what they should be."""
    head, verification = run["head"], run["verification"]
    sound = "<span class=ok>clean</span>" if verification["clean"] else "<span class=bad>findings</span>"
    said = (
        f"<p>Verification {sound}: every byte of {head['height']:,} blocks with {head['last_seq']:,} events, "
        f"{verification['tables_equal_at_checkpoints']} tables equal to the writer's at checkpoints, and the "
        f"views folded again from the log. Head <code>{head['digest']}</code></p>"
    )
    return [
        said,
        *[f"<p class=bad>{escape(finding)}</p>" for finding in verification["findings"]],
        *asked(f"ledger log verify --data {data}", f"projectors verify --data {data}"),
    ]


def audit_command(audit: Row, data: str, word: str = "audit") -> str:
    """The command that audits the same window, or compares its remedies."""
    window = audit["window"]
    return (
        f"ledger incident {word} --from-block {window['from_height']} --to-block {window['to_height']} "
        f"--data {data}"
    )
