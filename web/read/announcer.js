/**
 * Tells a screen reader of new posts, but not of each: at most twice a minute, and then how many there are by now.
 */

/** Between two announcements. */
export const EVERY_MS = 30_000;

export class Announcer {
  /**
   * @param {(count: number) => void} tell called with 0 when there is nothing to tell any more
   * @param {() => number} [now] in milliseconds
   */
  constructor(tell, now = () => performance.now()) {
    this.tell = tell;
    this.now = now;
    this.told = 0;
    this.last = -Infinity;
    this.count = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /** So many wait now. @param {number} count */
  waiting(count) {
    this.count = count;
    if (count === 0) {
      clearTimeout(this.timer);
      this.timer = undefined;
      if (this.told > 0) this.tell(0);
      this.told = 0;
      return;
    }
    if (count === this.told || this.timer !== undefined) return;
    const wait = this.last + EVERY_MS - this.now();
    if (wait <= 0) this.speak();
    else this.timer = setTimeout(() => this.speak(), wait);
  }

  speak() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.last = this.now();
    this.told = this.count;
    this.tell(this.count);
  }
}
