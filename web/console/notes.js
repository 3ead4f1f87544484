/** Notes for the report: what a rapporteur writes beside a post. */
import { ofWall } from "../shared/api.js";
import { t } from "../shared/catalogue/index.js";
import { need } from "../shared/dom.js";
import { dialog, openDialog } from "./dialogs.js";
import { ask, refused, live, speak } from "./live.js";
import { isMasked } from "./reasons.js";
import { plainName } from "./wording.js";

/** @import { Post } from "../shared/protocol.d.ts" */

/** @type {Post | null} */
let about = null;

const box = () => /** @type {HTMLTextAreaElement} */ (need("#note-text"));

/** @param {Post} post */
export function openNote(post) {
  if (about?.id !== post.id) box().value = "";
  about = post;
  need("#note-about").textContent = `${plainName(post)}: ${isMasked(post) ? t("post.masked_words") : post.text.slice(0, 140)}`;
  openDialog("note");
  box().focus();
}

export function wireNotes() {
  need("form", dialog("note")).addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = box().value.trim();
    if (about === null || text === "") return;
    try {
      await ask(ofWall(live.wall, `posts/${encodeURIComponent(about.id)}/note`), { text });
      box().value = "";
      dialog("note").close();
      speak(t("note.kept"));
    } catch (error) {
      dialog("note").close();
      refused(error, t("could_not.keep_note"));
    }
  });
}
