/** Times in UTC: Unix milliseconds as text, and what a person types as a moment of the ledger. */

const TYPED_TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?))?\s*(?:Z|UTC)?$/i;

/** @param {number} ms @returns {string} `2026-01-19 05:01:34`; a dash for never */
export const clock = (ms) => (ms ? new Date(ms).toISOString().slice(0, 19).replace("T", " ") : "\u2013");

/** @param {number} ms @returns {string} with milliseconds and the zone */
export const exactly = (ms) => (ms ? `${new Date(ms).toISOString().slice(0, 23).replace("T", " ")} UTC` : "never");

/** @param {number} ms @returns {string} `05:01:34` */
export const hours = (ms) => clock(ms).slice(11);

/**
 * @param {string} typed a seq (`48,213` or `seq 48213`), a block (`block 1604710`), a time in UTC, or `live`
 * @returns {string | null} as the API takes it, empty for live; `null` for what names no moment
 */
export function moment(typed) {
  const given = typed.trim();
  if (/^(live|head|now|)$/i.test(given)) return "";
  const seq = /^(?:seq\s*)?([\d,_ ]+)$/i.exec(given);
  if (seq) return seq[1].replace(/[,_ ]/g, "").replace(/^0+(?=\d)/, "");
  const block = /^(?:block|b)[\s:#]*([\d,_]+)$/i.exec(given);
  if (block) return `block:${block[1].replace(/[,_]/g, "")}`;
  const time = TYPED_TIME.exec(given);
  return time ? `${time[1]}T${time[2] ?? "00:00"}Z` : null;
}

/** @param {string} asOf as the API takes it @returns {string} as a person says it */
export function named(asOf) {
  if (!asOf || asOf === "head") return "live";
  if (asOf.startsWith("block:")) return `block ${asOf.slice(6)}`;
  return /^\d+$/.test(asOf) ? `seq ${asOf}` : asOf.replace("T", " ").replace("Z", " UTC");
}
