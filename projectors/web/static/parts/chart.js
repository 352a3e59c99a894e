/**
 * Quantities over time, on uPlot: lines or steps, bands, and marks of what happened.
 *
 * `series` are `{label, times, values, kind: "line" | "step" | "points", tone, dashed}` with times in ms and values
 * as decimal strings: they become floats here and nowhere else. `bands` are `{label, times, low, high}`; `marks` are
 * `{time, label, tone}`. Drag to zoom, double-click to see all again, click to take the time bar there.
 * The same figures are in a table below, for those who do not see the chart and for copying.
 */

import { plotted, shown } from "../numbers.js";
import { clock, exactly } from "../times.js";
import uPlot from "../vendor/uplot.js";
import { html, useEffect, useId, useMemo, useRef, useState, useWatched } from "./hooks.js";
import { theme } from "./theme.js";

/** @typedef {{label: string, times: number[], values: string[], kind?: "line" | "step" | "points", tone?: string, dashed?: boolean}} Series */
/** @typedef {{label: string, times: number[], low: string[], high: string[]}} Band */
/** @typedef {{time: number, label: string, tone?: string}} Mark */

const TABLE_MAX = 500;
const NARROW = 560;

/** @param {string} name @returns {string} a colour of the style sheet */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** @param {Series[]} series @param {Band[]} bands @returns {any} one x for all, as uPlot wants it */
function aligned(series, bands) {
  const tables = [
    ...series.map((one) => [one.times.map((ms) => ms / 1000), one.values.map(plotted)]),
    ...bands.flatMap((one) => [
      [one.times.map((ms) => ms / 1000), one.low.map(plotted)],
      [one.times.map((ms) => ms / 1000), one.high.map(plotted)],
    ]),
  ];
  return tables.length ? uPlot.join(/** @type {any} */ (tables)) : [[]];
}

/** Vertical lines of what happened. @param {() => Mark[]} marks */
function markLines(marks) {
  return (/** @type {any} */ plot) => {
    const { ctx, bbox } = plot;
    ctx.save();
    for (const mark of marks()) {
      const x = Math.round(plot.valToPos(mark.time / 1000, "x", true)) + 0.5;
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.strokeStyle = colour(mark.tone ?? "warn");
      ctx.lineWidth = devicePixelRatio;
      ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.setLineDash([]);
      ctx.fillStyle = ctx.strokeStyle;
      ctx.beginPath();
      ctx.moveTo(x - 4 * devicePixelRatio, bbox.top);
      ctx.lineTo(x + 4 * devicePixelRatio, bbox.top);
      ctx.lineTo(x, bbox.top + 6 * devicePixelRatio);
      ctx.fill();
    }
    ctx.restore();
  };
}

/** @param {number} value @returns {string} for an axis: as short as it can be told apart */
function tick(value) {
  const size = Math.abs(value);
  const unit = size >= 1e9 ? [1e9, "B"] : size >= 1e6 ? [1e6, "M"] : size >= 1e4 ? [1e3, "k"] : [1, ""];
  return `${String(Number((value / Number(unit[0])).toPrecision(8))).replace("-", "\u2212")}${unit[1]}`;
}

const DAY = 86_400;

/** Times of an axis: hours within days, days within years; where the day or year changes, that below.
 * @param {any} _plot @param {number[]} at in seconds @param {number} _axis @param {number} _space @param {number} step */
function timeTicks(_plot, at, _axis, _space, step) {
  let before = "";
  return at.map((seconds) => {
    const text = clock(seconds * 1000);
    const above = step >= DAY ? text.slice(0, 4) : text.slice(0, 10);
    const own = step >= DAY ? text.slice(5, 10) : text.slice(11, step >= 60 ? 16 : 19);
    const shownAbove = above === before ? "" : `\n${above}`;
    before = above;
    return own + shownAbove;
  });
}

