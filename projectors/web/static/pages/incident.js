/** Incident: what happened, who was affected and why, what each remedy costs, refunds, and how to check it all. */

import { Badge, Digest, Empty, Num, Seq, Time } from "../parts/badges.js";
import { Card, Select, Tabs } from "../parts/card.js";
import { Figures } from "../parts/figures.js";
import { html, useEffect, useId, useMemo, useRef, useSettled, useState } from "../parts/hooks.js";
import { Reading, useRead } from "../parts/reading.js";
import { DataTable } from "../parts/table.js";
import { compare, plotted, plus, quotient, shown, sign } from "../numbers.js";
import { go, linked, useAddress } from "../state.js";

export const id = "incident";
export const title = "Incident";

/** @typedef {Record<string, any>} Row */

const LISTED = 1000;
const TYPED_MS = 200;
const PLACES = 2;

const KINDS = /** @type {Record<string, [string, string]>} */ ({
  status: ["mode", "plain"],
  guard: ["guard", "warn"],
  index: ["wrong index", "bad"],
  mark: ["wrong mark", "bad"],
  liquidations: ["liquidations", "bad"],
  plan: ["approval", "plain"],
  rollback: ["rollback", "good"],
  completed: ["rollback", "good"],
  restated: ["correction", "good"],
  refunds: ["refunds", "good"],
});

const WHICH = /** @type {[string, string][]} */ ([
  ["all", "All affected"],
  ["liquidated", "Liquidated wrongly"],
  ["hurt", "Who lost"],
  ["gained", "Who gained"],
]);

const METHODS = /** @type {[string, string][]} */ ([
  ["A", "A, equity restored"],
  ["B", "B, reference price"],
  ["B+", "B+, price and funding"],
  ["C", "C, as it would have been"],
  ["D", "D, penalties alone"],
]);

export function view() {
  const { own } = useAddress();
  const list = useRead("/incidents");
  const ids = (list.data?.results ?? []).map((/** @type {Row} */ one) => one.id);
  const incident = own.incident || ids.at(-1) || "";
  const read = useRead(incident ? `/incidents/${encodeURIComponent(incident)}` : null);
  const chooser = ids.length > 1 && html`<${Select} label="Incident" value=${incident} options=${ids.map((/** @type {string} */ one) => [one, one])} onChoose=${(/** @type {string} */ one) => go({ own: { incident: one, audit: "", who: "" } })} />`;
  return html`
    <${Reading} of=${list}>${() => !incident && html`<${Empty} title="Nothing was recorded about an incident up to this moment, and there is no audit of one." />`}<//>
    <${Reading} of=${read} lines=${8}>${(/** @type {Row} */ data) => html`
      <div class="stack">
        <${Story} of=${data} chooser=${chooser} />
        <${Affected} incident=${data} />
        <${Timeline} of=${data.timeline} />
        <${Remedies} of=${data} />
        <${Refunds} incident=${data} />
        <${ProofOf} of=${data} />
      </div>
    `}<//>
  `;
}

/** The audits that are believed. @param {Row} incident @returns {Row[]} */
const audits = (incident) => incident.audits.filter((/** @type {Row} */ one) => !one.fault);

/** @param {string} name `audit-first-wave` */
const spoken = (name) => name.replace(/^(audit|plan)-/, "").replaceAll("-", " ");

