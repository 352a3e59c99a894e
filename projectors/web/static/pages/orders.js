/** Orders of an account: those that are open, every one with what became of it, and what was filled. */

import { Badge } from "../parts/badges.js";
import { Card, Select, Tabs } from "../parts/card.js";
import { OfAccount } from "../parts/account.js";
import { html } from "../parts/hooks.js";
import { Reading, usePages, usePair } from "../parts/reading.js";
import { DataTable } from "../parts/table.js";
import { go, useAddress } from "../state.js";

export const id = "orders";
export const title = "Orders";

/** @typedef {Record<string, any>} Row */

const ORDERS = [
  { key: "created_at", label: "Placed", kind: "time" },
  { key: "market", label: "Market" },
  { key: "side", label: "Side", kind: "badge" },
  { key: "type", label: "Type", cell: (/** @type {Row} */ row) => [row.type.replaceAll("_", " ").toLowerCase(), ...row.flags.map((/** @type {string} */ flag) => html` <${Badge}>${flag.toLowerCase()}<//>`)] },
  { key: "instruction", label: "Instruction" },
  { key: "size", label: "Size", kind: "num" },
  { key: "remaining_size", label: "Remaining", kind: "num" },
  { key: "price", label: "Price", kind: "num" },
  { key: "trigger_price", label: "Trigger", kind: "num" },
  { key: "avg_fill_price", label: "Filled at", kind: "num" },
  { key: "status", label: "Status", kind: "badge" },
  { key: "cancel_reason", label: "Why cancelled", value: (/** @type {Row} */ row) => row.cancel_reason.replaceAll("_", " ").toLowerCase() },
  { key: "seq_no", label: "Event", kind: "seq" },
  { key: "id", label: "Order" },
];

const FILLS = [
  { key: "created_at", label: "Time", kind: "time" },
  { key: "market", label: "Market" },
  { key: "side", label: "Side", kind: "badge" },
  { key: "size", label: "Size", kind: "num" },
  { key: "price", label: "Price", kind: "num" },
  { key: "fill_type", label: "Kind", cell: (/** @type {Row} */ row) => html`<${Badge} tone=${row.fill_type === "LIQUIDATION" ? "bad" : "plain"}>${row.fill_type.toLowerCase()}<//>` },
  { key: "liquidity", label: "Liquidity", value: (/** @type {Row} */ row) => row.liquidity.toLowerCase() },
  { key: "realized_pnl", label: "Realised profit", kind: "num", places: 2, signed: true },
  { key: "realized_funding", label: "Funding", kind: "num", places: 2, signed: true },
  { key: "fee", label: "Fee", kind: "num", places: 4 },
  { key: "funding_index", label: "Funding index", kind: "num", places: 4 },
  { key: "mark_price", label: "Mark", kind: "num", places: 4 },
  { key: "balance_after", label: "Balance after", kind: "num", places: 2 },
  { key: "seq", label: "Event", kind: "seq", value: (/** @type {Row} */ row) => Number(row.id) },
];

export const view = () => html`<${OfAccount}>${(/** @type {string} */ account) => html`<${Pages} key=${account} account=${account} />`}<//>`;

/** @param {{account: string}} props */
function Pages({ account }) {
  const { own } = useAddress();
  const markets = usePair("/markets");
  const market = own.market ?? "";
  const part = own.part ?? "open";
  const names = (markets.shown.data?.results ?? []).map((/** @type {Row} */ one) => one.symbol);
  return html`
    <${Card} title="Orders of ${account}"
      tools=${html`<${Select} label="Market" value=${market} options=${[["", "Every market"], ...names.map((/** @type {string} */ one) => [one, one])]} onChoose=${(/** @type {string} */ one) => go({ own: { market: one } })} />`}>
      <${Tabs} label="Lists" value=${part} options=${[["open", "Open"], ["every", "All orders"], ["fills", "Fills"]]} onChoose=${(/** @type {string} */ one) => go({ own: { part: one === "open" ? "" : one } })}>
        ${part === "open" && html`<${Open} account=${account} market=${market} />`}
        ${part === "every" && html`<${Listed} key="every" path="/orders-history" account=${account} market=${market} columns=${ORDERS} caption="Every order, newest first" rowKey=${(/** @type {Row} */ row) => row.id} />`}
        ${part === "fills" && html`<${Listed} key="fills" path="/fills" account=${account} market=${market} columns=${FILLS} caption="Fills, newest first" rowKey=${(/** @type {Row} */ row) => row.id} />`}
      <//>
    <//>
  `;
}

/** @param {{account: string, market: string}} props */
function Open({ account, market }) {
  const { shown, other } = usePair("/orders", { account, market });
  return html`<${Reading} of=${shown}>${(/** @type {any} */ data) => html`
    <${DataTable} caption="Open orders, newest first" columns=${ORDERS} rows=${data.results} other=${other?.data?.results}
      rowKey=${(/** @type {Row} */ row) => row.id} empty="No order is open at this moment." />
  `}<//>`;
}

/** @param {{path: string, account: string, market: string, columns: any[], caption: string, rowKey: (row: Row) => string}} props */
function Listed({ path, account, market, columns, caption, rowKey }) {
  const { shown, other, pager } = usePages(path, { account, market }, 50);
  return html`<${Reading} of=${shown}>${(/** @type {any} */ data) => html`
    <${DataTable} caption=${caption} columns=${columns} rows=${data.results} other=${other?.data?.results} pager=${pager} rowKey=${rowKey} empty="None up to this moment." />
  `}<//>`;
}
