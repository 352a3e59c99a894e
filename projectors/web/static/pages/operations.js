/** Operations: what the exchange allows, which gate keeps it closed, how far every view is, what guards did. */

import { Badge, Digest, Empty, Seq, Time } from "../parts/badges.js";
import { Card } from "../parts/card.js";
import { Figures } from "../parts/figures.js";
import { html, useEffect, useWatched } from "../parts/hooks.js";
import { Reading, usePages, usePair } from "../parts/reading.js";
import { DataTable } from "../parts/table.js";
import { link } from "../api.js";
import { shown } from "../numbers.js";
import { useAddress } from "../state.js";

export const id = "operations";
export const title = "Operations";

/** @typedef {Record<string, any>} Row */

const LOOK_MS = 2_000;
const UNHEARD_MS = 30_000;
const MODES = ["maintenance", "cancel_only", "post_only", "ok"];

const STATE = [
  { key: "status", label: "Exchange", kind: "badge", main: true },
  { key: "withdrawals", label: "Withdrawals", kind: "badge", main: true },
  { key: "reason", label: "Because" },
  { key: "next_status", label: "Next mode", kind: "badge", cell: (/** @type {Row} */ of) => (of.next_status ? html`<${Badge}>${of.next_status}<//>` : "none, it is open") },
  { key: "ledger_id", label: "Ledger" },
  { key: "head", label: "Head of the log", hint: "Keep height and digest elsewhere: `ledger log verify --expect-head` checks them",
    value: (/** @type {Row} */ of) => of.at.head, cell: (/** @type {Row} */ of) => html`block <span class="num">${shown(of.at.head)}</span>` },
  { key: "head_digest", label: "Digest of the newest block served", cell: (/** @type {Row} */ of) => html`<${Digest} value=${of.head_digest} />` },
];

const GATES = [
  { key: "name", label: "Gate", cell: (/** @type {Row} */ row) => row.market || row.name },
  { key: "holds", label: "State", value: (/** @type {Row} */ row) => (row.holds ? "holds" : "fails"),
    cell: (/** @type {Row} */ row) => html`<${Badge} tone=${row.holds ? "good" : row.binds ? "bad" : "warn"}>${row.holds ? "holds" : "fails"}<//>` },
  { key: "value", label: "What was found", cell: (/** @type {Row} */ row) => html`<span class="wrap">${row.value}</span>` },
  { key: "bound", label: "What it wants", cell: (/** @type {Row} */ row) => html`<span class="wrap">${row.bound}</span>` },
  { key: "binds", label: "Alone it keeps closed", value: (/** @type {Row} */ row) => (row.binds ? "the exchange" : "its market") },
];

const VIEWS = [
  { key: "view", label: "View" },
  { key: "state", label: "State", kind: "badge" },
  { key: "behind", label: "Blocks behind", kind: "num" },
  { key: "block", label: "Block", kind: "num" },
  { key: "seq", label: "Seq", kind: "seq" },
  { key: "generation", label: "Serves", hint: "The generation that answers" },
  { key: "generations", label: "Kept", value: (/** @type {Row} */ row) => row.generations.join(", ") },
  { key: "version", label: "Version", kind: "num" },
  { key: "building", label: "Beside it", value: (/** @type {Row} */ row) => row.building?.done ?? 0, cell: (/** @type {Row} */ row) => html`<${Progress} of=${row.building} />` },
];

const GUARDS = [
  { key: "guard", label: "Guard", cell: (/** @type {Row} */ row) => html`<span title=${row.asks}>${row.guard}</span>` },
  { key: "policy", label: "Policy", cell: (/** @type {Row} */ row) => html`<${Badge} tone=${row.policy === "observe" ? "warn" : "good"}>${row.policy}<//>` },
  { key: "until", label: "Until", cell: (/** @type {Row} */ row) => (row.until ? html`<${Time} ms=${row.until} />` : "for ever") },
  { key: "trips", label: "Trips", kind: "num" },
  { key: "last_at", label: "Last trip", kind: "time" },
  { key: "last_market", label: "In" },
  { key: "last_action", label: "What it did", kind: "badge" },
  { key: "last_seq", label: "Event", kind: "seq" },
  { key: "asks", label: "What it asks", cell: (/** @type {Row} */ row) => html`<span class="wrap">${row.asks}</span>` },
];

const TRIPS = [
  { key: "created_at", label: "Time", kind: "time" },
  { key: "guard", label: "Guard" },
  { key: "market", label: "Market" },
  { key: "field", label: "Field" },
  { key: "value", label: "Given", kind: "num", value: (/** @type {Row} */ row) => row.value || row.given },
  { key: "expected", label: "Expected", kind: "num" },
  { key: "action", label: "What it did", cell: (/** @type {Row} */ row) => html`<${Badge} tone=${row.action === "recorded" ? "bad" : "good"}>${row.action === "recorded" ? "let through" : row.action}<//>` },
  { key: "input_command_id", label: "Input" },
  { key: "seq", label: "Event", kind: "seq" },
];

const CHECKPOINTS = [
  { key: "block", label: "Block", kind: "num" },
  { key: "seq", label: "Seq", kind: "seq" },
  { key: "view", label: "View" },
  { key: "generation", label: "Generation" },
  { key: "counts", label: "Its block", value: (/** @type {Row} */ row) => (row.counts ? "counts" : "void"), cell: (/** @type {Row} */ row) => html`<${Badge} tone=${row.counts ? "good" : "bad"}>${row.counts ? "counts" : "void"}<//>` },
];

