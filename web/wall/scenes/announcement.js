/** What the organisers have to say now. @import { Make } from "../types.d.ts" */
import { t } from "../catalogue/index.js";
import { Plate } from "../plate.js";

/** @type {Make} */
export function make(room) {
  const plate = new Plate("announcement");
  const draw = () => {
    const text = room.state.stage.announcement?.text;
    if (text) plate.say(t("announcement"), text, "");
  };
  return {
    root: plate.root,
    follow: draw,
    resize: () => plate.fit(),
    tick: () => {},
    enter: draw,
    leave: () => {},
    ids: () => [],
    hasSomething: ({ stage }) => Boolean(stage.announcement?.text),
  };
}
