/**
 * Decimal strings, exactly. The API sends every number as text; here they are compared, subtracted and grouped
 * as integers of some scale (`{units: BigInt, scale}`), and turned into floats only by `plotted`, for charts.
 */

/** @typedef {{units: bigint, scale: number}} Exact */

export const MINUS = "\u2212";
const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/;

/**
 * @param {string} text
 * @returns {Exact | null} `null` for a text that is no decimal, the empty one included.
 */
export function parse(text) {
  const found = DECIMAL.exec(text);
  if (!found) return null;
  const fraction = found[3] ?? "";
  const units = BigInt(found[2] + fraction);
  return { units: found[1] === "-" ? -units : units, scale: fraction.length };
}

/** @param {unknown} text */
export const isDecimal = (text) => typeof text === "string" && DECIMAL.test(text);

/** @param {Exact} one @param {number} scale at least that of `one` */
const unitsAt = (one, scale) => one.units * 10n ** BigInt(scale - one.scale);

/** @param {Exact} one @returns {string} without trailing zeros */
function text(one) {
  const digits = String(one.units < 0n ? -one.units : one.units).padStart(one.scale + 1, "0");
  const whole = digits.slice(0, digits.length - one.scale);
  const fraction = digits.slice(digits.length - one.scale).replace(/0+$/, "");
  return (one.units < 0n ? "-" : "") + whole + (fraction && `.${fraction}`);
}

/**
 * @param {string} left
 * @param {string} right
 * @returns {string} `left - right`; empty where one of them is no decimal.
 */
export function minus(left, right) {
  const one = parse(left);
  const other = parse(right);
  if (!one || !other) return "";
  const scale = Math.max(one.scale, other.scale);
  return text({ units: unitsAt(one, scale) - unitsAt(other, scale), scale });
}

/** @param {string} left @param {string} right @returns {string} the sum; empty where one is no decimal */
export const plus = (left, right) => minus(left, negated(right));

/** @param {string} value @returns {string} */
export const negated = (value) => (value.startsWith("-") ? value.slice(1) : `-${value}`);

/** @param {string} value @returns {-1 | 0 | 1} 0 also for what is no decimal */
export function sign(value) {
  const one = parse(value);
  if (!one || one.units === 0n) return 0;
  return one.units < 0n ? -1 : 1;
}

/**
 * Order of two cells: decimals by value, all else as text; what is empty comes first.
 * @param {unknown} left
 * @param {unknown} right
 * @returns {number}
 */
export function compare(left, right) {
  if (typeof left === "number" && typeof right === "number") return left - right;
  const one = parse(String(left ?? ""));
  const other = parse(String(right ?? ""));
  if (!one || !other) return one ? 1 : other ? -1 : String(left ?? "").localeCompare(String(right ?? ""));
  const scale = Math.max(one.scale, other.scale);
  const difference = unitsAt(one, scale) - unitsAt(other, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/**
 * @param {string} value
 * @param {number} places
 * @returns {string} with exactly so many places, rounded half away from zero; as given where it is no decimal
 */
export function rounded(value, places) {
  const one = parse(value);
  if (!one) return value;
  let units = one.units;
  if (one.scale > places) {
    const unit = 10n ** BigInt(one.scale - places);
    const half = units < 0n ? -unit / 2n : unit / 2n;
    units = (units + half) / unit;
  } else {
    units = unitsAt(one, places);
  }
  const digits = String(units < 0n ? -units : units).padStart(places + 1, "0");
  const cut = digits.length - places;
  return (units < 0n ? "-" : "") + digits.slice(0, cut) + (places ? `.${digits.slice(cut)}` : "");
}

/**
 * As it is shown: thousands apart, a real minus, and a plus where `signed`.
 * @param {string | number} value
 * @param {{places?: number, signed?: boolean}} [form]
 * @returns {string}
 */
export function shown(value, { places, signed = false } = {}) {
  const given = String(value);
  const rest = places === undefined ? given : rounded(given, places);
  const found = DECIMAL.exec(rest);
  if (!found) return given;
  const whole = found[2].replace(/\B(?=(\d{3})+$)/g, ",");
  const zero = sign(rest) === 0;
  const lead = found[1] === "-" && !zero ? MINUS : signed && !zero ? "+" : "";
  return lead + whole + (found[3] === undefined ? "" : `.${found[3]}`);
}

/** @param {string} value a ratio, such as `0.0123` @returns {string} a hundred times that; empty for what is no decimal */
export function percentage(value) {
  const one = parse(value);
  if (!one) return "";
  const scale = Math.max(one.scale, 2);
  return text({ units: unitsAt(one, scale), scale: scale - 2 });
}

/**
 * @param {string} value a ratio
 * @param {{places?: number, signed?: boolean}} [form]
 * @returns {string} in percent; empty for what is no decimal
 */
export const percent = (value, { places = 2, signed = false } = {}) =>
  parse(value) ? `${shown(percentage(value), { places, signed })}%` : "";

/**
 * @param {string} part
 * @param {string} whole
 * @param {number} [places]
 * @returns {string} `part / whole`, cut after so many places; empty where there is nothing to divide by
 */
export function quotient(part, whole, places = 6) {
  const one = parse(part);
  const other = parse(whole);
  if (!one || !other || other.units === 0n) return "";
  const scale = Math.max(one.scale, other.scale);
  const units = (unitsAt(one, scale) * 10n ** BigInt(places)) / unitsAt(other, scale);
  return text({ units, scale: places });
}

/** @param {string} value @returns {number | null} for a chart, where a pixel is coarser than a float */
export const plotted = (value) => (isDecimal(value) ? Number(value) : null);
