/** Puts words into a page's HTML, which names them in `data-t`, `data-t-label` and `data-t-placeholder`. */
import { direction } from "./languages.js";

/**
 * Fills what the HTML names, and says in which language the page is and from which side it is read.
 *
 * @param {import("./languages.js").Language} language
 * @param {(key: any) => string} say
 * @param {ParentNode} [root]
 */
export function fill(language, say, root = document) {
  document.documentElement.lang = language;
  document.documentElement.dir = direction(language);
  for (const [attribute, put] of /** @type {const} */ ([
    ["data-t", (/** @type {Element} */ node, /** @type {string} */ words) => (node.textContent = words)],
    ["data-t-label", (/** @type {Element} */ node, /** @type {string} */ words) => node.setAttribute("aria-label", words)],
    ["data-t-placeholder", (/** @type {Element} */ node, /** @type {string} */ words) => node.setAttribute("placeholder", words)],
  ])) {
    for (const node of root.querySelectorAll(`[${attribute}]`)) put(node, say(node.getAttribute(attribute)));
  }
  // What stands in a template is stamped out later and has to be in the language already.
  for (const template of root.querySelectorAll("template")) fill(language, say, template.content);
}