/** In a few words and figures: what it was, and what it did. @param {{of: Row, chooser: any}} props */
function Story({ of, chooser }) {
  const found = audits(of);
  const wrong = of.timeline.filter((/** @type {Row} */ one) => one.kind === "index" || one.kind === "mark");
  const rollback = of.timeline.find((/** @type {Row} */ one) => one.kind === "rollback");
  const broken = [...of.audits, ...of.plans].filter((/** @type {Row} */ one) => one.fault);
  const sum = (/** @type {string} */ key) => found.reduce((total, one) => plus(total, one[key]), "0");
  const count = (/** @type {string} */ key) => found.reduce((total, one) => total + one[key], 0);
  const figures = [
    { key: "hurt", label: "Accounts that lost", kind: "num", main: true, value: () => count("hurt") },
    { key: "liquidated", label: "Liquidated wrongly", kind: "num", main: true, value: () => count("wrongful_accounts") },
    { key: "lost", label: "Lost by them, USDC", kind: "num", places: 0, main: true, value: () => sum("lost") },
    { key: "won", label: "Gained by others, USDC", kind: "num", places: 0, main: true, value: () => sum("won") },
    { key: "refunded", label: "Refunded, USDC", kind: "num", places: 0, main: true },
  ];
  return html`
    <${Card} title="Incident ${of.id}" note=${of.reason} tools=${chooser}>
      ${found.length > 0 && html`<${Figures} label="What it did" fields=${figures} of=${of} />`}
      <ul class="story">
        ${wrong.slice(0, 3).map((/** @type {Row} */ one) => html`<li key=${one.seq}><strong>${one.title}</strong> at <${Time} ms=${one.at} />: ${one.detail}. <${Then} seq=${one.seq} /></li>`)}
        ${found.map((one) => html`<li key=${one.name}>By the audit of the ${spoken(one.name)}: <b class="num">${shown(one.hurt)}</b> accounts lost <b class="num">${shown(one.lost, { places: 0 })}</b>, <b class="num">${shown(one.wrongful_accounts)}</b> of them were liquidated wrongly, <b class="num">${shown(one.gained)}</b> gained, and <b class="num">${shown(one.trades_lost)}</b> trades would not have been possible.</li>`)}
        ${rollback && html`<li key="rollback"><strong>${rollback.title}</strong> at <${Time} ms=${rollback.at} />: <b class="num">${shown(rollback.count)}</b> events are void. <${Then} seq=${rollback.seq} /></li>`}
      </ul>
      ${broken.map((one) => html`<p key=${one.name} class="notice bad"><strong>${one.name} is not believed.</strong> <span>${one.fault}</span></p>`)}
    <//>
  `;
}

/** To the moment just before something, as it was known then. @param {{seq: number, children?: any}} props */
const Then = ({ seq, children }) =>
  html`<a href=${linked({ page: "portfolio", asOf: String(Math.max(1, seq - 1)), knownAt: "", own: { incident: "", audit: "", who: "" } })}>${children ?? "Show the moment before"}</a>`;

/** @param {{of: Row[]}} props */
function Timeline({ of }) {
  const [damage, setDamage] = useState(false);
  const listed = damage ? of.filter((one) => one.bad) : of;
  return html`
    <${Card} title="What happened" note="${shown(of.length)} entries, void ones too"
      tools=${html`<label><input type="checkbox" checked=${damage} onChange=${() => setDamage(!damage)} /> damage only</label>`}>
      <ol class="happenings">
        ${listed.map((one) => {
          const [word, tone] = KINDS[one.kind] ?? [one.kind, "plain"];
          return html`
            <li key=${`${one.seq} ${one.kind} ${one.market}`} class="${one.bad ? "damage" : ""} ${one.void ? "undone" : ""}">
              <span class="when"><${Time} ms=${one.at} />${one.until > one.at && html`<span class="soft"> to <${Time} ms=${one.until} short /></span>`}</span>
              <span class="what">
                <${Badge} tone=${one.kind === "guard" && !one.bad ? "good" : tone}>${word}<//>
                ${one.void && html` <${Badge} tone="bad" title="A rollback made it void">void<//>`}
                <strong> ${one.title}</strong>${one.count > 1 && one.kind === "guard" ? html` <span class="soft">${shown(one.count)} times</span>` : ""}
                <span class="detail">${one.detail}${amountOf(one)}</span>
              </span>
              <span class="which"><${Seq} seq=${one.seq} /></span>
            </li>
          `;
        })}
      </ol>
      ${!listed.length && html`<${Empty} title="Nothing up to this moment." />`}
    <//>
  `;
}

/** @param {Row} one something that happened @returns {string} what it came to, in words */
function amountOf(one) {
  if (sign(one.amount) === 0) return "";
  const amount = shown(one.amount, { places: 0 });
  return one.kind === "liquidations" ? `; positions of ${amount} were taken over` : `, ${amount} in all`;
}

