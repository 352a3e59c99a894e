/** Preact's own hooks, and the few that it has no words for. */

import { useEffect, useMemo, useState } from "../vendor/preact-htm.js";

export * from "../vendor/preact-htm.js";

let ids = 0;

/** @returns {string} an id for one component, to name labels by */
export const useId = () =>
  useMemo(() => {
    ids += 1;
    return `part-${ids}`;
  }, []);

/** @template Value @param {import("../api.js").Watched<Value>} watched @returns {Value} */
export function useWatched(watched) {
  const [value, set] = useState(watched.value);
  useEffect(() => {
    set(watched.value);
    return watched.watch(set);
  }, [watched]);
  return value;
}

/** @template Value @param {Value} value @param {number} ms @returns {Value} `value` once it has stayed for `ms` */
export function useSettled(value, ms) {
  const [settled, set] = useState(value);
  useEffect(() => {
    const later = setTimeout(() => set(value), ms);
    return () => clearTimeout(later);
  }, [value, ms]);
  return settled;
}
