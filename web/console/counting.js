/** When counting starts: what counted before counts no more, and leaves the wall and the queue; so it is said first. */
import { ofWall } from "../shared/api.js";
import { t } from "../shared/catalogue/index.js";
import { el, need } from "../shared/dom.js";
import { dayClock } from "../shared/format.js";
import { dialog, openDialog } from "./dialogs.js";
import { ask, live, onDraw, redraw, refused, tell, trouble } from "./live.js";
import { rows, say } from "./rows.js";

/** Whether counting was begun from this page: the way back is offered then in any case. */
let begun = false;

/** @param {string} at */
const moment = (at) => dayClock(Date.parse(at), live.state.wall?.timezone ?? null);

/** What the way back is called: the file may name a time of its own. */
function backWords() {
  const file = live.state.settings?.identity?.from?.file;
  return typeof file === "string" ? t("counting.back_to", { time: moment(file) }) : t("counting.back");
}

/** Which posts beginning anew concerns, in words. @returns {string[]} */
export function concerns() {
  const { total = 0, shown = 0, held = 0 } = live.state.tallies ?? {};
  if (total === 0) return [t("counting.concerns.nothing")];
  return [
    t("counting.concerns", { n: total }),
    ...(shown > 0 ? [t("counting.concerns.shown", { n: shown })] : []),
    ...(held > 0 ? [t("counting.concerns.waiting", { n: held })] : []),
    t("counting.concerns.back", { back: backWords() }),
  ];
}

/** @param {"now" | null} from */
async function setCounting(from) {
  trouble(null);
  try {
    const answer = await ask(ofWall(live.wall, "counting"), { from });
    begun = from !== null;
    if (live.state.wall) live.state = { ...live.state, wall: { ...live.state.wall, from: answer.from } };
    tell(fromWords());
  } catch (error) {
    refused(error, t("could_not.count"));
  }
  redraw();
}

function fromWords() {
  const from = live.state.wall?.from;
  return from ? t("counting.from", { time: moment(from) }) : t("counting.all");
}

function draw() {
  if (!live.decides || live.state.wall === null) return;
  say(need("#counts-from"), fromWords());
  const back = need("#count-back");
  say(back, backWords());
  back.hidden = live.state.settings?.identity?.from?.from !== "console" && !begun;
  if (dialog("count").open) rows(need("#count-concerns"), concerns(), (words) => words, (words, row) => row ?? el("li", "", words));
}

export function wireCounting() {
  need("#count-now").addEventListener("click", () => {
    openDialog("count");
    redraw();
  });
  need("#count-go").addEventListener("click", () => {
    dialog("count").close();
    void setCounting("now");
  });
  need("#count-back").addEventListener("click", () => void setCounting(null));
}

onDraw(draw);
