/** About an author: what they did so far, what was decided about them, and deciding about all their posts. */
import { call, ofWall } from "../shared/api.js";
import { t } from "../shared/catalogue/index.js";
import { el, need } from "../shared/dom.js";
import { clock, dayClock, number } from "../shared/format.js";
import { decide } from "./decide.js";
import { DEEDS } from "./deeds.js";
import { dialog, openDialog } from "./dialogs.js";
import { live, refused } from "./live.js";
import { find, go, here } from "./posts.js";
import { decisionWords, plainName } from "./wording.js";

/** @import { AuthorStanding, Decision, Post } from "../shared/protocol.d.ts" */

/** @param {Post} post */
export async function aboutAuthor(post) {
  const box = openDialog("author");
  need("#author-name").textContent = plainName(post);
  const facts = need("#author-facts");
  const deeds = need("#author-deeds");
  facts.replaceChildren();
  deeds.replaceChildren();
  need("#author-decided").replaceChildren();
  const zone = live.state.wall?.timezone ?? null;
  try {
    const known = await call(ofWall(live.wall, `authors/${encodeURIComponent(post.author.id)}`));
    /** @param {string} name @param {string | number | null} value */
    const add = (name, value) => value !== null && value !== 0 && facts.append(el("div", "", el("dt", "", name), el("dd", "", String(value))));
    add(t("author.standing"), t(`author.${/** @type {AuthorStanding} */ (known.standing)}`));
    for (const key of /** @type {const} */ (["posts", "shown", "held", "hidden", "deleted"])) add(t(`author.${key}`), known[key] && number(known[key]));
    add(t("author.first"), known.first_at && dayClock(Date.parse(known.first_at), zone));
    add(t("author.last"), known.last_at && dayClock(Date.parse(known.last_at), zone));
    const lines = known.decided.map((/** @type {Decision} */ one) => el("li", "", el("time", "soft", clock(Date.parse(one.at), zone)), " ", decisionWords(one, find)));
    need("#author-decided").replaceChildren(el("h3", "", t("author.decided")), lines.length > 0 ? el("ol", "", ...lines) : el("p", "soft", t("author.nothing")));
    for (const deed of /** @type {const} */ ([known.standing === "blocked" ? "unblock" : "block", known.standing === "trusted" ? "untrust" : "trust"])) {
      if (!live.may.has(deed)) continue;
      const button = el("button", "", DEEDS[deed].label);
      button.type = "button";
      button.dataset.action = deed;
      button.addEventListener("click", () => {
        box.close();
        void decide(deed, find(post.id) ?? post);
      });
      deeds.append(button);
    }
    const all = el("button", "", t("author.all", { posts: t("posts", { n: known.posts }) }));
    all.type = "button";
    all.dataset.deed = "theirs";
    all.addEventListener("click", () => {
      dialog("author").close();
      go({ view: "posts", queue: "all", order: "newest", filter: { ...here().filter, q: "", author: post.author.id } });
    });
    deeds.append(all);
  } catch (error) {
    box.close();
    refused(error, t("could_not.about"));
  }
}
