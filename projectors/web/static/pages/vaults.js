/** Vaults: what they are worth, how the price of a share went and fell, who holds them, and what they hold. */

import { useAccount, useCaller } from "../parts/account.js";
import { Badge } from "../parts/badges.js";
import { Card, Select } from "../parts/card.js";
import { Chart } from "../parts/chart.js";
import { Figures } from "../parts/figures.js";
import { html, useMemo } from "../parts/hooks.js";
import { Reading, usePair } from "../parts/reading.js";
import { SPANS, bothSides, span } from "../parts/series.js";
import { DataTable } from "../parts/table.js";
import { chartMarks, useTimeMarks } from "../parts/time.js";
import { compare, minus, percentage, quotient } from "../numbers.js";
import { go, linked, useAddress } from "../state.js";

export const id = "vaults";
export const title = "Vaults";

/** @typedef {Record<string, any>} Row */

const SUMMARY = [
  { key: "vtoken_price", label: "Share price", kind: "num", places: 6, main: true },
  { key: "tvl", label: "Value", kind: "num", places: 2, main: true, hint: "Account value of the operator account" },
  { key: "total_pnl", label: "Profit since the beginning", kind: "num", places: 2, signed: true },
  { key: "total_roi", label: "Return", kind: "percent", signed: true },
  { key: "max_drawdown", label: "Largest draw-down", kind: "percent" },
  { key: "net_deposits", label: "Net deposits", kind: "num", places: 2 },
  { key: "vtoken_supply", label: "Shares", kind: "num", places: 4 },
  { key: "num_depositors", label: "Holders", kind: "num" },
  { key: "owner_equity", label: "Of the owner", kind: "num", places: 2 },
];

const TERMS = [
  { key: "name", label: "Name" },
  { key: "kind", label: "Kind", kind: "badge" },
  { key: "status", label: "Status", kind: "badge" },
  { key: "owner_account", label: "Owner" },
  { key: "operator_account", label: "Operator account" },
  { key: "profit_share", label: "Profit share, %" },
  { key: "lockup_period", label: "Lock-up, days" },
  { key: "max_tvl", label: "Largest value", kind: "num" },
  { key: "created_at", label: "Created", kind: "time" },
];

const POSITIONS = [
  { key: "market", label: "Market" },
  { key: "side", label: "Side", kind: "badge" },
  { key: "size", label: "Size", kind: "num" },
  { key: "average_entry_price", label: "Entry", kind: "num" },
  { key: "unrealized_pnl", label: "Unrealised profit", kind: "num", places: 2, signed: true },
  { key: "unrealized_funding_pnl", label: "Accrued funding", kind: "num", places: 2, signed: true },
];

const STAKE = [
  { key: "value", label: "Worth", kind: "num", places: 2, main: true },
  { key: "vtoken_amount", label: "Shares", kind: "num", places: 4 },
  { key: "deposited_amount", label: "Paid in", kind: "num", places: 2 },
  { key: "total_pnl", label: "Profit", kind: "num", places: 2, signed: true },
  { key: "total_roi", label: "Return", kind: "percent", signed: true },
  { key: "hwm_price", label: "High-water mark", kind: "num", places: 6 },
  { key: "estimated_accrued_fee", label: "Fee so far", kind: "num", places: 2 },
];

const LIST = [
  { key: "address", label: "Vault", cell: (/** @type {Row} */ row) => html`<a href=${linked({ own: { vault: row.address } })}>${row.address}</a>` },
  { key: "vtoken_price", label: "Share price", kind: "num", places: 6 },
  { key: "tvl", label: "Value", kind: "num", places: 2 },
  { key: "total_pnl", label: "Profit", kind: "num", places: 2, signed: true },
  { key: "total_roi", label: "Return", kind: "percent", signed: true },
  { key: "max_drawdown", label: "Largest draw-down", kind: "percent" },
  { key: "num_depositors", label: "Holders", kind: "num" },
];

