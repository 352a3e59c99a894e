/** Funding: the index of a market with every step, what a guard would let through, and what it stopped. */

import { Badge } from "../parts/badges.js";
import { Card, Select } from "../parts/card.js";
import { Chart } from "../parts/chart.js";
import { html, useMemo } from "../parts/hooks.js";
import { Reading, usePages, usePair, useRead } from "../parts/reading.js";
import { DataTable } from "../parts/table.js";
import { chartMarks, useTimeMarks, voiding } from "../parts/time.js";
import { go, useAddress } from "../state.js";

export const id = "funding";
export const title = "Funding";

/** @typedef {Record<string, any>} Row */

const SOURCES = /** @type {Record<string, any>} */ ({ COMPUTED: "good", CLAIMED: "warn", RESTATED: "bad" });

const STEPS = [
  { key: "created_at", label: "Observed", kind: "time" },
  { key: "funding_index", label: "Index after", kind: "num" },
  { key: "funding_premium", label: "Premium", kind: "num" },
  { key: "funding_rate", label: "Rate", kind: "percent", places: 5, signed: true },
  { key: "funding_rate_8h", label: "Rate, 8 h", kind: "percent", places: 5, signed: true },
  { key: "source", label: "Source", cell: (/** @type {Row} */ row) => html`<${Badge} tone=${SOURCES[row.source]}>${row.source.toLowerCase()}<//>` },
  { key: "seq_no", label: "Event", kind: "seq" },
];

const STOPPED = [
  { key: "created_at", label: "Time", kind: "time" },
  { key: "title", label: "What" },
  { key: "seq", label: "Event", kind: "seq" },
];

export function view() {
  const { own } = useAddress();
  const markets = useRead("/markets");
  const names = (markets.data?.results ?? []).map((/** @type {Row} */ one) => one.symbol);
  const market = own.market || names[0] || "";
  const chooser = html`<${Select} label="Market" value=${market} options=${names.map((/** @type {string} */ one) => [one, one])} onChoose=${(/** @type {string} */ one) => go({ own: { market: one } })} />`;
  return html`
    <${Reading} of=${markets}>${() => market && html`
      <${Index} market=${market} chooser=${chooser} />
      <${Steps} market=${market} />
      <${Stopped} market=${market} />
    `}<//>
  `;
}

/** @param {{market: string, chooser: any}} props */
function Index({ market, chooser }) {
  const marks = useTimeMarks();
  const { shown, other } = usePair("/funding/data", { market, page_size: 1000 });
  const series = useMemo(() => {
    const of = (/** @type {any} */ data, /** @type {string} */ label, /** @type {object} */ how) => {
      const rows = data.results.toReversed();
      return { label, times: rows.map((/** @type {Row} */ row) => row.created_at), values: rows.map((/** @type {Row} */ row) => row.funding_index), kind: "step", ...how };
    };
    const sides = [];
    if (shown.data) sides.push(of(shown.data, other ? "Index then" : "Index", {}));
    if (other?.data) sides.push(of(other.data, "Index now", { tone: "series-3", dashed: true }));
    return sides;
  }, [shown.data, other?.data]);
  const occasions = useMemo(() => chartMarks(marks.filter((mark) => mark.kind !== "guard" || !mark.market || mark.market === market)), [marks, market]);
  return html`
    <${Card} title="Funding index of ${market}" tools=${chooser}>
      <${Reading} of=${shown} lines=${8}>${() => html`
        <${Chart} label="Funding index" unit="USDC per unit" series=${series} marks=${occasions} onMoment=${(/** @type {number} */ ms) => go({ asOf: new Date(ms).toISOString() })} />
      `}<//>
    <//>
  `;
}

/** @param {{market: string}} props */
function Steps({ market }) {
  const marks = useTimeMarks();
  const { shown, other, pager } = usePages("/funding/data", { market }, 50);
  return html`
    <${Card} title="Every step">
      <${Reading} of=${shown}>${(/** @type {any} */ data) => html`
        <${DataTable} caption="Steps of the index, newest first" hideCaption columns=${STEPS} rows=${data.results} other=${other?.data?.results} pager=${pager}
          rowKey=${(/** @type {Row} */ row) => String(row.seq_no)} tone=${(/** @type {Row} */ row) => (voiding(marks, row.seq_no) ? "void" : "")} empty="No step up to this moment." />
      `}<//>
    <//>
  `;
}

/** @param {{market: string}} props */
function Stopped({ market }) {
  const marks = useTimeMarks();
  const trips = marks.filter((mark) => mark.kind === "guard" && (!mark.market || mark.market === market)).toReversed();
  return html`
    <${Card} title="What guards stopped" note=${market}>
      <${DataTable} caption="Guard trips, newest first" hideCaption columns=${STOPPED} rows=${trips} rowKey=${(/** @type {Row} */ row) => String(row.seq)} empty="No guard has tripped here." />
    <//>
  `;
}
