/**
 * Why an account was liquidated: its takeovers, void ones too, and for the one that is chosen the value and the
 * requirement at that event, every position with mark, fair price and index, and what nothing explains of it.
 */

import { minus, negated, shown } from "../numbers.js";
import { go, linked, useAddress } from "../state.js";
import { Badge, Num, Seq, Time } from "./badges.js";
import { Card } from "./card.js";
import { Figures } from "./figures.js";
import { html } from "./hooks.js";
import { HERE_AND_NOW, Reading, usePair, useRead } from "./reading.js";
import { DataTable } from "./table.js";

/** @typedef {Record<string, any>} Row */

const TAKEOVERS = [
  { key: "created_at", label: "Time", kind: "time" },
  { key: "share", label: "Taken over", value: (/** @type {Row} */ row) => (row.full ? "everything" : `${row.share_ppm / 10_000}%`) },
  { key: "account_value", label: "Account value", kind: "num", places: 2, signed: true },
  { key: "maintenance_margin_requirement", label: "Required", kind: "num", places: 2 },
  { key: "accrued_funding", label: "Accrued funding", kind: "num", places: 2, signed: true },
  { key: "notional", label: "Positions, USD", kind: "num", places: 2 },
  { key: "void_by", label: "Counts", cell: (/** @type {Row} */ row) => (row.void_by ? html`<${Badge} tone="bad">void<//>` : html`<${Badge} tone="plain">yes<//>`) },
  { key: "seq_no", label: "Event", kind: "seq" },
  { key: "why", label: "Why", value: (/** @type {Row} */ row) => row.seq_no, cell: (/** @type {Row} */ row) => html`<a href=${linked({ own: { why: String(row.seq_no) } })}>Why?</a>` },
];

const POSITIONS = [
  { key: "market", label: "Market" },
  { key: "side", label: "Side", kind: "badge" },
  { key: "size", label: "Size", kind: "num" },
  { key: "mark_price", label: "Mark", kind: "num" },
  { key: "underlying_price", label: "Spot", kind: "num" },
  { key: "external_fair_price", label: "Fair, outside", kind: "num" },
  { key: "funding_index", label: "Index", kind: "num" },
  { key: "cached_funding_index", label: "Index when it was last settled", kind: "num" },
  { key: "unrealized_pnl", label: "Unrealised profit", kind: "num", places: 2, signed: true },
  { key: "accrued_funding", label: "Accrued funding", kind: "num", places: 2, signed: true },
  { key: "funding_unexplained", label: "Of it unexplained", kind: "num", places: 2, signed: true, hint: "By steps of the index that the ledger did not compute" },
  { key: "maintenance_margin_requirement", label: "Required", kind: "num", places: 2 },
  { key: "price_seq", label: "Price", kind: "seq" },
  { key: "unexplained_seq", label: "False step", kind: "seq" },
];

const FIGURES = [
  { key: "account_value", label: "Account value", kind: "num", places: 2, signed: true, main: true },
  { key: "maintenance_margin_requirement", label: "Required (maintenance margin)", kind: "num", places: 2, main: true },
  { key: "balance", label: "Balance", kind: "num", places: 2 },
  { key: "unrealized_pnl", label: "+ Unrealised profit", kind: "num", places: 2, signed: true },
  { key: "accrued_funding", label: "+ Accrued funding", kind: "num", places: 2, signed: true },
  { key: "account_value_fair", label: "Value by fair prices", kind: "num", places: 2, signed: true },
  { key: "maintenance_margin_requirement_fair", label: "Required by fair prices", kind: "num", places: 2 },
  { key: "price_seq", label: "Prices of", kind: "seq" },
  { key: "funding_seq", label: "Indices of", kind: "seq" },
];

