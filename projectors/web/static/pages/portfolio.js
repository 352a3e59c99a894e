/** Portfolio: what an account is worth and why: value, margin, balances, positions, equity, statement, liquidations. */

import { OfAccount } from "../parts/account.js";
import { Card, Select } from "../parts/card.js";
import { Chart } from "../parts/chart.js";
import { Figures } from "../parts/figures.js";
import { html, useMemo } from "../parts/hooks.js";
import { Reading, usePair, usePages } from "../parts/reading.js";
import { DataTable } from "../parts/table.js";
import { chartMarks, useTimeMarks } from "../parts/time.js";
import { quotient } from "../numbers.js";
import { go, useAddress } from "../state.js";

export const id = "portfolio";
export const title = "Portfolio";

/** @typedef {Record<string, any>} Row */

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

const LINES = [
  { key: "created_at", label: "Time", kind: "time" },
  { key: "what", label: "What" },
  { key: "market", label: "Market" },
  { key: "before", label: "Before", kind: "num", places: 2 },
  { key: "amount", label: "Amount", kind: "num", places: 2, signed: true },
  { key: "after", label: "After", kind: "num", places: 2 },
  { key: "token", label: "Token" },
  { key: "why", label: "Why" },
  { key: "cause_seq", label: "Because of", kind: "seq" },
  { key: "seq", label: "Event", kind: "seq" },
];

export const view = () => html`<${OfAccount}>${(/** @type {string} */ account) => html`<${Pages} key=${account} account=${account} />`}<//>`;

/** @param {{account: string}} props */
function Pages({ account }) {
  const summary = usePair("/account", { account });
  const balances = usePair("/balance", { account });
  const positions = usePair("/positions", { account });
  return html`
    <${Card} title=${account}>
      <${Reading} of=${summary.shown}>${(/** @type {any} */ data) => html`<${Figures} label="Value and margin" fields=${SUMMARY} of=${data} other=${summary.other?.data} />`}<//>
    <//>
    <${Equity} account=${account} />
    <${Card} title="Positions">
      <${Reading} of=${positions.shown}>${(/** @type {any} */ data) => html`
        <${DataTable} caption="Open positions" hideCaption columns=${POSITIONS} rows=${data.results} other=${positions.other?.data?.results} rowKey=${(/** @type {Row} */ row) => row.market} empty="No open position at this moment." />
      `}<//>
    <//>
    <${Card} title="Balances">
      <${Reading} of=${balances.shown}>${(/** @type {any} */ data) => html`
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
  const { shown, other } = usePair("/account/history", { account, type, resolution, limit: 1000 });
  const name = type === "value" ? "Account value" : "Profit";
  const series = useMemo(() => {
    const sides = [];
    if (shown.data) sides.push({ label: other ? `${name} then` : name, times: shown.data.timestamps, values: shown.data.data });
    if (other?.data) sides.push({ label: `${name} now`, times: other.data.timestamps, values: other.data.data, tone: "series-3", dashed: true });
    return sides;
  }, [shown.data, other?.data, name]);
  return html`
    <${Card} title="Equity" tools=${html`
        <${Select} label="Quantity" value=${type} options=${[["value", "Account value"], ["pnl", "Profit since the beginning"]]} onChoose=${(/** @type {string} */ one) => go({ own: { curve: one } })} />
        <${Select} label="Width of a point" value=${resolution} options=${[["5m", "5 minutes"], ["1h", "1 hour"], ["8h", "8 hours"], ["1d", "1 day"]]} onChoose=${(/** @type {string} */ one) => go({ own: { width: one } })} />
      `}>
      <${Reading} of=${shown} lines=${8}>${() => html`<${Chart} label=${name} unit="USDC" series=${series} marks=${occasions} onMoment=${(/** @type {number} */ ms) => go({ asOf: new Date(ms).toISOString() })} />`}<//>
    <//>
  `;
}

/** @param {{account: string}} props */
function Statement({ account }) {
  const { shown, other, pager } = usePages("/statement", { account }, 50);
  return html`
    <${Card} title="Statement" note="every line that moved a balance, with the event that did it">
      <${Reading} of=${shown}>${(/** @type {any} */ data) => html`
        <${DataTable} caption="Statement, newest first" hideCaption columns=${LINES} rows=${data.results} other=${other?.data?.results} pager=${pager}
          rowKey=${(/** @type {Row} */ row) => `${row.seq} ${row.kind} ${row.token}`} empty="Nothing has moved a balance up to this moment." />
      `}<//>
    <//>
  `;
}