const AFFECTED = [
  { key: "account", label: "Account", cell: (/** @type {Row} */ row) => html`<a href=${linked({ own: { who: row.account } })}>${row.account}</a>` },
  { key: "lost", label: "Lost", kind: "num", places: PLACES, hint: "What it would have more, had the input been right; negative: it gained" },
  { key: "why", label: "Why", value: (/** @type {Row} */ row) => row.main_reason, cell: (/** @type {Row} */ row) => html`<${Why} of=${row} />` },
  { key: "liquidated", label: "Liquidated", cell: (/** @type {Row} */ row) => (row.liquidated ? html`<${Badge} tone="bad">wrongly<//>` : html`<span class="none">–</span>`) },
  { key: "recorded", label: "Worth", kind: "num", places: PLACES, hint: "At the end of what the audit looked at" },
  { key: "right", label: "Would be worth", kind: "num", places: PLACES },
  { key: "owed", label: "Owed", kind: "num", places: PLACES, hint: "By the method that is chosen" },
  { key: "paid", label: "Refunded", kind: "num", places: PLACES },
];

/** @param {{of: Row}} props */
function Why({ of }) {
  const parts = [];
  if (of.liquidated) parts.push("liquidated only in reality");
  if (of.main_reason) parts.push(`${of.main_reason} ${shown(of.main_amount, { places: PLACES, signed: true })}`);
  parts.push(...of.flags.filter((/** @type {string} */ flag) => !of.liquidated || !flag.startsWith("liquidated")));
  return html`<span class="wrap">${parts.join("; ")}</span>`;
}

