/**
 * Whose pages they are: a token that the person gives (it stays in this tab), and for operators the account.
 *
 * `useCaller()` says what the token opens; `useAccount()` names the account that is shown, empty for none.
 */

import { setToken, token } from "../api.js";
import { go, useAddress } from "../state.js";
import { Badge } from "./badges.js";
import { html, useEffect, useId, useRef, useSettled, useState, useWatched } from "./hooks.js";
import { HERE_AND_NOW, useRead } from "./reading.js";

const SETTLED_MS = 150;

/** @returns {{scope: "public" | "account" | "operator" | "", account: string, refused: boolean}} scope empty until it is known */
export function useCaller() {
  const held = useWatched(token);
  const { data, error } = useRead(held ? "/caller" : null, {}, HERE_AND_NOW, { fresh: false });
  if (!held) return { scope: "public", account: "", refused: false };
  return { scope: data?.scope ?? "", account: data?.account ?? "", refused: error?.status === 401 };
}

/** @returns {string} */
export function useAccount() {
  const { account } = useAddress();
  const caller = useCaller();
  return caller.scope === "account" ? caller.account : caller.scope === "operator" ? account : "";
}

/** What stands on an account's page while none is chosen. @param {{children: (account: string) => any}} props */
export function OfAccount({ children }) {
  const caller = useCaller();
  const account = useAccount();
  if (account) return children(account);
  return html`
    <div class="notice" role="status">
      <p><strong>${caller.scope === "operator" ? "Choose an account" : "No account yet"}.</strong>
        ${caller.scope === "operator" ? " Search for one in the box at the top." : " These pages belong to an account. Sign in with a token of "}
        ${caller.scope !== "operator" && html`<code>projectors tokens issue NAME --account ACCOUNT</code>.`}</p>
    </div>
  `;
}

/** The account and the token, in the header. */
export function AccountBox() {
  const caller = useCaller();
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  return html`
    <div class="account">
      ${caller.scope === "operator" && html`<${Search} />`}
      ${caller.scope === "account" && html`<span class="who">${caller.account}</span>`}
      <button type="button" onClick=${() => dialog.current?.showModal()}>
        ${caller.refused ? html`<${Badge} tone="bad">token refused<//>` : caller.scope === "public" || caller.scope === "" ? "Sign in" : html`<${Badge} tone="plain">${caller.scope}<//>`}
      </button>
      <${TokenDialog} dialog=${dialog} />
    </div>
  `;
}

/** @param {{dialog: {current: HTMLDialogElement | null}}} props */
function TokenDialog({ dialog }) {
  const held = useWatched(token);
  const [typed, setTyped] = useState("");
  const id = useId();
  const enter = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (typed.trim()) setToken(typed.trim());
    setTyped("");
    dialog.current?.close();
  };
  return html`
    <dialog ref=${dialog} aria-labelledby="${id}-title">
      <form onSubmit=${enter}>
        <h2 id="${id}-title">Token</h2>
        <p>Pages of accounts and operators need a token, printed once by <code>projectors tokens issue</code>. It stays in this tab and is forgotten with it.</p>
        <label for=${id}>Bearer token</label>
        <input id=${id} type="password" value=${typed} autocomplete="off" spellcheck=${false} onInput=${(/** @type {any} */ event) => setTyped(event.target.value)} />
        <div class="buttons">
          ${held && html`<button type="button" onClick=${() => { setToken(""); go({ account: "" }); dialog.current?.close(); }}>Forget the token</button>`}
          <button type="button" onClick=${() => dialog.current?.close()}>Cancel</button>
          <button type="submit" class="primary">Use it</button>
        </div>
      </form>
    </dialog>
  `;
}

/** A box that finds accounts as their name is typed. */
function Search() {
  const { account } = useAddress();
  const [typed, setTyped] = useState(account);
  const settled = useSettled(typed, SETTLED_MS);
  const list = useId();
  const { data } = useRead("/accounts", { search: settled, page_size: 20 }, HERE_AND_NOW, { fresh: false });
  useEffect(() => setTyped(account), [account]);
  const known = (/** @type {string} */ name) => (data?.results ?? []).some((/** @type {any} */ one) => one.account === name);
  const choose = (/** @type {string} */ name) => name !== account && go({ account: name });
  return html`
    <form class="search" role="search" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); choose(typed.trim()); }}>
      <label class="unseen" for="${list}-box">Account</label>
      <input id="${list}-box" list=${list} value=${typed} placeholder="Account" spellcheck=${false} autocomplete="off"
        onInput=${(/** @type {any} */ event) => { setTyped(event.target.value); if (known(event.target.value)) choose(event.target.value); }}
        onFocus=${(/** @type {any} */ event) => event.target.select()} />
      <datalist id=${list}>
        ${(data?.results ?? []).map((/** @type {any} */ one) => html`<option key=${one.account} value=${one.account}>${one.kind.toLowerCase()}</option>`)}
      </datalist>
    </form>
  `;
}
