/**
 * Reads of the API for components: shared, kept, and fresh.
 *
 * `useRead(path, params)` reads at the moment of the time bar; `{asOf, knownAt}` as third argument reads at
 * another one, `HERE_AND_NOW` always live. Give `null` as path to read nothing. `usePair` reads both sides of
 * the then-and-now switch; `usePages` goes through a list by its cursors.
 *
 * 1. One request per resource and moment, whoever asks; what was read of a past moment is kept.
 * 2. What is live is read again at every new block, and everything whose knowledge is that of the head after a
 *    rollback: a page heals by itself.
 * 3. A fault leaves the last data where they were. It is tried again, later each time, until it works.
 * 4. While another moment is read, the data of the one before stay, `pending`; never those of another account.
 */

import { address, useAddress } from "../state.js";
import { ask, link, token, Unanswered } from "../api.js";
import { html, useEffect, useMemo, useRef, useState } from "../vendor/preact-htm.js";
import { exactly } from "../times.js";

const AGAIN_MS = 200;
const RETRY_MS = 500;
const RETRY_MAX_MS = 15_000;
const KEPT_MAX = 200;

/** @typedef {{asOf: string, knownAt: string}} Moment */
/** @typedef {{data: any, error: Unanswered | null, pending: boolean, retry: () => void}} Read */
/** @typedef {Record<string, string | number | undefined>} Params */

export const HERE_AND_NOW = Object.freeze({ asOf: "", knownAt: "" });
const NOTHING = Object.freeze({ data: null, error: null, pending: false, retry: () => undefined });

/** One resource at one moment, for everybody who shows it. */
class Entry {
  /** @param {string} path @param {Params} params @param {Moment} moment @param {boolean} fresh */
  constructor(path, params, moment, fresh) {
    this.path = path;
    this.fresh = fresh;
    this.params = params;
    this.moment = moment;
    this.data = null;
    /** @type {Unanswered | null} */
    this.error = null;
    /** @type {Set<() => void>} */
    this.told = new Set();
    /** @type {AbortController | null} */
    this.running = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.later = undefined;
    this.outdated = false;
    this.tried = 0;
    this.begun = 0;
  }

  get live() {
    return this.fresh && this.moment.asOf === "";
  }

  /** Read now, or as soon as the read that is under way has ended. */
  refresh() {
    if (this.running || !this.told.size) {
      this.outdated = true;
      return;
    }
    clearTimeout(this.later);
    const wait = this.begun + AGAIN_MS - performance.now();
    if (wait > 0) this.later = setTimeout(() => this.load(), wait);
    else this.load();
  }

  async load() {
    clearTimeout(this.later);
    this.running?.abort();
    const running = new AbortController();
    this.running = running;
    this.outdated = false;
    this.begun = performance.now();
    try {
      const { asOf, knownAt } = this.moment;
      const data = await ask(this.path, { ...this.params, as_of: asOf, known_at: knownAt }, running.signal);
      if (this.running !== running) return;
      this.data = data;
      this.error = null;
      this.tried = 0;
    } catch (fault) {
      if (this.running !== running) return;
      if (!(fault instanceof Unanswered)) throw fault;
      this.failed(fault);
    }
    this.running = null;
    for (const tell of [...this.told]) tell();
    if (this.outdated) this.refresh();
  }

  /** @param {Unanswered} fault */
  failed(fault) {
    this.error = fault;
    if (!fault.transient) {
      this.data = null;
      return;
    }
    this.tried += 1;
    const wait = Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** Math.min(this.tried - 1, 10));
    this.later = setTimeout(() => this.told.size && this.load(), Math.max(wait, fault.afterMs));
  }

  /** @param {() => void} tell @returns {() => void} to leave */
  join(tell) {
    this.told.add(tell);
    if ((this.data === null && this.error === null) || this.outdated || this.error?.transient) {
      if (!this.running) this.load();
    }
    return () => {
      this.told.delete(tell);
      if (this.told.size) return;
      clearTimeout(this.later);
      if (this.live) this.outdated = true;
      if (this.running && this.data === null) {
        this.running.abort();
        this.running = null;
      }
    };
  }
}

/** @type {Map<string, Entry>} */
const entries = new Map();

/** @param {string} path @param {Params} params @param {Moment} moment @param {boolean} fresh @returns {Entry} */
function entryOf(path, params, moment, fresh) {
  const key = JSON.stringify([path, params, moment.asOf, moment.knownAt, fresh]);
  const entry = entries.get(key) ?? new Entry(path, params, moment, fresh);
  entries.delete(key);
  entries.set(key, entry);
  for (const [old, one] of entries) {
    if (entries.size <= KEPT_MAX) break;
    if (!one.told.size) entries.delete(old);
  }
  return entry;
}

let seen = link.value;
link.watch((now) => {
  const before = seen;
  seen = now;
  const undone = before.news !== null && now.news?.rollback_seq !== before.news.rollback_seq;
  const back = now.up && !before.up;
  const moved = now.news !== before.news || now.state !== before.state;
  for (const entry of entries.values()) {
    const known = entry.moment.knownAt === "head";
    if ((entry.live && (moved || back)) || (known && undone) || (back && entry.error)) entry.refresh();
  }
});

