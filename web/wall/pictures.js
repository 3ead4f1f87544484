/**
 * Pictures fetched ahead, so that a card enters with its picture or is laid out without it. Bounded: the least recently
 * asked for are forgotten.
 *
 * @import { Picture, Shot } from "./types.d.ts"
 */

const KEPT = 80;
/** After this long a picture that failed is tried again: venue networks recover. */
const RETRY_MS = 120_000;

export class Pictures {
  constructor() {
    /** @type {Map<string, Picture>} */
    this.known = new Map();
    /** Where pictures are kept on this machine, where the page has to do that itself. @type {import("./kept-pictures.js").KeptPictures | null} */
    this.kept = null;
  }

  /**
   * What is known of a picture; starts to fetch it.
   *
   * @param {string} url
   * @param {number} now
   * @returns {Picture}
   */
  look(url, now) {
    const found = this.known.get(url);
    if (found && !(found.state === "failed" && now - found.since > RETRY_MS)) {
      this.known.delete(url);
      this.known.set(url, found);
      return found;
    }
    const image = new Image();
    /** @type {Picture} */
    const picture = { state: "loading", aspect: 1, since: now, image, source: url };
    image.decoding = "async";
    image.onload = () => {
      picture.aspect = image.naturalWidth / Math.max(1, image.naturalHeight) || 1;
      picture.state = "ready";
      if (picture.source === url) void this.kept?.keep(url);
    };
    image.onerror = () => void this.lost(url, picture);
    image.src = url;
    this.known.set(url, picture);
    for (const oldest of this.known.keys()) {
      if (this.known.size <= KEPT) break;
      this.known.delete(oldest);
    }
    return picture;
  }

  /** The shape of a picture that is known in any width. @param {string} url @returns {number | null} */
  aspect(url) {
    const [path] = url.split("?");
    for (const [other, { state, aspect }] of this.known) if (state === "ready" && other.split("?")[0] === path) return aspect;
    return null;
  }

  /**
   * The ones of a post's pictures that are there, or on their way with their shape known.
   *
   * @param {readonly Shot[]} shots
   * @param {number} now
   * @returns {Shot[]}
   */
  atHand(shots, now) {
    return shots.flatMap((shot) => {
      const { state, aspect, source } = this.look(shot.url, now);
      if (state === "ready") return [{ ...shot, aspect, source }];
      // Its shape is known as well where it was there in another width.
      const shape = shot.aspect ?? this.aspect(shot.url);
      return state === "loading" && shape !== null ? [{ ...shot, aspect: shape }] : [];
    });
  }

  /** A picture did not come: it may be kept here. @param {string} url @param {Picture} picture */
  async lost(url, picture) {
    const source = picture.source === url ? await this.kept?.find(url) : null;
    if (source) {
      picture.source = source;
      picture.image.src = source;
    } else picture.state = "failed";
  }

  /** Notes that a picture which is on the screen could not be drawn. @param {string} url @param {number} now */
  failed(url, now) {
    const picture = this.look(url, now);
    picture.state = "failed";
    picture.since = now;
  }
}
