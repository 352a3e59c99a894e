/**
 * A table that sorts, pages and compares.
 *
 * Columns say what they hold: `{key, label, kind, places, signed, value, cell, hint}`. `kind` is `text`, `num`,
 * `percent`, `time`, `seq` or `badge`; `value(row)` is what is sorted and compared (`row[key]` when left out), and
 * `cell(row)` draws it otherwise. Give `pager` of `usePages` for lists with cursors; lists longer than `size` are paged here too.
 * With `other` (rows of the other side of the then-and-now switch) rows are matched by `rowKey` and show both.
 */

import { compare, isDecimal, minus, shown } from "../numbers.js";
import { html, useId, useMemo, useState } from "./hooks.js";
import { Badge, Empty, Num, Percent, Seq, Time } from "./badges.js";

const PAGE = 25;
const RIGHT = new Set(["num", "percent", "seq"]);

/** @typedef {Record<string, any>} Row */
/** @typedef {{key: string, label: string, kind?: string, places?: number, signed?: boolean, hint?: string,
 *   value?: (row: Row) => any, cell?: (row: Row) => any}} Column */

/** @param {Column} column @param {Row} row */
const valueOf = (column, row) => (column.value ? column.value(row) : row[column.key]);

/** @param {Column} column @param {any} value */
function drawn(column, value) {
  const { places, signed } = column;
  switch (column.kind) {
    case "num":
      return html`<${Num} value=${value} places=${places} signed=${signed} />`;
    case "percent":
      return html`<${Percent} value=${value} places=${places} signed=${signed} />`;
    case "time":
      return html`<${Time} ms=${value} />`;
    case "seq":
      return html`<${Seq} seq=${value} />`;
    case "badge":
      return value ? html`<${Badge}>${value}<//>` : "";
    default:
      return value;
  }
}

/** @param {{column: Column, row: Row}} props */
const Cell = ({ column, row }) => (column.cell ? column.cell(row) : drawn(column, valueOf(column, row)));

/**
 * Rows of both sides by key, those of the first side in their order, then what only the other has.
 * @param {Row[]} rows
 * @param {Row[]} other
 * @param {(row: Row) => string} rowKey
 * @param {Column[]} columns
 */
export function matched(rows, other, rowKey, columns) {
  const beside = new Map(other.map((row) => [rowKey(row), row]));
  const differ = (/** @type {Row} */ one, /** @type {Row} */ two) =>
    columns.filter((column) => String(valueOf(column, one) ?? "") !== String(valueOf(column, two) ?? ""));
  const both = rows.map((then) => {
    const now = beside.get(rowKey(then)) ?? null;
    beside.delete(rowKey(then));
    return { then, now, changes: now ? differ(then, now).map((column) => column.key) : [] };
  });
  return [...both, ...[...beside.values()].map((now) => ({ then: null, now, changes: [] }))];
}

/**
 * @param {{caption: string, columns: Column[], rows: Row[], rowKey: (row: Row) => string, other?: Row[] | null,
 *   pager?: any, size?: number, empty?: string, tone?: (row: Row) => string, hideCaption?: boolean,
 *   sorted?: {key: string, down: boolean}}} props
 */
