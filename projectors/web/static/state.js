/**
 * What the page shows, kept in the URL's hash, so that every view of the past can be linked and Back works:
 * `#/portfolio?account=alice&as_of=block:9&known_at=head&compare=known&market=BTC-USD-PERP`.
 *
 * `useAddress()` gives the state and `go(changes)`; parameters of a page's own are in `own` and set by `own`.
 */

import { useEffect, useState } from "./vendor/preact-htm.js";

/**
 * @typedef {object} Address
 * @property {string} page
 * @property {string} asOf moment asked about; empty for live
 * @property {string} knownAt knowledge used; empty for that of the moment
 * @property {"" | "known" | "live"} compare what stands beside: the same moment as known now, or live
 * @property {string} account
 * @property {Record<string, string>} own
 */

const HOME = "portfolio";
const COMPARES = ["known", "live"];

/** @param {string} hash @returns {Address} */
export function read(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const { as_of: asOf = "", known_at: knownAt = "", compare = "", account = "", ...own } = Object.fromEntries(
    new URLSearchParams(query),
  );
  return {
    page: path || HOME,
    asOf,
    knownAt,
    compare: /** @type {Address["compare"]} */ (COMPARES.includes(compare) ? compare : ""),
    account,
    own,
  };
}

/** @param {Address} address @returns {string} */
export function write(address) {
  const { page, asOf, knownAt, compare, account, own } = address;
  const all = { account, as_of: asOf, known_at: knownAt, compare, ...own };
  const query = new URLSearchParams(Object.entries(all).filter(([, value]) => value !== ""));
  return `#/${page}${query.size ? `?${query}` : ""}`.replaceAll("%3A", ":");
}

/**
 * The state after some changes. Going to another page leaves what belongs to the one before.
 * @param {Address} address
 * @param {Partial<Address>} changes
 * @returns {Address}
 */
export function changed(address, changes) {
  const elsewhere = changes.page !== undefined && changes.page !== address.page;
  const own = { ...(elsewhere ? {} : address.own), ...changes.own };
  const next = { ...address, ...changes, own };
  return next.asOf === "" ? { ...next, knownAt: "", compare: "" } : next;
}

/** @type {Set<(address: Address) => void>} */
const told = new Set();
let current = read(location.hash);

window.addEventListener("hashchange", () => {
  current = read(location.hash);
  for (const tell of told) tell(current);
});

/** @returns {Address} */
export const address = () => current;

/**
 * @param {Partial<Address>} changes
 * @param {{replace?: boolean}} [how] `replace` leaves no step for Back: for what changes while it is dragged
 */
export function go(changes, { replace = false } = {}) {
  const hash = write(changed(current, changes));
  if (hash === location.hash) return;
  if (replace) history.replaceState(null, "", hash);
  else history.pushState(null, "", hash);
  current = read(hash);
  for (const tell of told) tell(current);
}

/** @param {Partial<Address>} changes @returns {string} where a link goes */
export const linked = (changes) => write(changed(current, changes));

/** @returns {Address} */
export function useAddress() {
  const [now, set] = useState(current);
  useEffect(() => {
    told.add(set);
    set(current);
    return () => void told.delete(set);
  }, []);
  return now;
}
