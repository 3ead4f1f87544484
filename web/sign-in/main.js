/**
 * Sign-in by a one-time link (`/sign-in#TOKEN`; a button posts the token, so that link previews do not use it up) or
 * by name and password.
 */
import "../shared/language.js";
import { ApiError, call, nextPage } from "../shared/api.js";
import { t } from "../shared/catalogue/index.js";
import { need } from "../shared/dom.js";

const params = new URLSearchParams(location.search);
const token = decodeURIComponent(location.hash.slice(1));
// The token is in memory now; it must not stay in the address, in the history or on a projected screen.
if (token) history.replaceState(null, "", location.pathname + location.search);

const byLink = need("#by-link");
const byName = need("#by-name");
show(token !== "");

byLink.addEventListener("submit", (event) => send(event, { token }));
byName.addEventListener("submit", (event) =>
  send(event, {
    name: /** @type {HTMLInputElement} */ (need("#name")).value,
    password: /** @type {HTMLInputElement} */ (need("#password")).value,
  }),
);
need("#use-name").addEventListener("click", () => {
  show(false);
  need("#name").focus();
});

/** @param {boolean} link */
function show(link) {
  byLink.hidden = need("#by-link-note").hidden = need("#other").hidden = !link;
  byName.hidden = link;
}

/**
 * Why signing in failed, as a sentence.
 *
 * @param {unknown} error
 * @param {boolean} withLink
 */
function why(error, withLink) {
  if (error instanceof ApiError && error.status === 401) return t(withLink ? "sign_in.used" : "sign_in.wrong");
  if (error instanceof ApiError && error.status === 429) return t("sign_in.too_many");
  const words = error instanceof Error ? error.message : String(error);
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

/**
 * @param {Event} event
 * @param {object} body
 */
async function send(event, body) {
  event.preventDefault();
  const trouble = need("#trouble");
  const button = /** @type {HTMLButtonElement} */ (need("button.main", /** @type {HTMLElement} */ (event.target)));
  trouble.hidden = true;
  button.disabled = true;
  try {
    await call("/sign-in", { method: "POST", body });
    location.replace(nextPage(params.get("next"), location.origin));
  } catch (error) {
    trouble.textContent = why(error, "token" in body);
    trouble.hidden = false;
    button.disabled = false;
  }
}
