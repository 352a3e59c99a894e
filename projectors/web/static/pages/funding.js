/** Funding: the index of a market over time, every step with what guards allow, void ones too, and what they stopped. */

import { Badge } from "../parts/badges.js";
import { Card, Select } from "../parts/card.js";
import { Chart } from "../parts/chart.js";
import { html, useMemo } from "../parts/hooks.js";
import { Reading, usePages, usePair, useRead } from "../parts/reading.js";
import { SPANS, bothSides, span } from "../parts/series.js";
import { DataTable } from "../parts/table.js";
import { chartMarks, useTimeMarks } from "../parts/time.js";
import { minus } from "../numbers.js";
import { go, useAddress } from "../state.js";

export const id = "funding";
export const title = "Funding";

/** @typedef {Record<string, any>} Row */

const STEPS_MAX = 200;
const SOURCES = /** @type {Record<string, "good" | "warn" | "bad">} */ ({ COMPUTED: "good", FEED: "bad", RESTATED: "warn" });

const STEPS = [
  { key: "observed_at", label: "Observed", kind: "time" },
  { key: "step", label: "Step", kind: "num", signed: true, value: (/** @type {Row} */ row) => minus(row.index_after, row.index_before) },
  { key: "within", label: "Bounds", value: (/** @type {Row} */ row) => (row.within ? "within" : "outside"), hint: "What guard G1 allows for so much time",
    cell: (/** @type {Row} */ row) => html`<${Badge} tone=${row.within ? "good" : "bad"} title="${row.bound_low} to ${row.bound_high}">${row.within ? "within" : "outside"}<//>` },
  { key: "index_before", label: "Index before", kind: "num" },
  { key: "index_after", label: "Index after", kind: "num" },
  { key: "index_computed", label: "Computed", kind: "num", hint: "Index before and the ledger's own step" },
  { key: "funding_rate", label: "Rate", kind: "percent", places: 5, signed: true },
  { key: "elapsed_ms", label: "Over", value: (/** @type {Row} */ row) => row.elapsed_ms, cell: (/** @type {Row} */ row) => html`<span class="num">${row.elapsed_ms / 1000} s</span>${row.paused && html` <${Badge}>paused<//>`}${row.gap && html` <${Badge} tone="warn">gap<//>`}` },
  { key: "source", label: "Index of", cell: (/** @type {Row} */ row) => html`<${Badge} tone=${SOURCES[row.source]}>${row.source.toLowerCase()}<//>` },
  { key: "seq", label: "Event", kind: "seq" },
];

const STOPPED = [
  { key: "created_at", label: "Time", kind: "time" },
  { key: "title", label: "What" },
  { key: "market", label: "Market", value: (/** @type {Row} */ row) => row.market || "all together" },
  { key: "seq", label: "Event", kind: "seq" },
];

export function view() {
  const { own } = useAddress();
  const markets = useRead("/markets");
  const names = (markets.data?.results ?? []).map((/** @type {Row} */ one) => one.symbol);
  const market = own.market || names[0] || "";
  return html`
    <${Reading} of=${markets}>${() => market && html`
      <${Index} market=${market} names=${names} />
      <${Steps} market=${market} />
      <${Stopped} market=${market} />
    `}<//>
  `;
}

/** @param {{market: string, names: string[]}} props */
function Index({ market, names }) {
  const { own, asOf } = useAddress();
  const resolution = own.width || "5m";
  const marks = useTimeMarks();
  const rollback = asOf ? undefined : marks.findLast((mark) => mark.kind === "rollback");
  const { shown, other } = usePair("/funding/history", { market, ...span(resolution) });
  const undone = useRead(rollback ? "/funding/history" : null, { market, ...span(resolution) }, { asOf: String(rollback?.void_to_seq ?? ""), knownAt: "" });
  const occasions = useMemo(() => chartMarks(marks.filter((mark) => !mark.market || mark.market === market)), [marks, market]);
  const series = useMemo(() => {
    const sides = bothSides("Index", shown, other, { kind: "step" });
    const path = voidPath(shown.data, undone.data);
    return path ? [...sides, { ...path, label: "Made void", kind: /** @type {const} */ ("step"), tone: "bad", dashed: true }] : sides;
  }, [shown.data, other?.data, undone.data]);
  return html`
    <${Card} title="Funding index of ${market}" tools=${html`
        <${Select} label="Market" value=${market} options=${names.map((one) => [one, one])} onChoose=${(/** @type {string} */ one) => go({ own: { market: one } })} />
        <${Select} label="How far back" value=${resolution} options=${SPANS} onChoose=${(/** @type {string} */ one) => go({ own: { width: one } })} />
      `}>
      <${Reading} of=${shown} lines=${8}>${() => html`
        <${Chart} label="Funding index" unit="USDC per unit, from the start of the market" series=${series} marks=${occasions} onMoment=${(/** @type {number} */ ms) => go({ asOf: new Date(ms).toISOString() })} />
      `}<//>
    <//>
  `;
}

/**
 * Where the path before a rollback went another way than the one that counts.
 * @param {any} counting `{timestamps, data}`
 * @param {any} before
 * @returns {{times: number[], values: string[]} | null}
 */
export function voidPath(counting, before) {
  if (!counting || !before) return null;
  const same = new Map(counting.timestamps.map((/** @type {number} */ time, /** @type {number} */ place) => [time, counting.data[place]]));
  const first = before.timestamps.findIndex((/** @type {number} */ time, /** @type {number} */ place) => same.has(time) ? same.get(time) !== before.data[place] : time > counting.timestamps[0]);
  if (first < 0) return null;
  const from = Math.max(0, first - 1);
  return { times: before.timestamps.slice(from), values: before.data.slice(from) };
}

/** @param {{market: string}} props */
function Steps({ market }) {
  const { own } = useAddress();
  const voided = own.steps === "void";
  const marks = useTimeMarks();
  const { shown, other, pager } = usePages("/funding/steps", { market, void: voided ? "true" : "" }, STEPS_MAX);
  const steps = shown.data?.results;
  const { series, bands } = useMemo(() => changes(steps ?? []), [steps]);
  const occasions = useMemo(() => chartMarks(marks.filter((mark) => !mark.market || mark.market === market)), [marks, market]);
  const rollbacks = marks.some((mark) => mark.kind === "rollback");
  return html`
    <${Card} title="Every step" note="what the index moved by, and what guards allow for so much time"
      tools=${rollbacks && html`<${Select} label="Which steps" value=${voided ? "void" : ""} options=${[["", "Steps that count"], ["void", "Steps made void"]]} onChoose=${(/** @type {string} */ one) => go({ own: { steps: one } })} />`}>
      <${Reading} of=${shown} lines=${8}>${(/** @type {any} */ data) => html`
        ${data.results.length > 1 && html`<${Chart} label="Step of the index and its bounds" unit="USDC per unit" height=${200} series=${series} bands=${bands} marks=${occasions} />`}
        <${DataTable} caption="Steps of the index, newest first" hideCaption columns=${STEPS} rows=${data.results} other=${other?.data?.results} pager=${pager} size=${20}
          rowKey=${(/** @type {Row} */ row) => String(row.seq)} tone=${(/** @type {Row} */ row) => (row.void_by ? "void" : row.within ? "" : "outside")} empty=${voided ? "No step was made void up to this moment." : "No step up to this moment."} />
      `}<//>
    <//>
  `;
}

/** Steps and bounds as a chart takes them; a step far outside is drawn apart, so that the others keep their scale.
 * @param {Row[]} steps newest first */
function changes(steps) {
  const rows = steps.toReversed();
  const times = rows.map((row) => row.observed_at);
  const inside = rows.filter((row) => row.within);
  const outside = rows.filter((row) => !row.within);
  const moved = (/** @type {Row} */ row) => minus(row.index_after, row.index_before);
  return {
    series: [
      { label: "Step", times: inside.map((row) => row.observed_at), values: inside.map(moved), kind: /** @type {const} */ ("step") },
      ...(outside.length ? [{ label: `Outside: ${outside.map(moved).join(", ")}`, times: outside.map((row) => row.observed_at), values: outside.map((row) => minus(row.bound_high, row.index_before)), kind: /** @type {const} */ ("points"), tone: "bad" }] : []),
    ],
    bands: [{ label: "Bounds", times, low: rows.map((row) => minus(row.bound_low, row.index_before)), high: rows.map((row) => minus(row.bound_high, row.index_before)) }],
  };
}

/** @param {{market: string}} props */
function Stopped({ market }) {
  const marks = useTimeMarks();
  const trips = marks.filter((mark) => mark.kind === "guard" && (!mark.market || mark.market === market)).toReversed();
  return html`
    <${Card} title="Guard trips" note=${market}>
      <${DataTable} caption="Guard trips, newest first" hideCaption columns=${STOPPED} rows=${trips} size=${10} rowKey=${(/** @type {Row} */ row) => String(row.seq)} empty="No guard has tripped here." />
    <//>
  `;
}