/** @param {{account: string}} props */
export function Liquidations({ account }) {
  const { own, compare } = useAddress();
  const { shown: counting, other } = usePair("/liquidations", { account });
  const voided = useRead(compare ? null : "/liquidations/void", { account });
  const rows = [
    ...(counting.data?.results ?? []),
    ...(voided.data?.results ?? []).map((/** @type {Row} */ one) => ({ ...one.liquidation, void_by: one.void_by })),
  ].toSorted((a, b) => b.seq_no - a.seq_no);
  const seq = /^\d+$/.test(own.why ?? "") ? own.why : "";
  if (!rows.length && !other?.data?.results.length && !seq) return null;
  return html`
    <${Card} title="Why was I liquidated?" note="${shown(rows.length)} ${rows.length === 1 ? "takeover" : "takeovers"}">
      <${Reading} of=${counting}>${() => html`
        <${DataTable} caption="Takeovers, newest first" hideCaption columns=${TAKEOVERS} rows=${rows} other=${other?.data?.results} size=${5}
          rowKey=${(/** @type {Row} */ row) => String(row.seq_no)} tone=${(/** @type {Row} */ row) => (row.void_by ? "void" : "")} empty="None." />
      `}<//>
      ${seq && html`<${Why} account=${account} seq=${seq} />`}
    <//>
  `;
}

/** @param {{account: string, seq: string}} props */
function Why({ account, seq }) {
  const found = useRead(`/liquidations/${seq}/why`, { account }, HERE_AND_NOW, { fresh: false });
  return html`
    <section class="why" aria-label="Why: event ${seq}" aria-live="polite">
      <${Reading} of=${found} lines=${6}>${(/** @type {any} */ data) => html`
        <${Verdict} of=${data} />
        <${Figures} label="At event ${seq}" fields=${FIGURES} of=${data.liquidation} />
        <${DataTable} caption="Positions at event ${shown(seq)}, before they were taken over" columns=${POSITIONS} rows=${data.positions} rowKey=${(/** @type {Row} */ row) => row.market} empty="No position." />
        <p class="buttons">
          <a class="button" href=${linked({ asOf: String(Number(seq) - 1), knownAt: "", own: {} })}>The page just before it</a>
          <a class="button" href=${linked({ asOf: seq, compare: "known" })}>Then and now</a>
          ${falseStep(data) && html`<a class="button" href=${linked({ page: "funding", asOf: seq, own: { market: falseStep(data).market } })}>The index at that moment</a>`}
          <button type="button" onClick=${() => go({ own: { why: "" } })}>Close</button>
        </p>
      `}<//>
    </section>
  `;
}

/** @param {any} of @returns {Row | undefined} the position whose funding is explained least */
const falseStep = (of) => of.positions.find((/** @type {Row} */ one) => one.unexplained_seq);

/** In sentences. @param {{of: any}} props */
function Verdict({ of }) {
  const { liquidation: taken } = of;
  const jump = falseStep(of);
  const unexplained = minus(taken.account_value, of.account_value_explained);
  const wrong = of.healthy_explained || of.healthy_fair;
  return html`
    <div class="notice ${wrong ? "bad" : "warn"}">
      <p>
        <strong>${wrong ? "It should not have been." : "Its value was below what was required."}</strong>
        ${" "}At <${Time} ms=${taken.created_at} /> the account was worth <b><${Num} value=${taken.account_value} places=${2} /></b> and${" "}<b><${Num} value=${taken.maintenance_margin_requirement} places=${2} /></b> was required, so ${taken.full ? "everything" : "a part"} was taken over.
        ${jump && html` Of that value <b><${Num} value=${unexplained} places=${2} signed /></b> is funding by a step of the index of ${jump.market} that the ledger did not compute (event <${Seq} seq=${jump.unexplained_seq} />).
          Without it the account would have been worth <b><${Num} value=${of.account_value_explained} places=${2} /></b>${of.healthy_explained ? ", which is enough" : ", which is too little all the same"}.`}
        ${of.healthy_fair && html` By the fair prices outside it was worth <b><${Num} value=${taken.account_value_fair} places=${2} /></b>, which is enough.`}
        ${!jump && !of.healthy_fair && html` It lacked <b><${Num} value=${negated(minus(taken.account_value, taken.maintenance_margin_requirement))} places=${2} /></b>. Every index step up to it is the ledger's own.`}
        ${of.void_by > 0 && html` <${Badge} tone="good">made void<//> by the rollback of event <${Seq} seq=${of.void_by} />: it does not count any more.`}
      </p>
    </div>
  `;
}
