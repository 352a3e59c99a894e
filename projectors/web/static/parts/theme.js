/** Light, dark, or as the system says; remembered, and told to charts, which draw with the colours themselves. */

import { Watched } from "../api.js";
import { html, useWatched } from "./hooks.js";

const KEPT = "ledger.theme";
const CHOICES = ["system", "light", "dark"];
const dark = matchMedia("(prefers-color-scheme: dark)");

/** @returns {string} */
const chosen = () => CHOICES.find((one) => one === localStorage.getItem(KEPT)) ?? "system";

/** @type {Watched<{choice: string, dark: boolean}>} */
export const theme = new Watched({ choice: chosen(), dark: dark.matches });

/** @param {string} choice */
function apply(choice) {
  const isDark = choice === "dark" || (choice === "system" && dark.matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  theme.set({ choice, dark: isDark });
}

dark.addEventListener("change", () => apply(theme.value.choice));
apply(chosen());

export function ThemeChoice() {
  const { choice } = useWatched(theme);
  const choose = (/** @type {string} */ next) => {
    localStorage.setItem(KEPT, next);
    apply(next);
  };
  return html`
    <label class="theme"><span class="unseen">Colours</span>
      <select value=${choice} onChange=${(/** @type {any} */ event) => choose(event.target.value)}>
        ${CHOICES.map((one) => html`<option key=${one} value=${one}>${one === "system" ? "System colours" : `${one[0].toUpperCase()}${one.slice(1)}`}</option>`)}
      </select>
    </label>
  `;
}