/** @param {Series[]} series @param {Band[]} bands @param {number} width @param {number} height @param {() => Mark[]} marks @param {(ms: number) => void} [onMoment] */
function options(series, bands, width, height, marks, onMoment) {
  const axis = {
    stroke: colour("soft"),
    grid: { stroke: colour("line"), width: 1 },
    ticks: { stroke: colour("line"), width: 1 },
    font: "11px system-ui, sans-serif",
  };
  const curves = series.map((one, place) => {
    const stroke = colour(one.tone ?? `series-${place + 1}`);
    return {
      label: one.label,
      stroke,
      width: one.kind === "points" ? 0 : 1.5,
      dash: one.dashed ? [5, 4] : undefined,
      paths: one.kind === "step" ? uPlot.paths.stepped?.({ align: 1 }) : one.kind === "points" ? () => null : undefined,
      points: { show: one.kind === "points", size: 6, fill: stroke },
      spanGaps: true,
      value: (/** @type {any} */ _plot, /** @type {number | null} */ value) => (value === null ? "–" : shown(String(Number(value.toPrecision(12))))),
    };
  });
  const edges = bands.flatMap((one) =>
    ["low", "high"].map((edge) => ({
      label: `${one.label}, ${edge}`,
      stroke: colour("band-line"),
      width: 1,
      spanGaps: true,
      points: { show: false },
      value: (/** @type {any} */ _plot, /** @type {number | null} */ value) => (value === null ? "–" : shown(String(Number(value.toPrecision(12))))),
    })),
  );
  let moved = 0;
  return {
    width,
    height,
    tzDate: (/** @type {number} */ seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    series: [{ label: "UTC", value: (/** @type {any} */ _plot, /** @type {number | null} */ at) => (at === null ? "–" : clock(at * 1000)) }, ...curves, ...edges],
    bands: bands.map((_, place) => ({
      series: [series.length + 2 + place * 2, series.length + 1 + place * 2],
      fill: colour("band"),
    })),
    axes: [{ ...axis, values: timeTicks }, { ...axis, size: 64, values: (/** @type {any} */ _plot, /** @type {number[]} */ values) => values.map(tick) }],
    cursor: { drag: { x: true, y: false }, points: { size: 6 } },
    legend: { live: true },
    hooks: {
      drawAxes: [markLines(marks)],
      ready: [
        (/** @type {any} */ plot) => {
          plot.over.addEventListener("mousedown", (/** @type {MouseEvent} */ event) => (moved = event.clientX));
          plot.over.addEventListener("click", (/** @type {MouseEvent} */ event) => {
            if (Math.abs(event.clientX - moved) < 3) onMoment?.(Math.round(plot.posToVal(plot.cursor.left, "x") * 1000));
          });
        },
      ],
    },
  };
}

/**
 * @param {{label: string, series: Series[], bands?: Band[], marks?: Mark[], height?: number, unit?: string,
 *   onMoment?: (ms: number) => void}} props
 */
export function Chart({ label, series, bands = [], marks = [], height = 260, unit = "", onMoment }) {
  const frame = useRef(/** @type {HTMLDivElement | null} */ (null));
  const plot = useRef(/** @type {any} */ (null));
  const marked = useRef(marks);
  const moment = useRef(onMoment);
  const [width, setWidth] = useState(0);
  const colours = useWatched(theme);
  const id = useId();
  marked.current = marks;
  moment.current = onMoment;
  const shape = JSON.stringify([series.map((one) => [one.label, one.kind, one.tone, one.dashed]), bands.map((one) => one.label)]);
  const data = useMemo(() => aligned(series, bands), [series, bands]);

  useEffect(() => {
    const watching = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    if (frame.current) watching.observe(frame.current);
    return () => watching.disconnect();
  }, []);
  useEffect(() => {
    if (!width || !frame.current) return undefined;
    const tall = width < NARROW ? Math.round(height * 0.8) : height;
    const made = new uPlot(/** @type {any} */ (options(series, bands, width, tall, () => marked.current, (ms) => moment.current?.(ms))), data, frame.current);
    plot.current = made;
    return () => {
      plot.current = null;
      made.destroy();
    };
  }, [shape, width, height, colours]);
  useEffect(() => {
    const now = plot.current;
    if (!now || now.data === data) return;
    const zoomed = now.scales.x.min > now.data[0][0] || now.scales.x.max < now.data[0].at(-1);
    now.setData(data, !zoomed);
    if (zoomed) now.redraw();
  }, [data]);
  useEffect(() => plot.current?.redraw(false), [marks]);

  return html`
    <figure class="chart" aria-labelledby=${id}>
      <figcaption id=${id}>${label}${unit && html` <span class="unit">${unit}</span>`}</figcaption>
      <div ref=${frame} class="plot" role="img" aria-label="${label}. ${summary(series)}"></div>
      ${marks.length > 0 && html`
        <p class="legend-marks">${[...new Set(marks.map((mark) => mark.tone ?? "warn"))].map((tone) => html`
          <span key=${tone} class="mark-key ${tone}">${[...new Set(marks.filter((mark) => (mark.tone ?? "warn") === tone).map((mark) => mark.label))].slice(0, 3).join(", ")}</span>
        `)}</p>
      `}
      <${Values} label=${label} series=${series} />
    </figure>
  `;
}

/** @param {Series[]} series @returns {string} for those who do not see it */
function summary(series) {
  return series
    .filter((one) => one.values.length)
    .map((one) => `${one.label}: from ${shown(one.values[0])} to ${shown(one.values[one.values.length - 1])}, ${one.values.length} points`)
    .join("; ");
}

/** @param {{label: string, series: Series[]}} props */
function Values({ label, series }) {
  const [open, setOpen] = useState(false);
  return html`
    <details class="values" onToggle=${(/** @type {any} */ event) => setOpen(event.currentTarget.open)}>
      <summary>Values</summary>
      ${open && series.map((one) => html`
        <div class="scroll" role="group" tabindex="0" aria-label="${one.label}, values" key=${one.label}>
          <table>
            <caption>${one.label}, newest first${one.times.length > TABLE_MAX ? `, ${TABLE_MAX} of ${shown(one.times.length)}` : ""}</caption>
            <thead><tr><th scope="col">Time</th><th scope="col" class="right">${label}</th></tr></thead>
            <tbody>
              ${one.times.slice(-TABLE_MAX).map((time, place) => html`
                <tr key=${place}><th scope="row" class="num">${exactly(time)}</th><td class="right num">${shown(one.values.slice(-TABLE_MAX)[place])}</td></tr>
              `).reverse()}
            </tbody>
          </table>
        </div>
      `)}
    </details>
  `;
}