export function view() {
  const { asOf } = useAddress();
  const { up } = useWatched(link);
  const { shown: read, other } = usePair("/operations");
  const { retry } = read;
  useEffect(() => {
    if (asOf || !up) return undefined;
    const looking = setInterval(retry, LOOK_MS);
    return () => clearInterval(looking);
  }, [asOf, up, retry]);
  return html`
    <${Reading} of=${read} lines=${8}>${(/** @type {Row} */ data) => html`
      <div class="stack">
        <${Card} title="The exchange"><${Figures} label="State of the exchange" fields=${STATE} of=${data} other=${other?.data} /><//>
        <${Gates} of=${data} />
        <${Card} title="Views">
          <${DataTable} caption="How far every view is" hideCaption columns=${VIEWS} rows=${data.views} other=${other?.data?.views} rowKey=${(/** @type {Row} */ row) => row.view} tone=${(/** @type {Row} */ row) => (row.state === "stopped" ? "stopped" : "")} />
          ${data.views.filter((/** @type {Row} */ one) => one.reason).map((/** @type {Row} */ one) => html`<p key=${one.view} class="notice warn"><strong>${one.view} goes no further.</strong> <span>${one.reason}</span></p>`)}
        <//>
        <${Allowed} modes=${data.modes} status=${data.status} />
        <${Card} title="Guards">
          <${DataTable} caption="Guards and their policies" hideCaption columns=${GUARDS} rows=${data.guards} other=${other?.data?.guards} rowKey=${(/** @type {Row} */ row) => row.guard} />
        <//>
      </div>
    `}<//>
    <${Trips} />
    <${Reading} of=${read}>${(/** @type {Row} */ data) => html`
      <${Card} title="Checkpoints" note="to begin from, after a rollback and for the past">
        <${DataTable} caption="Checkpoints of the views, newest first" hideCaption columns=${CHECKPOINTS} rows=${data.checkpoints} size=${10}
          rowKey=${(/** @type {Row} */ row) => `${row.view} ${row.generation} ${row.block}`} empty="There is none up to this moment: the past is folded from the first block." />
      <//>
    `}<//>
  `;
}

/** What keeps the exchange from its next mode. @param {{of: Row}} props */
function Gates({ of }) {
  const failing = of.gates.filter((/** @type {Row} */ gate) => !gate.holds);
  const stops = failing.filter((/** @type {Row} */ gate) => gate.binds);
  if (!of.next_status) {
    return html`<${Card} title="Gates"><${Empty} title="The exchange is in its highest mode: there is no gate before it." /><//>`;
  }
  const told = stops.length
    ? `${stops.length === 1 ? "One gate keeps" : `${stops.length} gates keep`} it from ${of.next_status.replaceAll("_", " ")}`
    : failing.length
      ? `it would open, and ${failing.length === 1 ? "one market" : `${failing.length} markets`} would stay behind`
      : `every gate to ${of.next_status.replaceAll("_", " ")} holds`;
  return html`
    <${Card} title="Gates to ${of.next_status.replaceAll("_", " ")}" note=${of.gates_policy === "observe" ? `${told}; gates are only recorded now` : told}>
      <${DataTable} caption="Gates on the way to the next mode" hideCaption columns=${GATES} rows=${of.gates} rowKey=${(/** @type {Row} */ row) => row.name + row.market} />
    <//>
  `;
}

/** What every mode allows. @param {{modes: Row[], status: string}} props */
const Allowed = ({ modes, status }) => html`
  <${Card} title="What each mode allows">
    <div class="scroll" role="group" aria-label="Table of modes" tabindex="0">
      <table class="modes">
        <caption class="unseen">What each mode allows; the mode of now is ${status}</caption>
        <thead>
          <tr><th scope="col">Allowed</th>${MODES.map((mode) => html`<th key=${mode} scope="col" class=${mode === status ? "here" : ""}>${mode.replaceAll("_", " ")}${mode === status && html` <span class="badge plain">now</span>`}</th>`)}</tr>
        </thead>
        <tbody>
          ${modes.map((one) => html`
            <tr key=${one.rule}>
              <th scope="row">${one.meaning.replace(/\.$/, "")}</th>
              ${MODES.map((mode) => html`<td key=${mode} class=${mode === status ? "here" : ""}>${one.modes.includes(mode) ? html`<span class="up">yes</span>` : html`<span class="none">no</span>`}</td>`)}
            </tr>
          `)}
        </tbody>
      </table>
    </div>
  <//>
`;

function Trips() {
  const { shown: read, other, pager } = usePages("/guards", {}, 20);
  return html`
    <${Card} title="Guard trips">
      <${Reading} of=${read}>${(/** @type {any} */ data) => html`
        <${DataTable} caption="Guard trips, newest first" hideCaption columns=${TRIPS} rows=${data.results} other=${other?.data?.results} pager=${pager}
          rowKey=${(/** @type {Row} */ row) => String(row.seq)} empty="No guard has tripped up to this moment." />
      `}<//>
    <//>
  `;
}

/** A generation that is being built. @param {{of: Row | null}} props */
function Progress({ of }) {
  if (!of) return html`<span class="none" title="nothing is built">–</span>`;
  const done = of.of ? Math.min(100, Math.floor((100 * of.done) / of.of)) : 0;
  const unheard = Date.now() - of.told_at > UNHEARD_MS;
  return html`
    <span class="building">
      <progress max="100" value=${done} aria-label="${of.kind}, ${done} percent"></progress>
      <span>${of.kind} ${done}%${unheard ? html`, not heard of since <${Time} ms=${of.told_at} />` : ""}</span>
    </span>
  `;
}
