/**
 * The time bar: which moment the page shows, with which knowledge, and what it is compared with.
 *
 * The slider goes over seqs: arrow keys one event, Page keys a hundred, Shift and an arrow to just before the next
 * mark, End to live. A seq, block or time can be typed. Marks are rollbacks, guard trips and changes of the exchange's mode.
 * "Known" says whether the moment is shown as it was known then, as it is known now, or at a moment between.
 */

import { link } from "../api.js";
import { shown } from "../numbers.js";
import { go, useAddress } from "../state.js";
import { exactly, clock, moment, named } from "../times.js";
import { Badge } from "./badges.js";
import { html, useEffect, useId, useMemo, useRef, useSettled, useState, useWatched } from "./hooks.js";
import { HERE_AND_NOW, useRead } from "./reading.js";

const SETTLED_MS = 120;
const LEAP = 100;
const TONES = /** @type {Record<string, string>} */ ({ rollback: "bad", guard: "warn", status: "plain" });

/** @typedef {{kind: "rollback" | "guard" | "status", seq: number, created_at: number, title: string, market: string,
 *   void_from_seq: number, void_to_seq: number}} TimeMark */

/** What happened to the exchange as a whole, oldest first. @returns {TimeMark[]} */
export function useTimeMarks() {
  const { data } = useRead("/timeline", { page_size: 1000 }, HERE_AND_NOW);
  return useMemo(() => (data?.results ?? []).toReversed(), [data]);
}

/** The marks as a chart takes them. @param {TimeMark[]} marks @param {string[]} [kinds] */
export const chartMarks = (marks, kinds = ["rollback", "guard", "status"]) =>
  marks
    .filter((mark) => kinds.includes(mark.kind))
    .map((mark) => ({ time: mark.created_at, label: mark.kind === "status" ? "mode" : mark.kind, tone: TONES[mark.kind] === "plain" ? "soft" : TONES[mark.kind] }));

/** @param {TimeMark[]} marks @param {number} seq @returns {TimeMark | undefined} the newest rollback that made an event void */
export const voiding = (marks, seq) =>
  marks.findLast((mark) => mark.kind === "rollback" && mark.void_from_seq <= seq && seq <= mark.void_to_seq);

