/** The title: the hashtag, and how to post. Stands where there is nothing else, and when the screens are blanked. @import { Make } from "../types.d.ts" */
import { Plate } from "../plate.js";
import { howToPost } from "../posting.js";

/** @type {Make} */
export function make(room) {
  const plate = new Plate("title");
  const draw = () => {
    const { wall } = room.state;
    const tag = wall?.hashtags[0];
    plate.say(wall?.title ?? "", tag ? `#${tag}` : (wall?.title ?? room.wallId), wall ? howToPost(wall) : "");
  };
  return {
    root: plate.root,
    bare: true,
    follow: draw,
    resize: () => plate.fit(),
    tick: () => {},
    enter: draw,
    leave: () => {},
    ids: () => [],
    hasSomething: () => true,
  };
}
