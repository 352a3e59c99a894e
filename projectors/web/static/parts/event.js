/** One event of the log in a dialog, opened by any seq: its fields, its block, whether it is void, and what caused it. */

import { isDecimal, shown } from "../numbers.js";
import { go, linked, useAddress } from "../state.js";
import { Badge, Seq, Time } from "./badges.js";
import { html, useEffect, useRef } from "./hooks.js";
import { HERE_AND_NOW, Reading, useRead } from "./reading.js";

export function EventDialog() {
  const { own } = useAddress();
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const seq = /^\d+$/.test(own.event ?? "") ? own.event : "";
  const found = useRead(seq ? `/events/${seq}` : null, {}, HERE_AND_NOW);
  useEffect(() => {
    if (seq && !dialog.current?.open) dialog.current?.showModal();
    if (!seq) dialog.current?.close();
  }, [seq]);
  const close = () => seq && go({ own: { event: "" } });
  return html`
    <dialog ref=${dialog} class="event" aria-labelledby="event-title" onClose=${close}
      onClick=${(/** @type {any} */ event) => event.target === dialog.current && close()}>
      <div class="inside">
        <header><h2 id="event-title">Event ${shown(seq)}</h2><button type="button" class="close" aria-label="Close" onClick=${close}>×</button></header>
        ${seq && html`<${Reading} of=${found}>${(/** @type {any} */ data) => html`<${Fields} event=${data.event} />`}<//>`}
      </div>
    </dialog>
  `;
}

/** @param {{event: any}} props */
function Fields({ event }) {
  const at = (/** @type {string} */ asOf) => linked({ asOf, own: { event: "" } });
  return html`
    <p class="badges"><${Badge} tone="plain">${event.event}<//> ${event.void && html`<${Badge} tone="bad">void<//>`}
      ${event.account && html`<span>${event.account}</span>`} <${Time} ms=${event.created_at} /> <span class="num">block ${shown(event.block)}</span></p>
    <p class="buttons"><a class="button" href=${at(String(event.seq - 1))}>Just before it</a> <a class="button" href=${at(String(event.seq))}>Just after it</a></p>
    <dl class="fields">
      ${Object.entries(event.fields).map(([name, value]) => html`
        <div key=${name}><dt>${name}</dt><dd>${name.endsWith("_seq") && Number(value) ? html`<${Seq} seq=${Number(value)} />` : written(value)}</dd></div>
      `)}
    </dl>
  `;
}

/** @param {unknown} value */
const written = (value) =>
  typeof value === "string" && isDecimal(value) ? html`<span class="num">${shown(value)}</span>` : typeof value === "object" ? JSON.stringify(value) : String(value);
