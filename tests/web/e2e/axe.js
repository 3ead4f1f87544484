/** Looks for what keeps people from using a page. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/**
 * @param {import("./browser.js").Page} page
 * @returns {Promise<string[]>} what is wrong, in words
 */
export function axe(page) {
  return page.evaluate(`${AXE}; axe.run({ runOnly: ${JSON.stringify(TAGS)} }).then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html.slice(0, 160)).join(" | ")))`);
}

/**
 * Controls in sight that are smaller than a fingertip, and controls that reach over the page's edge.
 *
 * @param {import("./browser.js").Page} page
 * @returns {Promise<string[]>}
 */
export const smallTargets = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll("button, select, input, textarea, summary, a.button, #views a")]
      .filter((one) => one.checkVisibility() && !one.closest("[aria-hidden]") && !one.matches("input[type=checkbox], input[type=radio], .masked, .plain"))
      .flatMap((one) => {
        const { width, height } = one.getBoundingClientRect();
        return width < 44 || height < 44 ? [`${one.id || one.className || one.textContent}: ${Math.round(width)} × ${Math.round(height)}`] : [];
      }),
  );
