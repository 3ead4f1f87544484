/** The page in the language of whoever reads it: its own words, and what the shared parts write. Comes before the others. */
import { fillIn, locale, t } from "../shared/catalogue/index.js";
import { writeAs } from "../shared/format.js";

writeAs(locale, { now: t("now"), somebody: t("somebody"), rss: t("source.rss"), audience: t("source.audience") });
fillIn();
