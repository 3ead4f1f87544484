/**
 * A post as staff see it: the reason first, then who and what, then the decisions.
 *
 * @import { Media, Post } from "../shared/protocol.d.ts"
 * @import { Deed } from "./deeds.js"
 */
import { has, t } from "../shared/catalogue/index.js";
import { el, need, stamp } from "../shared/dom.js";
import { number, shortLink, sourceName, when } from "../shared/format.js";
import { onScreen, pageWall, pictureSrc } from "../shared/media.js";
import { authorName, words } from "../shared/words.js";
import { DEEDS, others, verdicts } from "./deeds.js";
import { hits } from "./hits.js";
import { marked, ruleWords, veiled, why } from "./reasons.js";
import { ago } from "./spans.js";
import { plainName } from "./wording.js";

/**
 * @typedef {object} Context
 * @property {ReadonlySet<string>} ownTags
 * @property {string | null} zone
 * @property {number} now
 * @property {string} delay the wall's, as settings write it
 * @property {string} q what was searched for; its places are marked
 * @property {boolean} mixed whether the list has posts of every standing, so that each says its own
 * @property {ReadonlySet<Deed>} may what the person may do
 * @property {(deed: Deed, post: Post) => void} decide
 * @property {(id: string) => readonly string[]} lookers who else looks at a post
 * @property {(id: string) => string | null} clash what somebody else has just done to it
 * @property {ReadonlySet<string>} unveiled posts whose masked words are shown, and `picture ID` where sensitive pictures are
 * @property {(what: string) => void} unveil shows them
 */

/**
 * A card of the list.
 *
 * @param {Post} post
 * @param {Context} context
 * @returns {HTMLElement}
 */
export function item(post, context) {
  const node = stamp("item");
  node.dataset.id = post.id;
  if (post.num !== undefined) node.dataset.num = String(post.num);
  node.setAttribute("aria-label", [plainName(post), context.mixed ? standingName(post) : "", why(post, context.delay)].filter(Boolean).join(": "));
  fill(node, post, context);
  buttons(need(".verdict", node), verdicts(post), post, context, false);
  buttons(need(".more .row", node), others(post), post, context, false);
  return node;
}

/**
 * The selected post, large, with what helps to decide.
 *
 * @param {Post} post
 * @param {Context} context
 * @returns {HTMLElement}
 */
export function detail(post, context) {
  const node = el("div", "large");
  const inner = stamp("item");
  fill(inner, post, context, innerWidth / 2);
  for (const name of ["why", "clash", "who", "so-far", "warning", "text", "extras", "media", "looking"]) node.append(need(`.${name}`, inner));
  const row = el("div", "verdict");
  buttons(row, verdicts(post), post, context, true);
  const more = el("div", "row");
  buttons(more, others(post), post, context, true);
  node.append(row, more, facts(post, context));
  return node;
}

/**
 * What a drawn card depends on: while it is the same, the card stays.
 *
 * @param {Post} post
 * @param {Context} context
 */
export const face = (post, { zone, now, delay, q, mixed, lookers, clash, unveiled }) =>
  JSON.stringify([post, delay, q, mixed, when(Date.parse(post.created_at), now, zone), lookers(post.id), clash(post.id), unveiled.has(post.id)]);

/**
 * @param {HTMLElement} node
 * @param {Post} post
 * @param {Context} context
 * @param {number} [wide] how wide a picture may stand
 */