/** Who was affected, and why. @param {{incident: Row}} props */
function Affected({ incident }) {
  const { own } = useAddress();
  const found = audits(incident);
  const audit = found.find((one) => one.name === own.audit) ?? found[0];
  const [search, setSearch] = useState("");
  const [which, setWhich] = useState("all");
  const [method, setMethod] = useState("C");
  const settled = useSettled(search, TYPED_MS);
  const order = which === "gained" ? "gained" : "lost";
  const place = `/incidents/${encodeURIComponent(incident.id)}/accounts`;
  const read = useRead(audit ? place : null, { audit: audit?.name, search: settled, which, method, order, page_size: LISTED }, undefined, { fresh: false });
  const box = useId();
  if (!audit) return html`<${Card} title="Who was affected"><${Empty} title="No audit of this incident lies in the incidents folder."><p>Write one with <code>ledger incident audit --report</code>.</p><//><//>`;
  const tools = html`
    <label class="unseen" for=${box}>Search an account</label>
    <input id=${box} type="search" placeholder="Search an account" value=${search} spellcheck=${false} onInput=${(/** @type {any} */ event) => setSearch(event.target.value)} />
    <${Select} label="Which accounts" value=${which} options=${WHICH} onChoose=${setWhich} />
    <${Select} label="Method of compensation" value=${method} options=${METHODS} onChoose=${setMethod} />
  `;
  const table = html`
    <${Reading} of=${read} lines=${8}>${(/** @type {Row} */ data) => html`
      <p class="soft" role="status">${shown(data.found)} of ${shown(data.totals.accounts)} accounts${data.found > data.results.length ? `; the first ${shown(data.results.length)} are listed, search for others` : ""}</p>
      <${DataTable} caption="Accounts affected" hideCaption columns=${AFFECTED} rows=${data.results} size=${15} rowKey=${(/** @type {Row} */ row) => row.account}
        empty="No account fits." sorted=${{ key: "lost", down: which !== "gained" }} />
    `}<//>
  `;
  return html`
    <${Card} title="Who was affected, and why" tools=${tools}>
      ${found.length > 1
        ? html`<${Tabs} label="Audits" value=${audit.name} options=${found.map((one) => [one.name, spoken(one.name)])} onChoose=${(/** @type {string} */ name) => go({ own: { audit: name, who: "" } })}>${table}<//>`
        : table}
      ${own.who && html`<${OneAccount} place=${place} audit=${audit.name} method=${method} account=${own.who} />`}
    <//>
  `;
}

const PARTS = [
  { key: "reason", label: "Reason" },
  { key: "amount", label: "Would have more", kind: "num", places: PLACES, signed: true },
  { key: "events", label: "Events", kind: "num" },
  { key: "seqs", label: "The first of them", value: (/** @type {Row} */ row) => row.seqs.length, cell: (/** @type {Row} */ row) => html`<span class="wrap">${row.seqs.slice(0, 6).map((/** @type {number} */ seq) => html`<${Seq} key=${seq} seq=${seq} /> `)}</span>` },
];

const OWED = [
  { key: "method", label: "Method" },
  { key: "amount", label: "Gives", kind: "num", places: PLACES },
  { key: "formula", label: "By its formula", kind: "num", places: PLACES },
  { key: "cap", label: "Its loss, the cap", kind: "num", places: PLACES },
  { key: "note", label: "Note", cell: (/** @type {Row} */ row) => html`<span class="wrap">${row.note}</span>` },
];

/** One account in a drawer. @param {{place: string, audit: string, method: string, account: string}} props */
function OneAccount({ place, audit, method, account }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const read = useRead(`${place}/${encodeURIComponent(account)}`, { audit, method }, undefined, { fresh: false });
  const label = useId();
  useEffect(() => dialog.current?.showModal(), []);
  const leave = () => go({ own: { who: "" } });
  return html`
    <dialog ref=${dialog} class="event wide" aria-labelledby=${label} onClose=${leave}>
      <div class="inside">
        <header><h2 id=${label}>${account}</h2><button type="button" class="close" aria-label="Close" onClick=${leave}>×</button></header>
        <${Reading} of=${read} lines=${8}>${(/** @type {Row} */ data) => html`<${Told} of=${data} account=${account} />`}<//>
      </div>
    </dialog>
  `;
}

/** @param {{of: Row, account: string}} props */
function Told({ of, account }) {
  const { affected, takeovers } = of;
  const lost = sign(affected.lost) >= 0;
  const amount = shown(affected.lost.replace("-", ""), { places: PLACES });
  return html`
    <div class="stack">
      <p class="lead">It ${lost ? "lost" : "gained"} <b class="num">${amount}</b>${affected.main_reason && html`, mostly by ${affected.main_reason} (<span class="num">${shown(affected.main_amount, { places: PLACES, signed: true })}</span>)`}.
        ${sign(affected.paid) > 0 && html` It was refunded <b class="num">${shown(affected.paid, { places: PLACES })}</b>.`}</p>
      ${takeovers.map((/** @type {Row} */ one) => html`<${Takeover} key=${one.seq} of=${one} account=${account} />`)}
      <h3>Where the difference comes from</h3>
      <${DataTable} caption="Reasons, the largest first" hideCaption columns=${PARTS} rows=${of.parts} rowKey=${(/** @type {Row} */ row) => row.reason} empty="Its value would be the same." />
      <h3>What each method gives it</h3>
      <${DataTable} caption="What each method gives it" hideCaption columns=${OWED} rows=${of.owed} rowKey=${(/** @type {Row} */ row) => row.method + row.reason} empty="No method has a line for it." />
      <p><a class="button" href=${linked({ page: "portfolio", account, asOf: "", knownAt: "", own: { incident: "", audit: "", who: "" } })}>Its pages</a></p>
    </div>
  `;
}

/** Why an account was liquidated, and whether it should have been. @param {{of: Row, account: string}} props */
function Takeover({ of, account }) {
  const how = { wrongful: " wrongly", larger: " more than it should have been" }[/** @type {string} */ (of.verdict)] ?? "";
  const outside = of.account_value_fair !== "" && compare(of.account_value_fair, of.account_value) !== 0;
  const before = linked({ page: "portfolio", account, asOf: String(of.seq - 1), knownAt: "", own: { incident: "", audit: "", who: "" } });
  return html`
    <div class="notice ${how ? "bad" : ""}">
      <p><strong>Liquidated${how}</strong> at <${Time} ms=${of.at} />, <${Seq} seq=${of.seq} label="event ${shown(of.seq)}" />${of.void && html` <${Badge} tone="bad">void<//>`}:
        it was worth <b><${Num} value=${of.account_value} places=${PLACES} /></b> and had to be worth <${Num} value=${of.requirement} places=${PLACES} />;${" "}
        <${Num} value=${of.accrued_funding} places=${PLACES} signed /> of that was funding that had accrued.
        ${outside && html` By prices outside it was worth <${Num} value=${of.account_value_fair} places=${PLACES} /> and had to be worth <${Num} value=${of.requirement_fair} places=${PLACES} />.`}
        ${" "}<a href=${before}>Its portfolio just before</a></p>
    </div>
  `;
}

const REMEDIES = [
  { key: "remedy", label: "Remedy", cell: (/** @type {Row} */ row) => html`<strong>${row.remedy}</strong><span class="detail wrap">${row.title}</span>` },
  { key: "accounts_touched", label: "Accounts touched", kind: "num" },
  { key: "honest_trades_voided", label: "Honest trades voided", kind: "num" },
  { key: "profits_erased", label: "Honest profits erased", kind: "num", places: 0 },
  { key: "money_needed", label: "Money needed", kind: "num", places: 0 },
  { key: "shortfall", label: "Missing", kind: "num", places: 0, hint: "What the payer does not have" },
  { key: "false_gains_kept", label: "False gains kept", kind: "num", places: 0 },
  { key: "paid_by", label: "Paid by", cell: (/** @type {Row} */ row) => html`<span class="wrap">${row.paid_by}</span>` },
  { key: "events_written", label: "Events written", kind: "num" },
];

const COSTS = [
  ["money_needed", "money needed", "series-1"],
  ["false_gains_kept", "false gains kept", "series-5"],
  ["profits_erased", "honest profits erased", "series-2"],
];

/** Remedies side by side. @param {{of: Row}} props */
function Remedies({ of }) {
  const { own } = useAddress();
  const found = audits(of);
  const audit = found.find((one) => one.name === own.audit) ?? found[0];
  if (!audit) return null;
  const table = html`
    <${Bars} of=${audit.remedies} />
    <${DataTable} caption="Remedies side by side" hideCaption columns=${REMEDIES} rows=${audit.remedies} rowKey=${(/** @type {Row} */ row) => row.remedy} />
    <h3>What was wrong, and what the audit took in its place</h3>
    <ul class="story">${audit.evidence.map((/** @type {Row} */ one) => html`<li key=${one.market + one.seq}><strong>${one.market}</strong>, ticks ${shown(one.from_tick)} to ${shown(one.to_tick)}, <${Seq} seq=${one.seq} label="event ${shown(one.seq)}" />: ${one.why}; taken is what ${one.takes === "COMPUTED" ? "the ledger computes" : one.takes === "FAIR" ? "the price outside says" : "the file says"}.</li>`)}</ul>
  `;
  return html`
    <${Card} title="What could be done, and what it costs">
      ${found.length > 1
        ? html`<${Tabs} label="Audits of the remedies" value=${audit.name} options=${found.map((one) => [one.name, spoken(one.name)])} onChoose=${(/** @type {string} */ name) => go({ own: { audit: name, who: "" } })}>${table}<//>`
        : table}
    <//>
  `;
}

/** Costs of remedies as bars of one scale; the figures are in the table below. @param {{of: Row[]}} props */
function Bars({ of }) {
  const most = useMemo(() => {
    const values = of.flatMap((one) => COSTS.map(([key]) => one[key]));
    return values.reduce((found, value) => (compare(value, found) > 0 ? value : found), "0");
  }, [of]);
  if (sign(most) === 0) return null;
  return html`
    <figure class="bars">
      <figcaption>What each remedy costs, USDC
        <span class="legend-marks">${COSTS.map(([key, label, tone]) => html`<span key=${key} class="bar-key"><span class="swatch ${tone}" aria-hidden="true"></span>${label}</span>`)}</span>
      </figcaption>
      ${of.map((one) => html`
        <div key=${one.remedy} class="bar-row">
          <span class="bar-name">${one.remedy}</span>
          <span class="bar-lines">
            ${COSTS.map(([key, label, tone]) => html`
              <span key=${key} class="bar-line" title="${label}: ${shown(one[key], { places: 0 })}">
                <span class="bar-fill ${tone}" style=${{ width: `${100 * (plotted(quotient(one[key], most)) ?? 0)}%` }}></span>
                ${sign(one[key]) !== 0 && html`<span class="num">${shown(one[key], { places: 0 })}</span>`}
              </span>
            `)}
          </span>
        </div>
      `)}
    </figure>
  `;
}

const LINES = [
  { key: "account", label: "Account" },
  { key: "amount", label: "Owed", kind: "num", places: PLACES },
  { key: "paid", label: "Paid", kind: "num", places: PLACES },
  { key: "left", label: "State", value: (/** @type {Row} */ row) => state(row), cell: (/** @type {Row} */ row) => html`<${Badge} tone=${{ paid: "good", open: "warn" }[state(row)] ?? "plain"}>${state(row)}<//>` },
  { key: "reason", label: "Reason" },
  { key: "method", label: "Method" },
  { key: "formula", label: "By the formula", kind: "num", places: PLACES },
  { key: "cap", label: "Its loss, the cap", kind: "num", places: PLACES },
  { key: "paid_at", label: "Paid at", kind: "time" },
  { key: "paid_seq", label: "Event", kind: "seq" },
  { key: "note", label: "Note", cell: (/** @type {Row} */ row) => html`<span class="wrap">${row.note}</span>` },
];

