/** Markets: prices, funding and volumes, and the parameters of the one that is chosen. */

import { Card } from "../parts/card.js";
import { Figures } from "../parts/figures.js";
import { html } from "../parts/hooks.js";
import { Reading, usePair, usePages } from "../parts/reading.js";
import { DataTable } from "../parts/table.js";
import { linked, useAddress } from "../state.js";

export const id = "markets";
export const title = "Markets";

const SUMMARY = [
  { key: "symbol", label: "Market", cell: (/** @type {any} */ row) => html`<a href=${linked({ own: { market: row.symbol } })}>${row.symbol}</a>` },
  { key: "mark_price", places: 4, label: "Mark", kind: "num" },
  { key: "underlying_price", places: 4, label: "Spot", kind: "num", hint: "Price of the underlying, by the oracles" },
  { key: "external_fair_price", places: 4, label: "Fair, outside", kind: "num", hint: "Fair price by the other exchanges" },
  { key: "bid", label: "Bid", kind: "num" },
  { key: "ask", label: "Ask", kind: "num" },
  { key: "price_change_rate_24h", label: "24 h", kind: "percent", signed: true },
  { key: "funding_index", places: 4, label: "Funding index", kind: "num" },
  { key: "funding_rate", label: "Funding rate", kind: "percent", places: 4, signed: true },
  { key: "open_interest", label: "Open interest", kind: "num" },
  { key: "volume_24h", label: "Volume 24 h", kind: "num", places: 0 },
  { key: "created_at", label: "Priced at", kind: "time" },
  { key: "price_seq", label: "Event", kind: "seq" },
];

const PARAMETERS = [
  { key: "trading_mode", label: "Mode", kind: "badge" },
  { key: "base_currency", label: "Base" },
  { key: "settlement_currency", label: "Settled in" },
  { key: "price_tick_size", label: "Price tick", kind: "num" },
  { key: "order_size_increment", label: "Size step", kind: "num" },
  { key: "min_notional", label: "Least value of an order", kind: "num" },
  { key: "max_order_size", label: "Largest order", kind: "num" },
  { key: "position_limit", label: "Position limit", kind: "num" },
  { key: "price_bands_width", label: "Price band", kind: "percent" },
  { key: "max_tob_spread", label: "Widest spread", kind: "percent" },
  { key: "imf_base", label: "Initial margin", kind: "percent", value: (/** @type {any} */ of) => of.delta1_cross_margin_params.imf_base },
  { key: "mmf_factor", label: "Maintenance, of initial", kind: "percent", value: (/** @type {any} */ of) => of.delta1_cross_margin_params.mmf_factor },
  { key: "maker_fee", label: "Maker fee", kind: "percent", places: 4, value: (/** @type {any} */ of) => of.fee_config.maker_fee },
  { key: "taker_fee", label: "Taker fee", kind: "percent", places: 4, value: (/** @type {any} */ of) => of.fee_config.taker_fee },
  { key: "max_funding_rate", label: "Largest funding rate", kind: "percent" },
  { key: "funding_period_hours", label: "Funding period, hours" },
  { key: "updated_at", label: "Changed", kind: "time" },
  { key: "seq_no", label: "Event", kind: "seq" },
];

const CHANGES = [
  { key: "updated_at", label: "Time", kind: "time" },
  { key: "symbol", label: "Market" },
  { key: "event_type", label: "What", kind: "badge" },
  { key: "changed_fields", label: "Fields", value: (/** @type {any} */ row) => row.changed_fields.join(", "), cell: (/** @type {any} */ row) => html`<div class="wrap">${row.changed_fields.join(", ").replaceAll("_", " ")}</div>` },
  { key: "seq_no", label: "Event", kind: "seq" },
];

export function view() {
  const { own } = useAddress();
  const summaries = usePair("/markets/summary");
  return html`
    <${Card} title="Prices">
      <${Reading} of=${summaries.shown}>${(/** @type {any} */ data) => html`
        <${DataTable} caption="Prices of every market" hideCaption columns=${SUMMARY} rows=${data.results} other=${summaries.other?.data?.results}
          rowKey=${(/** @type {any} */ row) => row.symbol} empty="No market is listed at this moment." />
      `}<//>
    <//>
    <${Parameters} market=${own.market ?? ""} />
    <${Changes} market=${own.market ?? ""} />
  `;
}

/** @param {{market: string}} props */
function Parameters({ market }) {
  const { shown, other } = usePair("/markets", { market });
  return html`
    <${Card} title="Parameters" note=${market || "of the first market; choose one above"}>
      <${Reading} of=${shown}>${(/** @type {any} */ data) => data.results.slice(0, 1).map((/** @type {any} */ one) => html`
        <h3>${one.symbol}</h3>
        <${Figures} key=${one.symbol} label="Parameters of ${one.symbol}" fields=${PARAMETERS} of=${one}
          other=${other?.data?.results.find((/** @type {any} */ it) => it.symbol === one.symbol)} />
      `)}<//>
    <//>
  `;
}

/** @param {{market: string}} props */
function Changes({ market }) {
  const { shown, pager } = usePages("/markets/history", { market }, 20);
  return html`
    <${Card} title="Changes of parameters" note=${market || "of every market"}>
      <${Reading} of=${shown}>${(/** @type {any} */ data) => html`
        <${DataTable} caption="Changes of parameters, newest first" hideCaption columns=${CHANGES} rows=${data.results} pager=${pager}
          rowKey=${(/** @type {any} */ row) => String(row.seq_no)} empty="Nothing was changed." />
      `}<//>
    <//>
  `;
}
