/** Small ways of building nodes. Everything from outside becomes a text node. */

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} [className]
 * @param {...(Node | string | null | false)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, className = "", ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  for (const child of children) if (child !== null && child !== false) node.append(child);
  return node;
}

/**
 * A picture of a post.
 *
 * @param {string} url from `pictureSrc`
 * @param {{alt?: string, className?: string}} [how]
 */
export function picture(url, { alt = "", className = "" } = {}) {
  const image = el("img", className);
  image.alt = alt;
  image.referrerPolicy = "no-referrer";
  image.src = url;
  return image;
}

/**
 * The element that a page's own HTML promises.
 *
 * @template {HTMLElement} [E=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {E}
 */
export function need(selector, root = document) {
  const node = root.querySelector(selector);
  if (node === null) throw new Error(`the page has no ${selector}`);
  return /** @type {E} */ (node);
}

/** A copy of a `<template>`'s only element. @param {string} id @returns {HTMLElement} */
export function stamp(id) {
  const template = /** @type {HTMLTemplateElement} */ (need(`#${id}`));
  return /** @type {HTMLElement} */ (/** @type {Element} */ (template.content.firstElementChild).cloneNode(true));
}
