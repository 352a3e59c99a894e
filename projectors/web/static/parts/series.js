/** Series of the API as charts take them. */

/** Widths of a point, as `resolution` takes them. @type {[string, string][]} */
export const WIDTHS = [
  ["5m", "5 minutes"],
  ["1h", "1 hour"],
  ["8h", "8 hours"],
  ["1d", "1 day"],
];

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
