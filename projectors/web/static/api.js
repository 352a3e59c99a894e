/**
 * The way to the API: reads with the two times and the token, and the live channel.
 *
 * `ask(path, params)` answers or throws `Unanswered`. `link` is the WebSocket's state for everybody to watch:
 * whether it is up, the newest block, and `rollback_seq`, whose change means that what is shown may be void.
 * The token lives in sessionStorage, and goes with the tab.
 */

const TOKEN = "ledger.token";
const RETRY_MS = 500;
const RETRY_MAX_MS = 15_000;
const PING_MS = 20_000;
const ANSWER_MS = 15_000;

/** @typedef {{block: number, seq: number, recorded_at: number, head: number, stale: boolean, void: boolean,
 *   reason: string, rollback_seq: number}} News */
/** @typedef {{up: boolean, tried: number, since: number, news: News | null, state: Record<string, any> | null}} Link */

/** Why there is no answer: `status` 0 when the service was not reached. */
export class Unanswered extends Error {
  /** @param {number} status @param {string} code @param {string} message @param {number} afterMs */
  constructor(status, code, message, afterMs = 0) {
    super(message);
    this.status = status;
    this.code = code;
    this.afterMs = afterMs;
  }

  /** Whether the same request may be answered later. */
  get transient() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** A value that tells whoever watches when it is replaced. @template Value */
export class Watched {
  /** @param {Value} value */
  constructor(value) {
    this.value = value;
    /** @type {Set<(value: Value) => void>} */
    this.told = new Set();
  }

  /** @param {Value} value */
  set(value) {
    this.value = value;
    for (const tell of [...this.told]) tell(value);
  }

  /** @param {(value: Value) => void} tell @returns {() => void} to stop */
  watch(tell) {
    this.told.add(tell);
    return () => void this.told.delete(tell);
  }
}

/** @type {Watched<string>} */
export const token = new Watched(sessionStorage.getItem(TOKEN) ?? "");

/** @param {string} value empty to forget it */
export function setToken(value) {
  if (value) sessionStorage.setItem(TOKEN, value);
  else sessionStorage.removeItem(TOKEN);
  token.set(value);
  reconnect();
}

/** @type {Watched<Link>} */
export const link = new Watched({ up: false, tried: 0, since: Date.now(), news: null, state: null });

/**
 * @param {string} path below `/v1`
 * @param {Record<string, string | number | undefined>} [params] empty ones are left out
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function ask(path, params = {}, signal) {
  const given = Object.entries(params).filter(([, value]) => value !== undefined && value !== "");
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  const limit = AbortSignal.timeout(ANSWER_MS);
  const either = signal ? AbortSignal.any([signal, limit]) : limit;
  let response;
  try {
    response = await fetch(`/v1${path}${query.size ? `?${query}` : ""}`, {
      headers: token.value ? { Authorization: `Bearer ${token.value}` } : {},
      signal: either,
      cache: "no-store",
    });
  } catch (fault) {
    if (signal?.aborted) throw fault;
    throw new Unanswered(0, "UNREACHABLE", "The ledger's API does not answer.");
  }
  const body = await response.json().catch(() => null);
  if (response.ok && body !== null) return body;
  throw new Unanswered(
    response.status,
    body?.error ?? "UNREADABLE",
    body?.message ?? `The API answered ${response.status}.`,
    Number(response.headers.get("Retry-After") ?? 0) * 1000,
  );
}

/** @type {WebSocket | null} */
let socket = null;
let numbered = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let later;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let silent;

/** Open the live channel and keep it open. */
export function connect() {
  clearTimeout(later);
  const opened = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/v1/ws`);
  socket = opened;
  opened.onopen = () => {
    if (socket !== opened) return;
    if (token.value) say("auth", { bearer: token.value });
    say("subscribe", { channel: "blocks" });
    say("subscribe", { channel: "system_state" });
    hush();
  };
  opened.onmessage = (message) => {
    if (socket === opened) hear(JSON.parse(message.data));
  };
  opened.onclose = () => {
    if (socket === opened) lost();
  };
}

/** Connect again at once: for another token, or when a person asks for it. */
export function reconnect() {
  const before = socket;
  socket = null;
  before?.close();
  connect();
}

/** @param {string} method @param {object} params */
function say(method, params) {
  numbered += 1;
  socket?.send(JSON.stringify({ jsonrpc: "2.0", id: numbered, method, params }));
}

/** @param {{method?: string, params?: {channel: string, data: any}}} message */
function hear({ method, params }) {
  hush();
  if (method !== "subscription" || !params) return;
  const known = { ...link.value, up: true, tried: 0 };
  if (params.channel === "blocks") link.set({ ...known, news: params.data, since: Date.now() });
  if (params.channel === "system_state") link.set({ ...known, state: params.data });
}

function lost() {
  clearTimeout(silent);
  const tried = link.value.tried + 1;
  link.set({ ...link.value, up: false, tried, since: link.value.up ? Date.now() : link.value.since });
  const wait = Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** Math.min(tried - 1, 10));
  later = setTimeout(connect, wait * (0.75 + Math.random() / 2));
}

/** A connection that is dead without having been closed is found by asking when it has been silent for long. */
function hush() {
  clearTimeout(silent);
  silent = setTimeout(() => {
    say("subscribe", { channel: "blocks" });
    silent = setTimeout(() => socket?.close(), PING_MS);
  }, PING_MS);
}