token.watch(() => {
  for (const [key, entry] of [...entries]) {
    entry.data = null;
    entry.error = null;
    entry.outdated = true;
    if (entry.told.size) entry.load();
    else entries.delete(key);
  }
});

/**
 * @param {string | null} path
 * @param {Params} [params]
 * @param {Moment} [moment] that of the time bar when left out
 * @param {{fresh?: boolean}} [how] `fresh: false` for what new blocks do not change
 * @returns {Read}
 */
export function useRead(path, params = {}, moment, { fresh = true } = {}) {
  const { asOf, knownAt } = useAddress();
  const when = moment ?? { asOf, knownAt };
  const identity = JSON.stringify([path, params]);
  const wanted = path === null ? "" : JSON.stringify([path, params, when.asOf, when.knownAt]);
  const [, again] = useState(0);
  const kept = useRef({ identity: "", data: null });
  const entry = useMemo(() => (path === null ? null : entryOf(path, params, when, fresh)), [wanted]);
  useEffect(() => entry?.join(() => again((count) => count + 1)), [entry]);
  if (entry === null) return NOTHING;
  if (entry.data !== null) kept.current = { identity, data: entry.data };
  const held = kept.current.identity === identity && !entry.error ? kept.current.data : null;
  const data = entry.data ?? (entry.error && !entry.error.transient ? null : (held ?? null));
  return { data, error: entry.error, pending: entry.data === null && !entry.error, retry: () => entry.load() };
}

/**
 * Both sides of the then-and-now switch: what was asked, and what stands beside it (`null` while it is off).
 * @param {string | null} path
 * @param {Params} [params]
 * @returns {{shown: Read, other: Read | null}}
 */
export function usePair(path, params = {}) {
  const { asOf, knownAt, compare } = useAddress();
  const then = compare && knownAt === "head" ? { asOf, knownAt: "" } : { asOf, knownAt };
  const now = compare === "live" ? HERE_AND_NOW : { asOf, knownAt: "head" };
  const shown = useRead(path, params, then);
  const other = useRead(compare ? path : null, params, now);
  return { shown, other: compare ? other : null };
}

/**
 * A list by its cursors, newest page first.
 * @param {string | null} path
 * @param {Params} [params]
 * @param {number} [size] results of a page
 */
export function usePages(path, params = {}, size = 50) {
  const { asOf, knownAt, compare } = useAddress();
  const list = JSON.stringify([path, params, asOf, knownAt, compare]);
  const [at, setAt] = useState({ list, cursors: /** @type {string[]} */ ([]) });
  const cursors = at.list === list ? at.cursors : [];
  const cursor = cursors.at(-1);
  const pair = usePair(path, { ...params, page_size: size, cursor });
  const next = pair.shown.data?.next ?? null;
  return {
    ...pair,
    pager: {
      page: cursors.length + 1,
      older: next === null ? null : () => setAt({ list, cursors: [...cursors, next] }),
      newer: cursors.length ? () => setAt({ list, cursors: cursors.slice(0, -1) }) : null,
      newest: cursors.length ? () => setAt({ list, cursors: [] }) : null,
    },
  };
}

/** Reads that are asked for outside of a component, at the moment of the time bar. */
export const askHere = (/** @type {string} */ path, /** @type {Params} */ params = {}) =>
  ask(path, { ...params, as_of: address().asOf, known_at: address().knownAt });

/** @param {{lines?: number}} props */
export const Skeleton = ({ lines = 4 }) => html`
  <div class="skeleton" role="status" aria-label="Loading">
    ${Array.from({ length: lines }, (_, line) => html`<span class="bone" key=${line}></span>`)}
  </div>
`;

/** Something that cannot be shown, and what to do about it. @param {{error: Unanswered, retry: () => void}} props */
export function Fault({ error, retry }) {
  const locked = error.status === 401 || error.status === 403;
  return html`
    <div class="notice ${locked ? "" : "bad"}" role=${locked ? "status" : "alert"}>
      <p><strong>${locked ? "This needs a token" : error.transient ? "No answer yet" : "Not there"}.</strong> ${error.message}</p>
      ${error.transient && html`<button type="button" onClick=${retry}>Try now</button>`}
    </div>
  `;
}

/**
 * Shows a read in whatever state it is: bones at first, then data, and over them what is wrong with them.
 * @param {{of: Read, lines?: number, idle?: any, children: (data: any) => any}} props `idle` where nothing is read
 */
export function Reading({ of, lines, idle = null, children }) {
  if (of === NOTHING) return idle;
  if (of.data === null) return of.error ? html`<${Fault} error=${of.error} retry=${of.retry} />` : html`<${Skeleton} lines=${lines} />`;
  const at = of.data.at;
  return html`
    <div class=${of.pending ? "pending" : ""} aria-busy=${of.pending}>
      ${of.error && html`
        <p class="stale-note" role="status">
          Not up to date: ${of.error.message} ${at && `Last answer of ${exactly(at.recorded_at)}.`}
        </p>
      `}
      ${children(of.data)}
    </div>
  `;
}
