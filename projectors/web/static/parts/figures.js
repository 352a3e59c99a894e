/**
 * Figures with their names, as a definition list; both sides where the then-and-now switch is on.
 *
 * A field is `{key, label, kind, places, signed, hint, value, cell}` as a column of a table is. `main` marks the
 * one that is shown large.
 */

import { compare, isDecimal, minus } from "../numbers.js";
import { html } from "../vendor/preact-htm.js";
import { Badge, Num, Percent, Seq, Time } from "./badges.js";

/** @typedef {import("./table.js").Column & {main?: boolean}} Field */

/** @param {Field} field @param {any} of */
function drawn(field, of) {
  if (field.cell) return field.cell(of);
  const value = field.value ? field.value(of) : of[field.key];
  switch (field.kind) {
    case "num":
      return html`<${Num} value=${value} places=${field.places} signed=${field.signed} />`;
    case "percent":
      return html`<${Percent} value=${value} places=${field.places} signed=${field.signed} />`;
    case "time":
      return html`<${Time} ms=${value} />`;
    case "seq":
      return html`<${Seq} seq=${value} />`;
    case "badge":
      return html`<${Badge}>${value}<//>`;
    default:
      return value === "" || value === undefined ? html`<span class="none">–</span>` : value;
  }
}

/** @param {{fields: Field[], of: any, other?: any, label?: string}} props */
export const Figures = ({ fields, of, other, label }) => html`
  <dl class="figures" aria-label=${label}>
    ${fields.map((field) => html`
      <div key=${field.key} class="figure ${field.main ? "main" : ""}">
        <dt title=${field.hint}>${field.label}</dt>
        <dd>${drawn(field, of)}${other && html`<${Beside} field=${field} then=${of} now=${other} />`}</dd>
      </div>
    `)}
  </dl>
`;

/** What it is now, and the change, where that is another. @param {{field: Field, then: any, now: any}} props */
function Beside({ field, then, now }) {
  const [before, after] = [then, now].map((side) => (field.value ? field.value(side) : side[field.key]));
  if (compare(before, after) === 0 && String(before) === String(after)) return html`<span class="same">same now</span>`;
  const counts = field.kind === "num" && isDecimal(String(before)) && isDecimal(String(after));
  return html`
    <span class="now"><span class="side">now</span> ${drawn(field, now)}</span>
    ${counts && html`<span class="change"><span class="unseen">change </span><${Num} value=${minus(String(after), String(before))} places=${field.places} signed /></span>`}
  `;
}
