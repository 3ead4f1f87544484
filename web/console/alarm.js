/**
 * Calls whoever is not looking: a sound, a vibration, a mark in the title. Each can be switched off, and is remembered on
 * this device.
 *
 * @import { Alert } from "./alerts.js"
 */
import { fresh } from "./alerts.js";

/** @typedef {"sound" | "vibration" | "badge"} Way */

/** @type {readonly Way[]} */
export const WAYS = ["sound", "vibration", "badge"];

const BEEP_SECONDS = 0.18;
const VIBRATION_MS = 200;

/** @param {Way} way */
const place = (way) => `buzzwall.alarm.${way}`;

/** Whether a way is switched on; all are until somebody says otherwise. @param {Way} way */
export const isOn = (way) => localStorage.getItem(place(way)) !== "off";

/** @param {Way} way @param {boolean} on */
export const turn = (way, on) => localStorage.setItem(place(way), on ? "on" : "off");

/** Whether this device can do it at all. @param {Way} way */
export const can = (way) => (way === "vibration" ? "vibrate" in navigator : way === "sound" ? "AudioContext" in globalThis : true);

/** @type {AudioContext | null} browsers let a page sound only once somebody has touched it */
let audio = null;
function unlock() {
  audio ??= new AudioContext();
  void audio.resume();
}

/** Two short tones, high and low, made on the spot: no file to load on a bad line. */
export function sound() {
  if (audio === null || audio.state !== "running") return;
  [880, 660].forEach((pitch, nth) => {
    const context = /** @type {AudioContext} */ (audio);
    const from = context.currentTime + nth * BEEP_SECONDS;
    const tone = new OscillatorNode(context, { frequency: pitch });
    const volume = new GainNode(context, { gain: 0.15 });
    volume.gain.setTargetAtTime(0, from + BEEP_SECONDS * 0.6, 0.03);
    tone.connect(volume).connect(context.destination);
    tone.start(from);
    tone.stop(from + BEEP_SECONDS);
  });
}

/** Lets the alarm sound from the first touch or key on. */
export function arm() {
  if (!can("sound")) return;
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, unlock, { once: true, capture: true });
}

/** @type {ReadonlySet<string>} */
let known = new Set();

/**
 * Calls for what is new among the alerts.
 *
 * @param {readonly Alert[]} now
 * @returns {Alert[]} what is new
 */
export function call(now) {
  const { fresh: news, known: next } = fresh(known, now);
  known = next;
  if (news.length > 0) {
    if (isOn("sound")) sound();
    // A browser minds, aloud, before anybody has touched the page.
    if (isOn("vibration") && can("vibration") && navigator.userActivation?.hasBeenActive) navigator.vibrate(VIBRATION_MS);
  }
  return news;
}

/** The mark before a page's title. @param {number} waiting posts that wait @param {readonly Alert[]} now */
export function badge(waiting, now) {
  if (!isOn("badge")) return "";
  return `${now.length > 0 ? "! " : ""}${waiting > 0 ? `(${waiting}) ` : ""}`;
}
