/**
 * A page in the language of whoever reads it: its own words, and what the shared parts write. Imported before the others
 * by pages that speak more than English.
 */
import { fillIn, locale, t } from "./catalogue/index.js";
import { writeAs } from "./format.js";

writeAs(locale, {
  now: t("now"),
  somebody: t("somebody"),
  rss: t("source.rss"),
  audience: t("source.audience"),
  unreachable: t("server.unreachable"),
  answered: (status) => t("server.answered", { status: String(status) }),
});
fillIn();
