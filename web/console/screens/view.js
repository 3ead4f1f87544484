/**
 * The screens and what they show: who is there, the programme, the look, and the type for the room.
 *
 * @import { Screen, Session, Settings, Stage } from "../../shared/protocol.d.ts"
 */
import { ApiError, ofWall, signIn } from "../../shared/api.js";
import { t } from "../../shared/catalogue/index.js";
import { el } from "../../shared/dom.js";
import { screenList } from "./list.js";
import { look, room } from "./look.js";
import { programme } from "./programme.js";

/**
 * @typedef {object} Known
 * @property {Settings | null} settings
 * @property {readonly Screen[]} screens
 * @property {number} seq
 * @property {Stage | null} stage
 * @property {readonly Session[]} sessions
 * @property {string} title
 */

/**
 * @param {HTMLElement} section
 * @param {{wall: string, role: string, known: () => Known, ask: (path: string, body?: object, method?: string) => Promise<any>, speak: (words: string) => void}} hooks
 * @returns {{update: () => void}} `update` is to be called when what is known changes
 */
export function mount(section, { wall, role, known, ask, speak }) {
  const admin = role === "admin";
  const decides = admin || role === "moderator";
  const trouble = el("p", "trouble");
  trouble.setAttribute("role", "alert");
  trouble.hidden = true;

  /** @param {string} words */
  const said = (words) => {
    trouble.hidden = true;
    speak(words);
  };
  /** @param {unknown} error */
  const failed = (error) => {
    if (error instanceof ApiError && error.status === 401) signIn();
    trouble.textContent = t("screens.failed", { why: error instanceof Error ? error.message : String(error) });
    trouble.hidden = false;
    trouble.scrollIntoView({ block: "nearest" });
  };
  /** @param {Record<string, unknown>} display @param {string} words */
  const save = async (display, words) => {
    try {
      await ask(ofWall(wall, "settings"), { display }, "PATCH");
      said(words);
      return true;
    } catch (error) {
      failed(error);
      return false;
    }
  };

  const parts = [
    screenList({ wall, decides, known, ask, said, failed }),
    programme({ decides, known, save, said }),
    look({ wall, decides, admin, known, save, said, failed }),
    room({ decides, known, save }),
  ];
  section.replaceChildren(el("h2", "", t("page.screens")), el("p", "soft", t("screens.help")), trouble, el("div", "panels", ...parts.map(({ root }) => root)));
  return {
    update() {
      for (const part of parts) part.update();
    },
  };
}