/** @param {Row} line */
const state = (line) => (sign(line.amount) === 0 ? "nothing owed" : compare(line.paid, line.amount) >= 0 ? "paid" : "open");

const PLAN = [
  { key: "total", label: "Planned", kind: "num", places: PLACES, main: true },
  { key: "paid", label: "Paid", kind: "num", places: PLACES, main: true },
  { key: "paying", label: "Lines that pay", kind: "num" },
  { key: "lines", label: "All lines", kind: "num" },
  { key: "payer", label: "Payer" },
  { key: "digest", label: "Digest that two signed", cell: (/** @type {Row} */ of) => html`<${Digest} value=${of.digest} />` },
];

/** @param {{incident: Row}} props */
function Refunds({ incident }) {
  const [search, setSearch] = useState("");
  const settled = useSettled(search, TYPED_MS);
  const read = useRead(`/incidents/${encodeURIComponent(incident.id)}/refunds`, { search: settled, page_size: LISTED });
  const box = useId();
  const tools = html`
    <label class="unseen" for=${box}>Search an account among refunds</label>
    <input id=${box} type="search" placeholder="Search an account" value=${search} spellcheck=${false} onInput=${(/** @type {any} */ event) => setSearch(event.target.value)} />
  `;
  return html`
    <${Card} title="Refunds" tools=${tools}>
      <${Reading} of=${read}>${(/** @type {Row} */ data) => html`
        ${data.plan
          ? html`<${Figures} label="The plan of refunds" fields=${PLAN} of=${data} />`
          : html`<p class="soft">No plan of refunds lies in the incidents folder.</p>`}
        <${DataTable} caption="Lines of the plan, those with most to pay first" hideCaption columns=${LINES} rows=${data.results} size=${10} rowKey=${(/** @type {Row} */ row) => row.refund_id} empty="No line." />
      `}<//>
    <//>
  `;
}

