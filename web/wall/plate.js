/** A few words that have the screen to themselves: the title, an announcement. */
import { el } from "../shared/dom.js";
import { fit, holds, steps } from "./fit.js";

export class Plate {
  /** @param {"title" | "announcement"} kind */
  constructor(kind) {
    this.over = el("p", "over");
    this.huge = el("p", "huge");
    this.under = el("p", "under");
    this.root = el("section", "plate", this.over, this.huge, this.under);
    this.root.id = "plate";
    this.root.dataset.kind = kind;
    this.title = kind === "title";
    this.standing = "";
  }

  /** @param {string} over @param {string} huge @param {string} under */
  say(over, huge, under) {
    const wanted = JSON.stringify([over, huge, under]);
    if (wanted === this.standing) return;
    this.standing = wanted;
    for (const [line, text] of /** @type {const} */ ([[this.over, over], [this.huge, huge], [this.under, under]])) {
      line.hidden = text === "" || (line === this.over && text === huge);
      line.dir = "auto";
      if (line === this.huge && text.startsWith("#")) line.replaceChildren(el("b", "", "#"), text.slice(1));
      else line.textContent = text;
    }
    this.fit();
  }

  /** A hashtag stays on one line down to a readable size, an announcement takes the lines it needs. */
  fit() {
    if (!this.root.isConnected) return;
    const { root, huge, title } = this;
    fit(root, "--huge", steps(title ? 30 : 13), (size) => {
      huge.classList.toggle("breaks", !title || size <= 6);
      return holds(root) && huge.scrollWidth <= huge.clientWidth;
    });
  }
}
