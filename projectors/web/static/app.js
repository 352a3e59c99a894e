/**
 * The shell: header, time bar, banner of what is wrong, and the page that the hash names.
 *
 * A page is a module that exports `{id, title, view}`; `view` is a component. Add it to `PAGES`.
 */

import { connect, link, reconnect, setToken } from "./api.js";
import { AccountBox, useCaller } from "./parts/account.js";
import { Badge } from "./parts/badges.js";
import { EventDialog } from "./parts/event.js";
import { html, render, useEffect, useRef, useWatched } from "./parts/hooks.js";
import { ThemeChoice } from "./parts/theme.js";
import { TimeBar } from "./parts/time.js";
import { address, go, linked, useAddress } from "./state.js";
import { clock, exactly } from "./times.js";
import * as funding from "./pages/funding.js";
import * as incident from "./pages/incident.js";
import * as markets from "./pages/markets.js";
import * as operations from "./pages/operations.js";
import * as orders from "./pages/orders.js";
import * as portfolio from "./pages/portfolio.js";
import * as vaults from "./pages/vaults.js";

/** @type {{id: string, title: string, view: (props: {}) => any}[]} */
const PAGES = [portfolio, vaults, markets, funding, orders, operations, incident];

function App() {
  const { page } = useAddress();
  const heading = useRef(/** @type {HTMLHeadingElement | null} */ (null));
  const first = useRef(true);
  const { state } = useWatched(link);
  const shownPage = PAGES.find((one) => one.id === page) ?? PAGES[0];
  useEffect(() => {
    document.title = `${shownPage.title} – Ledger`;
    if (!first.current) heading.current?.focus();
    first.current = false;
  }, [shownPage]);
  return html`
    <a class="skip" href="#main" onClick=${(/** @type {Event} */ event) => { event.preventDefault(); heading.current?.focus(); }}>Skip to the page</a>
    <header class="top">
      <a class="brand" href=${linked({ page: "portfolio" })}>Ledger</a>
      <nav aria-label="Pages">
        ${PAGES.map((one) => html`<a key=${one.id} href=${linked({ page: one.id, own: {} })} aria-current=${one === shownPage ? "page" : undefined}>${one.title}</a>`)}
      </nav>
      <div class="status">
        ${state && html`<${Badge} title="Mode of the exchange: ${state.reason || "as it began"}">${state.status}<//>`}
        <${AccountBox} />
        <${ThemeChoice} />
      </div>
    </header>
    <${TimeBar} />
    <${Banner} />
    <main id="main">
      <h1 ref=${heading} tabindex="-1">${shownPage.title}</h1>
      <${shownPage.view} key=${shownPage.id} />
    </main>
    <${EventDialog} />
  `;
}

/** What is wrong with everything that is shown. */
function Banner() {
  const { up, tried, since, news } = useWatched(link);
  const caller = useCaller();
  const waiting = !up && (news !== null || tried > 0);
  return html`
    <div class="banners" role="status" aria-live="polite">
      ${waiting && html`
        <div class="banner bad"><strong>No connection to the ledger's API.</strong>
          ${news ? html`<span>What is shown was true at <span class="num" title=${exactly(news.recorded_at)}>${clock(news.recorded_at)} UTC</span>, and is not up to date since <span class="num">${clock(since)}</span>.</span>` : html`<span>It is tried again.</span>`}
          <button type="button" onClick=${reconnect}>Try now</button></div>
      `}
      ${up && news?.stale && html`<div class="banner warn"><strong>The views are behind the log.</strong> <span>${news.reason || `They are at block ${news.block} of ${news.head}, and catching up.`}</span></div>`}
      ${caller.refused && html`<div class="banner warn"><strong>The token is not accepted.</strong> <span>It has expired or was revoked; sign in with another one.</span></div>`}
    </div>
  `;
}

/** A token in the address (`&token=…`, as `projectors serve` may print it) is taken out of it at once. */
function takeToken() {
  const { token: given = "", ...own } = address().own;
  if (!given) return;
  go({ own: { ...own, token: "" } }, { replace: true });
  setToken(given);
}

window.addEventListener("hashchange", takeToken);
takeToken();
connect();
const root = /** @type {HTMLElement} */ (document.getElementById("app"));
root.textContent = "";
render(html`<${App} />`, root);