const HOLDERS = [
  { key: "account", label: "Account", cell: (/** @type {Row} */ row) => html`<a href=${linked({ page: "portfolio", account: row.account })}>${row.account}</a>${row.is_vault_owner && html` <${Badge}>owner<//>`}` },
  { key: "vtoken_amount", label: "Shares", kind: "num", places: 4 },
  { key: "value", label: "Worth", kind: "num", places: 2 },
  { key: "deposited_amount", label: "Paid in", kind: "num", places: 2 },
  { key: "total_pnl", label: "Profit", kind: "num", places: 2, signed: true },
  { key: "total_roi", label: "Return", kind: "percent", signed: true },
  { key: "hwm_price", label: "High-water mark", kind: "num", places: 6 },
  { key: "estimated_accrued_fee", label: "Fee so far", kind: "num", places: 2 },
];

/** @type {Record<string, string>} */
const KINDS = { price: "Share price", fall: "Draw-down", value: "Value" };

export function view() {
  const { own } = useAddress();
  const { shown, other } = usePair("/vaults/summary");
  const names = (shown.data?.results ?? []).map((/** @type {Row} */ one) => one.address);
  const vault = own.vault || names[0] || "";
  return html`
    <${Card} title="Every vault">
      <${Reading} of=${shown}>${(/** @type {any} */ data) => html`
        <${DataTable} caption="Vaults" hideCaption columns=${LIST} rows=${data.results} other=${other?.data?.results} rowKey=${(/** @type {Row} */ row) => row.address} empty="There is no vault at this moment." />
      `}<//>
    <//>
    ${vault && html`<${Vault} key=${vault} vault=${vault} />`}
  `;
}

/** @param {{vault: string}} props */
function Vault({ vault }) {
  const account = useAccount();
  const caller = useCaller();
  const summary = usePair("/vaults/summary", { address: vault });
  const terms = usePair("/vaults", { address: vault });
  const positions = usePair("/vaults/positions", { address: vault });
  const stake = usePair(account ? "/vaults/account-summary" : null, { address: vault, account });
  return html`
    <${Card} title=${vault}>
      <${Reading} of=${summary.shown}>${(/** @type {any} */ data) => data.results[0] && html`
        <${Figures} label="Worth of ${vault}" fields=${SUMMARY} of=${data.results[0]} other=${summary.other?.data?.results[0]} />
      `}<//>
    <//>
    <${Price} vault=${vault} />
    <div class="grid">
      ${account && html`
        <${Card} title="${account} in ${vault}">
          <${Reading} of=${stake.shown}>${(/** @type {any} */ data) => data.results[0]
            ? html`<${Figures} label="Stake" fields=${STAKE} of=${data.results[0]} other=${stake.other?.data?.results[0]} />`
            : html`<p class="note">No shares at this moment.</p>`}<//>
        <//>
      `}
      <${Card} title="Terms">
        <${Reading} of=${terms.shown}>${(/** @type {any} */ data) => data.results[0] && html`<${Figures} label="Terms" fields=${TERMS} of=${data.results[0]} other=${terms.other?.data?.results[0]} />`}<//>
      <//>
    </div>
    ${caller.scope === "operator" && html`<${Holders} vault=${vault} />`}
    <${Card} title="What it holds">
      <${Reading} of=${positions.shown}>${(/** @type {any} */ data) => html`
        <${DataTable} caption="Positions of ${vault}" hideCaption columns=${POSITIONS} rows=${data.results} other=${positions.other?.data?.results} rowKey=${(/** @type {Row} */ row) => row.market} empty="No open position." />
      `}<//>
    <//>
  `;
}

/**
 * How far a price lies below its highest until then, as a ratio of 0 or less.
 * @param {string[]} prices
 * @returns {string[]}
 */
export function fallsOf(prices) {
  let highest = "0";
  return prices.map((price) => {
    if (compare(price, highest) > 0) highest = price;
    return quotient(minus(price, highest), highest) || "0";
  });
}

/** @param {{vault: string}} props */
function Price({ vault }) {
  const { own } = useAddress();
  const resolution = own.width || "1h";
  const kind = own.curve || "price";
  const marks = useTimeMarks();
  const occasions = useMemo(() => chartMarks(marks), [marks]);
  const { shown, other } = usePair("/vaults/history", { address: vault, type: kind === "value" ? "value" : "price", ...span(resolution) });
  const label = KINDS[kind] ?? KINDS.price;
  const series = useMemo(() => {
    const sides = bothSides(label, shown, other);
    return kind === "fall" ? sides.map((one) => ({ ...one, values: fallsOf(one.values).map((fall) => percentage(fall)) })) : sides;
  }, [shown.data, other?.data, kind]);
  return html`
    <${Card} title="Over time" tools=${html`
        <${Select} label="Quantity" value=${kind} options=${Object.entries(KINDS)} onChoose=${(/** @type {string} */ one) => go({ own: { curve: one } })} />
        <${Select} label="How far back" value=${resolution} options=${SPANS} onChoose=${(/** @type {string} */ one) => go({ own: { width: one } })} />
      `}>
      <${Reading} of=${shown} lines=${8}>${() => html`<${Chart} label=${label} unit=${kind === "fall" ? "%" : "USDC"} series=${series} marks=${occasions} onMoment=${(/** @type {number} */ ms) => go({ asOf: new Date(ms).toISOString() })} />`}<//>
    <//>
  `;
}

/** Names are for operators. @param {{vault: string}} props */
function Holders({ vault }) {
  const { shown, other } = usePair("/vaults/holders", { address: vault, page_size: 1000 });
  return html`
    <${Card} title="Holders">
      <${Reading} of=${shown}>${(/** @type {any} */ data) => html`
        <${DataTable} caption="Holders of ${vault}, largest first" hideCaption columns=${HOLDERS} rows=${data.results} other=${other?.data?.results} rowKey=${(/** @type {Row} */ row) => row.account} empty="Nobody holds shares at this moment." />
      `}<//>
    <//>
  `;
}