export function TimeBar() {
  const { asOf, knownAt, compare } = useAddress();
  const { news } = useWatched(link);
  const marks = useTimeMarks();
  const there = useRead(asOf ? "/chain/head" : null, {}, { asOf, knownAt: "" });
  const known = useRead(asOf && knownAt && knownAt !== "head" ? "/chain/head" : null, {}, { asOf: knownAt, knownAt: "" });
  const log = useRead(news?.stale ? "/chain/head" : null, {}, HERE_AND_NOW);
  const head = Math.max(news?.seq ?? 0, log.data?.block.last_seq ?? 0);
  const at = asOf ? there.data?.at : news;
  const undone = asOf && at ? voiding(marks, at.seq) : undefined;
  const [choosing, setChoosing] = useState(false);
  const custom = choosing || (knownAt !== "" && knownAt !== "head");

  return html`
    <section class="timebar ${asOf ? "past" : ""}" aria-label="Time">
      <div class="timeline">
        <${Slider} label="Moment that is shown" value=${asOf ? (at?.seq ?? null) : head} max=${head} marks=${marks} live=${!asOf}
          onMove=${(/** @type {number} */ seq, /** @type {boolean} */ dragged) => go({ asOf: seq >= head ? "" : String(seq) }, { replace: dragged })} />
        <${Typed} label="Go to a seq, block or time" value=${asOf} onMoment=${(/** @type {string} */ next) => go({ asOf: next })} />
        <${JumpTo} marks=${marks} head=${head} />
        <button type="button" class="live" aria-pressed=${!asOf} onClick=${() => go({ asOf: "" })}><span class="dot" aria-hidden="true"></span>Live</button>
      </div>
      <div class="moment">
        <p class="where" aria-live="polite">
          ${at ? html`${asOf ? "As of" : "Live at"} block <b class="num">${shown(at.block)}</b>, seq <b class="num">${shown(at.seq)}</b>,${" "}<time class="num" datetime=${new Date(at.recorded_at).toISOString()} title=${exactly(at.recorded_at)}><b>${clock(at.recorded_at)}</b></time> UTC` : "Looking for the head of the log"}
          ${undone && html` <${Badge} tone="bad" title=${undone.title}>void since seq ${shown(undone.seq)}<//>`}
          ${there.error && html` <${Badge} tone="bad">${there.error.message}<//>`}
        </p>
        ${asOf && html`
          <${Choice} label="Known" value=${custom ? "at" : knownAt === "head" ? "now" : "then"}
            options=${[["then", "then", "As it was known at that moment, errors included"], ["now", "now", "As it is known today: what rollbacks made void does not count"], ["at", "at…", "As it was known at a moment between"]]}
            onChoose=${(/** @type {string} */ one) => { setChoosing(one === "at"); if (one !== "at") go({ knownAt: one === "now" ? "head" : "" }); }} />
          <${Choice} label="Compare" value=${compare || "off"}
            options=${[["off", "off", "Show one side"], ["known", "then / now", "The same moment as it was known then, and as it is known now"], ["live", "then / live", "That moment, and what is live"]]}
            onChoose=${(/** @type {string} */ one) => go({ compare: one === "off" ? "" : /** @type {any} */ (one) })} />
        `}
        ${!asOf && html`<${Begin} marks=${marks} />`}
      </div>
      ${asOf && custom && html`
        <div class="timeline known">
          <${Slider} label="Knowledge that is used" value=${known.data?.at.seq ?? head} max=${head} min=${at?.seq ?? 1} marks=${marks} live=${false}
            onMove=${(/** @type {number} */ seq, /** @type {boolean} */ dragged) => go({ knownAt: seq >= head ? "head" : String(seq) }, { replace: dragged })} />
          <${Typed} label="Known at a seq, block or time" value=${knownAt} onMoment=${(/** @type {string} */ next) => go({ knownAt: next || "head" })} />
          <p class="where">Known at ${known.data ? html`block <b class="num">${shown(known.data.at.block)}</b>, <b class="num">${clock(known.data.at.recorded_at)}</b> UTC` : named(knownAt)}
            ${known.error && html` <${Badge} tone="bad">${known.error.message}<//>`}</p>
        </div>
      `}
    </section>
  `;
}

/** Where a comparison begins when nothing was chosen: just before the newest rollback. @param {{marks: TimeMark[]}} props */
function Begin({ marks }) {
  const rollback = marks.findLast((mark) => mark.kind === "rollback");
  if (!rollback) return null;
  return html`
    <${Choice} label="Compare" value="off" options=${[["off", "off", "Show one side"], ["known", "then / now", "Just before the newest rollback: what was shown then, and what is known now"]]}
      onChoose=${(/** @type {string} */ one) => one === "known" && go({ asOf: String(rollback.void_to_seq), compare: "known" })} />
  `;
}

/** @param {{label: string, value: string, options: [string, string, string][], onChoose: (one: string) => void}} props */
function Choice({ label, value, options, onChoose }) {
  const name = useId();
  return html`
    <fieldset class="choice">
      <legend>${label}</legend>
      ${options.map(([one, text, hint]) => html`
        <label key=${one} title=${hint} class=${value === one ? "on" : ""}>
          <input type="radio" name=${name} value=${one} checked=${value === one} onChange=${() => onChoose(one)} />${text}
        </label>
      `)}
    </fieldset>
  `;
}

/**
 * @param {{label: string, value: number | null, min?: number, max: number, marks: TimeMark[], live: boolean,
 *   onMove: (seq: number, dragged: boolean) => void}} props `value` is `null` while it is not known
 */
function Slider({ label, value, min = 1, max, marks, live, onMove }) {
  const [held, setHeld] = useState(/** @type {number | null} */ (null));
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const settled = useSettled(held, SETTLED_MS);
  const here = held ?? value ?? max;
  useEffect(() => {
    if (settled !== null && settled === held) {
      onMove(settled, true);
      if (document.activeElement !== input.current) setHeld(null);
    }
  }, [settled]);
  useEffect(() => setHeld(null), [value]);

  const keys = (/** @type {KeyboardEvent} */ event) => {
    const back = event.key === "ArrowLeft" || event.key === "ArrowDown";
    const on = event.key === "ArrowRight" || event.key === "ArrowUp";
    let next = null;
    if (event.shiftKey && back) next = marks.findLast((mark) => mark.seq - 1 < here && mark.seq - 1 >= min)?.seq;
    else if (event.shiftKey && on) next = marks.find((mark) => mark.seq - 1 > here)?.seq;
    else if (event.key === "PageUp") next = here + LEAP + 1;
    else if (event.key === "PageDown") next = here - LEAP + 1;
    else if (!(event.shiftKey && (back || on))) return;
    event.preventDefault();
    if (next === null || next === undefined) return;
    setHeld(Math.min(max, Math.max(min, next - 1)));
  };
  const place = (/** @type {number} */ seq) => `${(100 * (seq - min)) / Math.max(1, max - min)}%`;
  return html`
    <div class="slider">
      <input ref=${input} type="range" min=${min} max=${max} step="1" value=${here} aria-label=${label} disabled=${max < 2}
        aria-valuetext=${live && held === null ? `live, seq ${here}` : `seq ${here} of ${max}`}
        onInput=${(/** @type {any} */ event) => setHeld(Number(event.target.value))}
        onKeyDown=${keys} />
      <div class="ticks" aria-hidden="true">
        ${marks.filter((mark) => mark.kind === "rollback").map((mark) => html`
          <span key=${`v${mark.seq}`} class="void-range" title=${mark.title}
            style=${{ left: place(mark.void_from_seq), width: `calc(${place(mark.void_to_seq)} - ${place(mark.void_from_seq)})` }}></span>
        `)}
        ${marks.filter((mark) => mark.seq > min && mark.seq <= max).map((mark) => html`
          <button key=${mark.seq} type="button" tabindex="-1" class="tick ${mark.kind}" style=${{ left: place(mark.seq) }}
            title="${mark.title}, ${clock(mark.created_at)} UTC" onClick=${() => onMove(Math.max(min, mark.seq - 1), false)}></button>
        `)}
      </div>
      ${held !== null && held !== value && html`<output class="held num">seq ${shown(held)}</output>`}
    </div>
  `;
}

/** @param {{label: string, value: string, onMoment: (moment: string) => void}} props */
function Typed({ label, value, onMoment }) {
  const [text, setText] = useState(named(value));
  const [wrong, setWrong] = useState(false);
  const id = useId();
  useEffect(() => {
    setText(named(value));
    setWrong(false);
  }, [value]);
  const enter = (/** @type {Event} */ event) => {
    event.preventDefault();
    const found = moment(text);
    setWrong(found === null);
    if (found !== null) onMoment(found);
  };
  return html`
    <form class="typed" onSubmit=${enter}>
      <label class="unseen" for=${id}>${label}</label>
      <input id=${id} value=${text} title=${label} spellcheck=${false} autocomplete="off" aria-invalid=${wrong} aria-describedby=${wrong ? `${id}-wrong` : undefined}
        onInput=${(/** @type {any} */ event) => setText(event.target.value)} onFocus=${(/** @type {any} */ event) => event.target.select()} />
      ${wrong && html`<span id="${id}-wrong" class="wrong" role="alert">Type a seq, "block 9", or "2026-01-19 05:02"</span>`}
    </form>
  `;
}

/** All marks by name, for keyboards and readers of the screen. @param {{marks: TimeMark[], head: number}} props */
function JumpTo({ marks, head }) {
  const groups = /** @type {[string, string][]} */ ([["rollback", "Rollbacks"], ["guard", "Guard trips"], ["status", "Modes"]]);
  return html`
    <label class="jump"><span class="unseen">Jump to just before</span>
      <select value="" disabled=${!marks.length || !head}
        onChange=${(/** @type {any} */ event) => { if (event.target.value) go({ asOf: event.target.value }); event.target.value = ""; }}>
        <option value="">Jump to just before…</option>
        ${groups.map(([kind, title]) => html`
          <optgroup key=${kind} label=${title}>
            ${marks.filter((mark) => mark.kind === kind).map((mark) => html`<option key=${mark.seq} value=${mark.seq - 1}>${clock(mark.created_at)} ${mark.title}</option>`)}
          </optgroup>
        `)}
      </select>
    </label>
  `;
}
