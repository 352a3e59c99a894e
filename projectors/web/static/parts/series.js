/** Series of the API as charts take them. */

/** How far back a chart goes, by the width of its points. @type {[string, string][]} */
export const SPANS = [
  ["5m", "24 hours"],
  ["1h", "14 days"],
  ["8h", "3 months"],
  ["1d", "All"],
];

const POINTS = /** @type {Record<string, number>} */ ({ "5m": 288, "1h": 336, "8h": 270, "1d": 2000 });

/** @param {string} resolution @returns {{resolution: string, limit: number}} as the API takes them */
export const span = (resolution) => (POINTS[resolution] ? { resolution, limit: POINTS[resolution] } : { resolution: "1h", limit: POINTS["1h"] });

/**
 * Both sides of the then-and-now switch over time.
 * @param {string} label
 * @param {import("./reading.js").Read} shown a read of `{timestamps, data}`
 * @param {import("./reading.js").Read | null} other
 * @param {object} [how] more of the series, such as its `kind`
 * @returns {import("./chart.js").Series[]}
 */
export function bothSides(label, shown, other, how = {}) {
  const sides = [];
  if (shown.data) sides.push({ label: other ? `${label}, then` : label, times: shown.data.timestamps, values: shown.data.data, ...how });
  if (other?.data) sides.push({ label: `${label}, now`, times: other.data.timestamps, values: other.data.data, tone: "series-3", dashed: true, ...how });
  return sides;
}
