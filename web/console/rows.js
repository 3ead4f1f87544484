/** Lists whose rows stay in place while their words change: a button under a finger or with the focus is not replaced. */

/**
 * @template T
 * @param {HTMLElement} list
 * @param {readonly T[]} values in order
 * @param {(value: T) => string} key
 * @param {(value: T, row: HTMLElement | null) => HTMLElement} fill makes a row, or brings a known one up to date and returns it
 */
export function rows(list, values, key, fill) {
  const known = new Map([...list.children].map((child) => [/** @type {HTMLElement} */ (child).dataset.row ?? "", /** @type {HTMLElement} */ (child)]));
  const now = values.map((value) => {
    const name = key(value);
    const row = fill(value, known.get(name) ?? null);
    row.dataset.row = name;
    return row;
  });
  const keep = new Set(now);
  for (const child of [...list.children]) if (!keep.has(/** @type {HTMLElement} */ (child))) child.remove();
  now.forEach((row, i) => {
    if (list.children[i] !== row) list.insertBefore(row, list.children[i] ?? null);
  });
}

/** @param {Node} node @param {string} words */
export function say(node, words) {
  if (node.textContent !== words) node.textContent = words;
}
