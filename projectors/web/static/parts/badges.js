/**
 * Small parts: numbers, times, seqs, states. Every number that has a seq can be followed to its event.
 *
 * `Num` a decimal string as it is read (`signed` with sign and colour, `places` rounds what is shown; the exact
 * value is its title); `Time` UTC, milliseconds as title; `Seq` opens an event; `Badge` a state in words.
 */

import { percent, shown, sign } from "../numbers.js";
import { linked, useAddress } from "../state.js";
import { clock, exactly, hours } from "../times.js";
import { html } from "../vendor/preact-htm.js";

/** @param {{value: string | number | null | undefined, places?: number, signed?: boolean, unit?: string}} props */
export function Num({ value, places, signed = false, unit }) {
  if (value === "" || value === null || value === undefined) return html`<span class="none" title="none">–</span>`;
  const given = String(value);
  const way = signed ? ["down", "", "up"][sign(given) + 1] : "";
  const full = shown(given);
  return html`<span class="num ${way}" title=${unit ? `${full} ${unit}` : full}>${shown(given, { places, signed })}</span>`;
}

/** @param {{value: string, places?: number, signed?: boolean}} props a ratio */
export function Percent({ value, places = 2, signed = false }) {
  if (value === "" || value === undefined) return html`<span class="none" title="none">–</span>`;
  const way = signed ? ["down", "", "up"][sign(value) + 1] : "";
  return html`<span class="num ${way}" title=${shown(value)}>${percent(value, { places, signed })}</span>`;
}

/** @param {{ms: number, short?: boolean}} props */
export const Time = ({ ms, short = false }) =>
  ms
    ? html`<time class="num" datetime=${new Date(ms).toISOString()} title=${exactly(ms)}>${short ? hours(ms) : clock(ms)}</time>`
    : html`<span class="none" title="never">–</span>`;

/** @param {{seq: number, label?: string}} props opens the event */
export function Seq({ seq, label }) {
  useAddress();
  if (!seq) return html`<span class="none" title="none">–</span>`;
  return html`<a class="seq num" href=${linked({ own: { event: String(seq) } })} title="Event ${shown(seq)}"
    >${label ?? shown(seq)}</a>`;
}

/** @type {Record<string, string>} */
const TONES = {
  ok: "good", ACTIVE: "good", OPEN: "good", LONG: "good", BUY: "good", COMPLETED: "good", serving: "good", open: "good",
  SHORT: "bad", SELL: "bad", LIQUIDATION: "bad", FAILED: "bad", stopped: "bad", VOID: "bad", closed: "bad", maintenance: "bad",
  RESTRICTED: "warn", post_only: "warn", cancel_only: "warn", PENDING: "warn", UNTRIGGERED: "warn", held: "warn", stale: "warn",
  reconciliation: "warn",
};

/** @param {{children: any, tone?: "good" | "bad" | "warn" | "plain", title?: string}} props */
export function Badge({ children, tone, title }) {
  const word = Array.isArray(children) ? children.join("") : String(children ?? "");
  return html`<span class="badge ${tone ?? TONES[word] ?? "plain"}" title=${title}>${word.replaceAll("_", " ")}</span>`;
}

/** @param {{value: string}} props a digest, its beginning and end */
export const Digest = ({ value }) =>
  value
    ? html`<code class="digest" title=${value}>${value.slice(0, 8)}…${value.slice(-4)}</code>`
    : html`<span class="none">–</span>`;

/** @param {{title: string, children: any}} props what stands where there is nothing */
export const Empty = ({ title, children }) => html`<div class="empty"><p>${title}</p>${children}</div>`;
