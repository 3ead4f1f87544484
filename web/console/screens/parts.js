/** The small parts that the view of the screens is made of. */
import { el } from "../../shared/dom.js";

/** @param {string} words @param {() => void} act */
export function button(words, act) {
  const node = el("button", "", words);
  node.type = "button";
  node.addEventListener("click", act);
  return node;
}

/** @param {readonly (readonly [string, string])[]} options value and words @param {string} value */
export function choose(options, value) {
  const node = el("select");
  for (const [key, words] of options) {
    const option = el("option", "", words);
    option.value = key;
    node.append(option);
  }
  node.value = value;
  return node;
}

/** @param {string} words @param {HTMLElement} control @param {string} [kind] */
export const labelled = (words, control, kind = "") => el("label", kind, el("span", "", words), control);

/** @param {string} value @param {(text: string) => void} typed @param {string} [kind] */
export function field(value, typed, kind = "") {
  const node = el("input", kind);
  node.value = value;
  node.autocomplete = "off";
  node.addEventListener("input", () => typed(node.value));
  return node;
}
