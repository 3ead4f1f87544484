/** Spans of time in words, coarse. Pure. */
import { t } from "../shared/catalogue/index.js";

const DAY_MS = 86_400_000;
/** A day and a half is told in hours. */
const DAYS_FROM_MS = 1.5 * DAY_MS;

/** `4 s`, `12 min`, `3 h`, `2 days`. @param {number} ms */
export function span(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 90) return t("span.seconds", { n: s });
  if (s < 90 * 60) return t("span.minutes", { n: Math.round(s / 60) });
  if (ms < DAYS_FROM_MS) return t("span.hours", { n: Math.round(s / 3600) });
  return t("span.days", { n: Math.round(ms / DAY_MS) });
}

const UNITS = /** @type {const} */ ({ s: "seconds", m: "minutes", h: "hours", d: "days" });

/** A length of time as settings write it: `20s` is `20 s`. @param {string} text */
export function lasting(text) {
  const [, n = "", unit = ""] = /^(\d+)\s*([smhd])$/.exec(text.trim()) ?? [];
  return unit === "" ? text : t(`span.${UNITS[/** @type {keyof typeof UNITS} */ (unit)]}`, { n: Number(n) });
}

/** `4 s ago`, `2 days ago`. @param {number} ms */
export const ago = (ms) => (ms < DAYS_FROM_MS ? t("ago.span", { span: span(ms) }) : t("ago.days", { n: Math.round(ms / DAY_MS) }));