function fill(node, post, context, wide = 160) {
  const { ownTags, zone, now } = context;
  const reason = why(post, context.delay);
  const line = need(".why", node);
  line.textContent = reason;
  const pills = [post.pinned && t("post.pinned"), post.highlighted && t("post.highlighted"), post.author_standing === "trusted" && t("post.trusted")];
  for (const word of pills.reverse()) if (word) line.prepend(el("span", "pill", word), " ");
  if (context.mixed) line.prepend(el("span", "pill standing", standingName(post)), " ");
  line.hidden = line.textContent === "";
  const clash = context.clash(post.id);
  need(".clash", node).textContent = clash ?? "";
  need(".clash", node).hidden = clash === null;

  need(".name", node).append(...nameOf(post, context));
  const kind = `post.${post.kind}`;
  need(".via", node).append(
    ...joined([
      post.author.handle && el("bdi", "", ...field(post, "handle", post.author.handle, context)),
      sourceName(post.source),
      when(Date.parse(post.created_at), now, zone).replace(" ", "\u00a0"),
      has(kind) ? t(kind) : "",
      post.author.bot ? t("post.automated") : "",
    ]),
  );
  need(".so-far", node).append(...joined([soFar(post), copies(post), decided(post, now)]));
  need(".so-far", node).hidden = need(".so-far", node).textContent === "";
  const warning = need(".warning", node);
  warning.hidden = !post.warning;
  if (post.warning) warning.append(el("b", "", t("post.warning")), " ", ...field(post, "warning", post.warning, context));
  const text = need(".text", node);
  if (post.language && /^[a-z]{2,3}(-[a-z0-9]+)*$/i.test(post.language)) text.lang = post.language;
  text.append(words(post, { ownTags, marks: [...marked(post, "text"), ...hits(post.text, context.q, post.facets ?? [])], links: true, veil: veil(post, context) }));
  text.hidden = post.text === "";
  const extras = need(".extras", node);
  for (const option of post.poll?.options ?? []) extras.append(el("p", "option", el("bdi", "", ...field(post, "poll", option.text, context))));
  if (post.card) extras.append(el("p", "preview", el("bdi", "", ...field(post, "card", post.card.title, context)), " ", el("span", "soft", shortLink(post.card.url))));
  for (const [i, media] of (post.media ?? []).entries()) need(".media", node).append(figure(post, media, context, pictureSrc(pageWall(), post, `${i}`, onScreen(wide))));
  const names = context.lookers(post.id);
  need(".looking", node).textContent = names.length > 0 ? t(names.length > 1 ? "post.looking.several" : "post.looking", { names: names.join(", ") }) : "";
  need(".looking", node).hidden = names.length === 0;
}

/** Fields beside the text that a search looks at. */
const SEARCHED = ["name", "handle"];

/** Where a post stands, in a word: as its queue is called. @param {Post} post */
const standingName = ({ standing, stashed }) => t(standing === "deleted" ? "why.deleted" : standing === "held" ? (stashed ? "queue.stashed" : "queue.waiting") : standing === "hidden" ? "queue.hidden" : "queue.shown");

/** @param {readonly (Node | string | null | undefined)[]} parts @returns {(Node | string)[]} */
const joined = (parts) => parts.flatMap((part) => (part ? [part] : [])).flatMap((part, i) => (i === 0 ? [part] : [" · ", part]));

/** @param {Post} post @param {Context} context @returns {Node[]} */
const nameOf = (post, context) => (marked(post, "name").length + hits(post.author.name, context.q).length > 0 ? field(post, "name", post.author.name, context) : [authorName(post)]);

/**
 * Plain text of a field with its marks.
 *
 * @param {Post} post
 * @param {string} name
 * @param {string} text
 * @param {Context} context
 * @returns {Node[]}
 */
const field = (post, name, text, context) => [words({ ...post, text, facets: [] }, { ownTags: new Set(), marks: [...marked(post, name), ...(SEARCHED.includes(name) ? hits(text, context.q) : [])], veil: veil(post, context) })];

/**
 * What stands for a masked word: its first letter, until somebody asks for the word.
 *
 * @param {Post} post
 * @param {Context} context
 */
const veil = (post, { unveiled, unveil }) => (/** @type {string} */ word) => {
  if (unveiled.has(post.id)) return el("mark", "", word);
  const button = el("button", "masked", veiled(word));
  button.type = "button";
  button.setAttribute("aria-label", t("post.masked", { word: veiled(word) }));
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    unveil(post.id);
  });
  return button;
};

/** @param {Post} post */
function soFar({ author_so_far: so }) {
  if (!so) return "";
  if (so.posts <= 1) return t("post.first");
  const parts = [so.shown > 0 && t("post.so_far.shown", { n: so.shown }), so.held > 0 && t("post.so_far.held", { n: so.held }), so.hidden > 0 && t("post.so_far.hidden", { n: so.hidden })].filter((part) => part !== false);
  const posts = t("posts", { n: so.posts });
  return parts.length > 0 ? t("post.so_far.parts", { posts, parts: parts.join(", ") }) : t("post.so_far", { posts });
}

