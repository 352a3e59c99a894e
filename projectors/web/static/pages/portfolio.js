/** Portfolio: what an account is worth and why: value, margin, balances, positions, equity, liquidations, statement. */

import { OfAccount } from "../parts/account.js";
import { Badge, Seq } from "../parts/badges.js";
import { Card, Select } from "../parts/card.js";
import { Chart } from "../parts/chart.js";
import { Figures } from "../parts/figures.js";
import { html, useMemo, useState } from "../parts/hooks.js";
import { Reading, usePages, usePair, useRead } from "../parts/reading.js";
import { SPANS, bothSides, span } from "../parts/series.js";
import { DataTable } from "../parts/table.js";
import { chartMarks, useTimeMarks } from "../parts/time.js";
import { Liquidations } from "../parts/why.js";
import { quotient } from "../numbers.js";
import { go, useAddress } from "../state.js";

export const id = "portfolio";
export const title = "Portfolio";

/** @typedef {Record<string, any>} Row */

const VOID_LINES = 1000;

const SUMMARY = [
  { key: "account_value", label: "Account value", kind: "num", places: 2, main: true, hint: "Balance, and what the positions would bring at the mark, funding included" },
  { key: "free_collateral", label: "Free collateral", kind: "num", places: 2, main: true, hint: "Value beyond the initial margin requirement" },
  { key: "total_collateral", label: "Balance", kind: "num", places: 2 },
  { key: "initial_margin_requirement", label: "Initial margin", kind: "num", places: 2 },
  { key: "maintenance_margin_requirement", label: "Maintenance margin", kind: "num", places: 2 },
  { key: "margin_cushion", label: "Margin cushion", kind: "num", places: 2, signed: true, hint: "Value beyond the maintenance margin; liquidation begins below 0" },
  { key: "margin_ratio", label: "Margin ratio", kind: "percent", value: (/** @type {Row} */ of) => quotient(of.maintenance_margin_requirement, of.account_value), hint: "Maintenance margin by value; liquidation begins at 100%" },
  { key: "status", label: "Status", kind: "badge" },
  { key: "seq_no", label: "Last event", kind: "seq" },
];

const BALANCES = [
  { key: "token", label: "Token" },
  { key: "size", label: "Balance", kind: "num" },
  { key: "last_updated_at", label: "Changed", kind: "time" },
  { key: "seq_no", label: "Event", kind: "seq" },
];

const POSITIONS = [
  { key: "market", label: "Market" },
  { key: "side", label: "Side", kind: "badge" },
  { key: "size", label: "Size", kind: "num" },
  { key: "average_entry_price", label: "Entry", kind: "num", places: 4 },
  { key: "liquidation_price", label: "Liquidation at", kind: "num", places: 4 },
  { key: "leverage", label: "Leverage", kind: "num", places: 2 },
  { key: "unrealized_pnl", label: "Unrealised profit", kind: "num", places: 2, signed: true },
  { key: "unrealized_funding_pnl", label: "Accrued funding", kind: "num", places: 2, signed: true },
  { key: "realized_positional_pnl", label: "Realised profit", kind: "num", places: 2, signed: true },
  { key: "cached_funding_index", label: "Index at last change", kind: "num" },
  { key: "seq_no", label: "Event", kind: "seq" },
];

/** @type {Record<string, string>} */
const MOVED = { balance: "balance", pending: "on its way out" };

const LINES = [
  { key: "created_at", label: "Time", kind: "time" },
  { key: "kind", label: "Event", cell: (/** @type {Row} */ row) => [words(row.kind), row.what !== "balance" && html` <${Badge} tone="plain">${MOVED[row.what] ?? row.what}<//>`, row.void_by && html` <${Badge} tone="bad" title="Made void by the rollback of seq ${row.void_by}">void<//>`] },
  { key: "market", label: "Market" },
  { key: "before", label: "Before", kind: "num", places: 2 },
  { key: "amount", label: "Amount", kind: "num", places: 2, signed: true },
  { key: "after", label: "After", kind: "num", places: 2 },
  { key: "token", label: "Token" },
  { key: "why", label: "Why", value: (/** @type {Row} */ row) => row.why.replaceAll("_", " ").toLowerCase() },
  { key: "cause_seq", label: "Because of", kind: "seq", hint: "The event that this one follows from" },
  { key: "seq", label: "Seq", kind: "seq" },
];

/** @param {string} name of an event @returns {string} `FillSettled` as `Fill settled` */
const words = (name) => name.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** @param {Row} row */
const lineKey = (row) => `${row.seq} ${row.what} ${row.token}`;

export const view = () => html`<${OfAccount}>${(/** @type {string} */ account) => html`<${Pages} key=${account} account=${account} />`}<//>`;

