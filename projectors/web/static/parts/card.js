/** A part of a page with a heading, tools beside it, and a section for readers of the screen; and tabs. */

import { html, useId } from "./hooks.js";

/** @param {{title: string, tools?: any, note?: any, children: any}} props */
export function Card({ title, tools, note, children }) {
  const id = useId();
  return html`
    <section class="card" aria-labelledby=${id}>
      <header><h2 id=${id}>${title}</h2>${note && html`<span class="note">${note}</span>`}${tools && html`<div class="tools">${tools}</div>`}</header>
      ${children}
    </section>
  `;
}

/** @param {{label: string, value: string, options: [string, string][], onChoose: (value: string) => void}} props */
export const Select = ({ label, value, options, onChoose }) => html`
  <label><span class="unseen">${label}</span>
    <select value=${value} title=${label} onChange=${(/** @type {any} */ event) => onChoose(event.target.value)}>
      ${options.map(([one, text]) => html`<option key=${one} value=${one}>${text}</option>`)}
    </select>
  </label>
`;

/** @param {{label: string, value: string, options: [string, string][], onChoose: (value: string) => void, children: any}} props */
export function Tabs({ label, value, options, onChoose, children }) {
  const id = useId();
  const step = (/** @type {KeyboardEvent} */ event) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0;
    if (!way) return;
    const place = options.findIndex(([one]) => one === value);
    const next = options[(place + way + options.length) % options.length][0];
    onChoose(next);
    document.getElementById(`${id}-${next}`)?.focus();
  };
  return html`
    <div class="tabs" role="tablist" aria-label=${label} onKeyDown=${step}>
      ${options.map(([one, text]) => html`
        <button key=${one} type="button" role="tab" id="${id}-${one}" aria-selected=${one === value} aria-controls="${id}-panel"
          tabindex=${one === value ? 0 : -1} onClick=${() => onChoose(one)}>${text}</button>
      `)}
    </div>
    <div role="tabpanel" id="${id}-panel" aria-labelledby="${id}-${value}">${children}</div>
  `;
}
