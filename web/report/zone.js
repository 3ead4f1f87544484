/** Times typed into the page are in the wall's zone, whatever zone the reader's machine is in. */

/**
 * How far a zone is ahead of UTC at a moment, in milliseconds.
 *
 * @param {number} at
 * @param {string} zone
 */
function offset(at, zone) {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(at);
  const part = (/** @type {string} */ type) => Number(parts.find((one) => one.type === type)?.value);
  return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second")) - Math.floor(at / 1000) * 1000;
}

/**
 * `2019-11-06T09:30` in a zone as a moment in RFC 3339.
 *
 * @param {string} local
 * @param {string} zone
 */
export function toInstant(local, zone) {
  const naive = Date.parse(`${local.length === 16 ? `${local}:00` : local}Z`);
  const guess = naive - offset(naive, zone);
  // The offset may be another one at the moment found, around a clock change.
  return new Date(naive - offset(guess, zone)).toISOString().replace(".000Z", "Z");
}

/**
 * A moment as a `datetime-local` field shows it.
 *
 * @param {string} instant
 * @param {string} zone
 */
export function toLocal(instant, zone) {
  const at = Date.parse(instant);
  return new Date(at + offset(at, zone)).toISOString().slice(0, 16);
}