/** @param {{account: string}} props */
function Pages({ account }) {
  const summary = usePair("/account", { account });
  const balances = usePair("/balance", { account });
  const positions = usePair("/positions", { account });
  return html`
    <${Card} title=${account}>
      <${Reading} of=${summary.shown} lines=${3}>${(/** @type {any} */ data) => html`<${Figures} label="Value and margin" fields=${SUMMARY} of=${data} other=${summary.other?.data} />`}<//>
    <//>
    <${Liquidations} account=${account} />
    <${Equity} account=${account} />
    <${Card} title="Positions">
      <${Reading} of=${positions.shown} lines=${2}>${(/** @type {any} */ data) => html`
        <${DataTable} caption="Open positions" hideCaption columns=${POSITIONS} rows=${data.results} other=${positions.other?.data?.results} rowKey=${(/** @type {Row} */ row) => row.market} empty="No open position at this moment." />
      `}<//>
    <//>
    <${Card} title="Balances">
      <${Reading} of=${balances.shown} lines=${2}>${(/** @type {any} */ data) => html`
        <${DataTable} caption="Balances" hideCaption columns=${BALANCES} rows=${data.results} other=${balances.other?.data?.results} rowKey=${(/** @type {Row} */ row) => row.token} empty="No balance at this moment." />
      `}<//>
    <//>
    <${Statement} account=${account} />
  `;
}

/** @param {{account: string}} props */
function Equity({ account }) {
  const { own } = useAddress();
  const resolution = own.width || "1h";
  const type = own.curve || "value";
  const marks = useTimeMarks();
  const occasions = useMemo(() => chartMarks(marks), [marks]);
  const { shown, other } = usePair("/account/history", { account, type, ...span(resolution) });
  const name = type === "value" ? "Account value" : "Profit";
  const series = useMemo(() => bothSides(name, shown, other), [shown.data, other?.data, name]);
  return html`
    <${Card} title="Equity" tools=${html`
        <${Select} label="Quantity" value=${type} options=${[["value", "Account value"], ["pnl", "Profit since the beginning"]]} onChoose=${(/** @type {string} */ one) => go({ own: { curve: one } })} />
        <${Select} label="How far back" value=${resolution} options=${SPANS} onChoose=${(/** @type {string} */ one) => go({ own: { width: one } })} />
      `}>
      <${Reading} of=${shown} lines=${8}>${() => html`<${Chart} label=${name} unit="USDC" series=${series} marks=${occasions} onMoment=${(/** @type {number} */ ms) => go({ asOf: new Date(ms).toISOString() })} />`}<//>
    <//>
  `;
}

/**
 * A page of lines with the void ones that lie between them.
 * @param {any} page of lines, newest first
 * @param {Row[]} voided `{line, void_by}`
 * @param {boolean} newest whether it is the first page
 * @returns {Row[]}
 */
export function withVoid(page, voided, newest) {
  const from = page.next === null ? 0 : (page.results.at(-1)?.seq ?? 0);
  const to = newest ? Infinity : (page.results[0]?.seq ?? Infinity);
  const between = voided.filter((one) => one.line.seq >= from && one.line.seq <= to);
  return [...page.results, ...between.map((one) => ({ ...one.line, void_by: one.void_by }))].toSorted((a, b) => b.seq - a.seq);
}

/** @param {{account: string}} props */
function Statement({ account }) {
  const { compare } = useAddress();
  const [hidden, setHidden] = useState(false);
  const { shown, other, pager } = usePages("/statement", { account }, 50);
  const voided = useRead(compare ? null : "/statement/void", { account, page_size: VOID_LINES });
  const lines = voided.data?.results ?? [];
  return html`
    <${Card} title="Statement" note="every line that moved a balance, with the event that did it"
      tools=${lines.length > 0 && html`<label><input type="checkbox" checked=${!hidden} onChange=${() => setHidden(!hidden)} /> show ${lines.length} void lines</label>`}>
      <${Reading} of=${shown}>${(/** @type {any} */ data) => html`
        <${DataTable} caption="Statement, newest first" hideCaption columns=${LINES} other=${other?.data?.results} pager=${pager} rowKey=${lineKey}
          rows=${hidden || compare ? data.results : withVoid(data, lines, pager.page === 1)}
          tone=${(/** @type {Row} */ row) => (row.void_by ? "void" : "")} empty="Nothing has moved a balance up to this moment." />
      `}<//>
      ${!hidden && lines.length > 0 && html`<p class="note">Lines that are struck through were made void by the rollback of event <${Seq} seq=${lines[0].void_by} />: they are in the log for ever, and count no more.</p>`}
    <//>
  `;
}