/** What anybody with the log can check. @param {{of: Row}} props */
const ProofOf = ({ of }) => html`
  <${Card} title="Proof" note="nobody has to believe this page: these commands compute it again from the log">
    <ul class="proofs">
      ${of.proof.map((/** @type {Row} */ one) => html`
        <li key=${one.what}>
          <p><strong>${one.what}</strong>: ${one.says}.${one.digest && html` <${Digest} value=${one.digest} />`}</p>
          <${Command} line=${one.command} />
        </li>
      `)}
      ${of.plans.filter((/** @type {Row} */ one) => !one.fault).map((/** @type {Row} */ one) => html`
        <li key=${one.name}>
          <p><strong>Plan of the ${spoken(one.name)}</strong>: <${Digest} value=${one.digest} /> signed by ${one.signed_by.join(" and ") || "nobody yet"}${one.recorded_seq ? html`, approved on the ledger by <${Seq} seq=${one.recorded_seq} label="event ${shown(one.recorded_seq)}" />` : ", not approved on the ledger"}.</p>
        </li>
      `)}
    </ul>
  <//>
`;

/** @param {{line: string}} props */
function Command({ line }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(line);
    setCopied(true);
  };
  return html`<div class="command"><code>${line}</code><button type="button" onClick=${copy} aria-label="Copy: ${line}">${copied ? "Copied" : "Copy"}</button></div>`;
}