export function DataTable(props) {
  const { caption, columns, rows, rowKey, other, pager, size = props.pager ? Infinity : PAGE, empty = "Nothing here.", tone, hideCaption, sorted } = props;
  const [order, setOrder] = useState(sorted ?? { key: "", down: false });
  const [page, setPage] = useState(0);
  const [all, setAll] = useState(false);
  const id = useId();
  const column = columns.find((one) => one.key === order.key);
  const pairs = useMemo(() => {
    const found = other ? matched(rows, other, rowKey, columns) : rows.map((then) => ({ then, now: null, changes: [] }));
    if (!column) return found;
    const way = order.down ? -1 : 1;
    const at = (/** @type {any} */ pair) => valueOf(column, pair.then ?? pair.now);
    return found.toSorted((a, b) => way * compare(at(a), at(b)));
  }, [rows, other, order, columns]);
  const changed = other ? pairs.filter((pair) => !pair.then || !pair.now || pair.changes.length) : pairs;
  const listed = other && !all ? changed : pairs;
  const pages = Math.max(1, Math.ceil(listed.length / Math.max(1, size)));
  const here = Math.min(page, pages - 1);
  const visible = pages > 1 ? listed.slice(here * size, (here + 1) * size) : listed;

  const sortBy = (/** @type {string} */ key) => {
    setOrder(order.key === key ? { key, down: !order.down } : { key, down: true });
    setPage(0);
  };
  if (!pairs.length && !pager?.newer) return html`<${Empty} title=${empty} />`;
  return html`
    ${other && html`
      <div class="compared">
        <span role="status">${changed.length ? `${shown(changed.length)} of ${shown(pairs.length)} rows differ` : "No row differs"}</span>
        <label><input type="checkbox" checked=${all} onChange=${() => setAll(!all)} /> show the same ones too</label>
      </div>
    `}
    <div class="scroll" role="group" aria-labelledby=${id} tabindex="0">
      <table>
        <caption id=${id} class=${hideCaption ? "unseen" : ""}>${caption}</caption>
        <thead>
          <tr>
            ${other && html`<th scope="col">Compared</th>`}
            ${columns.map((one) => html`
              <th key=${one.key} scope="col" class=${RIGHT.has(one.kind ?? "") ? "right" : ""}
                aria-sort=${order.key === one.key ? (order.down ? "descending" : "ascending") : "none"}>
                <button type="button" class="sort" title=${one.hint ?? `Sort by ${one.label}`} onClick=${() => sortBy(one.key)}>
                  ${one.label}<span class="way" aria-hidden="true">${order.key === one.key ? (order.down ? "▾" : "▴") : ""}</span>
                </button>
              </th>
            `)}
          </tr>
        </thead>
        <tbody>
          ${visible.map((pair) => html`<${Pair} key=${rowKey(pair.then ?? pair.now)} pair=${pair} columns=${columns} both=${!!other} tone=${tone} />`)}
        </tbody>
      </table>
    </div>
    ${!visible.length && html`<${Empty} title=${other ? "Nothing differs here." : empty} />`}
    ${pages > 1 && html`
      <nav class="pager" aria-label="Pages of ${caption}">
        <button type="button" disabled=${here === 0} onClick=${() => setPage(here - 1)}>Previous</button>
        <span>${shown(here * size + 1)}–${shown(Math.min(listed.length, (here + 1) * size))} of ${shown(listed.length)}</span>
        <button type="button" disabled=${here === pages - 1} onClick=${() => setPage(here + 1)}>Next</button>
      </nav>
    `}
    ${pager && html`<${Cursors} pager=${pager} label=${caption} />`}
  `;
}

/** @param {{pager: any, label: string}} props */
const Cursors = ({ pager, label }) =>
  (pager.older || pager.newer) && html`
    <nav class="pager" aria-label="Pages of ${label}">
      <button type="button" disabled=${!pager.newest} onClick=${pager.newest}>Newest</button>
      <button type="button" disabled=${!pager.newer} onClick=${pager.newer}>Newer</button>
      <span>Page ${pager.page}</span>
      <button type="button" disabled=${!pager.older} onClick=${pager.older}>Older</button>
    </nav>
  `;

/** One row, or both sides of one. @param {{pair: any, columns: Column[], both: boolean, tone?: (row: Row) => string}} props */
function Pair({ pair, columns, both, tone }) {
  const { then, now, changes } = pair;
  const row = then ?? now;
  const side = !both ? "" : !now ? "only then" : !then ? "only now" : changes.length ? "differs" : "same";
  return html`
    <tr class="${tone?.(row) ?? ""} ${side.replace(" ", "-")}">
      ${both && html`<td><${Badge} tone=${side === "same" ? "plain" : side === "differs" ? "warn" : "bad"}>${side}<//></td>`}
      ${columns.map((column, place) => {
        const right = RIGHT.has(column.kind ?? "") ? "right" : "";
        const twice = changes.includes(column.key);
        const content = twice
          ? html`<${Both} column=${column} then=${then} now=${now} />`
          : html`<${Cell} column=${column} row=${row} />`;
        return place === 0
          ? html`<th key=${column.key} scope="row" class=${right}>${content}</th>`
          : html`<td key=${column.key} class="${right} ${twice ? "changed" : ""}">${content}</td>`;
      })}
    </tr>
  `;
}

/** @param {{column: Column, then: Row, now: Row}} props */
function Both({ column, then, now }) {
  const [before, after] = [valueOf(column, then), valueOf(column, now)];
  const counts = column.kind === "num" && isDecimal(String(before)) && isDecimal(String(after));
  return html`
    <span class="then"><span class="unseen">then </span><${Cell} column=${column} row=${then} /></span>
    <span class="now"><span class="unseen">now </span><${Cell} column=${column} row=${now} /></span>
    ${counts && html`<span class="change"><span class="unseen">change </span><${Num} value=${minus(String(after), String(before))} places=${column.places} signed /></span>`}
  `;
}