/** @param {Post} post */
const copies = ({ copies: n, copy_of: first }) => (n ? t("post.alike", { n }) : first ? t("post.copy") : "");

/** @param {Post} post @param {number} now */
const decided = ({ decided_by: by, decided_at: at }, now) => (by && at ? t("post.decided", { name: by, ago: ago(now - Date.parse(at)) }) : "");

/** @param {Post} post @param {Media} media @param {Context} context @param {string | null} url */
function figure(post, media, context, url) {
  const covered = post.sensitive && !context.unveiled.has(`picture ${post.id}`);
  const node = el("figure", covered ? "veiled" : "");
  const masked = marked(post, "alt").some(([, , hidden]) => hidden) && !context.unveiled.has(post.id);
  if (url === null) node.append(el("span", "soft", t(`attached.${media.kind}`)));
  else {
    const image = el("img");
    // The description stands below it, where its masked words are masked.
    image.alt = masked ? "" : (media.alt ?? "");
    image.loading = "lazy";
    image.referrerPolicy = "no-referrer";
    // There is nothing to be covered then.
    const fails = () => {
      image.replaceWith(el("span", "soft", t("post.no_picture")));
      node.querySelector(".veil")?.remove();
      node.classList.remove("veiled");
    };
    image.addEventListener("error", fails, { once: true });
    image.src = url;
    node.append(image);
    if (covered) {
      const cover = el("button", "veil", t("post.sensitive"));
      cover.type = "button";
      cover.addEventListener("click", (event) => {
        event.stopPropagation();
        context.unveil(`picture ${post.id}`);
      });
      node.append(cover);
    }
  }
  node.append(el("figcaption", "soft", ...(media.alt ? field(post, "alt", media.alt, context) : [t("post.no_description")])));
  return node;
}

/**
 * @param {HTMLElement} row
 * @param {readonly Deed[]} deeds
 * @param {Post} post
 * @param {Context} context
 * @param {boolean} keys
 */
function buttons(row, deeds, post, context, keys) {
  for (const deed of deeds) {
    if (!context.may.has(deed)) continue;
    const { label, key } = DEEDS[deed];
    const hint = keys ? el("kbd", "", key) : null;
    if (deed === "original") {
      const link = el("a", "button", label, hint);
      link.href = post.url ?? "";
      link.target = "_blank";
      link.rel = "noopener noreferrer";
      link.dataset.deed = deed;
      row.append(link);
      continue;
    }
    const button = el("button", deed === "show" ? "main" : "", label, hint);
    button.type = "button";
    button.dataset[deed === "about" || deed === "choose" ? "deed" : "action"] = deed;
    button.addEventListener("click", (event) => {
      event.stopPropagation();
      context.decide(deed, post);
    });
    row.append(button);
  }
}

/**
 * @param {Post} post
 * @param {Context} context
 */
function facts(post, { now, delay }) {
  const list = el("dl", "facts");
  /** @param {string} name @param {string | null | undefined | false} value */
  const add = (name, value) => value && list.append(el("div", "", el("dt", "", name), el("dd", "", value)));
  add(t("post.followers"), typeof post.author.followers === "number" && number(post.author.followers));
  add(t("post.account_made"), post.author.created_at && ago(now - Date.parse(post.author.created_at)));
  add(t("post.feed"), post.feed);
  add(t("post.language"), post.language);
  add(t("post.edited"), post.edited_at && ago(now - Date.parse(post.edited_at)));
  // What a person decided stands in the reasons' stead above.
  if (post.decided_by) for (const reason of post.reasons ?? []) add(t("post.rule"), `${ruleWords(reason, delay)}: ${outcomeWords(reason.outcome)}`);
  return list;
}

/** What a rule asked for. @param {string} outcome */
function outcomeWords(outcome) {
  const key = `standing.${outcome}`;
  return has(key) ? t(key) : outcome;
}
