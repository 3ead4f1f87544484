/**
 * The report: the counts with their definitions, the day, who and what.
 *
 * @import { Peak, Report } from "../shared/protocol.d.ts"
 */
import { counted } from "../shared/amounts.js";
import { ApiError, call, ofWall, signIn, wallOfPage } from "../shared/api.js";
import { el, need } from "../shared/dom.js";
import { clock, day, dayClock, number, plural, sourceName } from "../shared/format.js";
import { draw } from "./chart.js";
import { band } from "./band.js";
import { toInstant, toLocal } from "./zone.js";

const wall = wallOfPage();
const params = new URLSearchParams(location.search);

/** What each figure is called; the first three are set large. */
const BIG = /** @type {const} */ ([["posts", "posts"], ["participants", "participants"], ["reposts", "reposts"]]);
const SMALL = /** @type {const} */ ([
  ["originals", "originals"],
  ["replies", "replies"],
  ["quotes", "quotes"],
  ["total", "posts and reposts"],
  ["repost_only_participants", "who only reposted"],
  ["shown", "shown"],
  ["held", "held"],
  ["hidden", "hidden"],
  ["deleted", "deleted at the source"],
]);
/** @type {Record<string, string>} */
const TOPS = {
  participants: "Who wrote most",
  hashtags: "Other hashtags",
  languages: "Languages",
  sources: "Sources",
  media: "Pictures and other media",
};
/** @type {Record<string, [string, string]>} a kind of attachment, one and several of it */
const MEDIA = {
  image: ["picture", "pictures"],
  gif: ["moving picture", "moving pictures"],
  video: ["video", "videos"],
  audio: ["sound recording", "sound recordings"],
  unknown: ["attachment of another kind", "attachments of another kind"],
};
/** @type {Record<string, string>} why something was not taken */
const REFUSED = {
  opted_out: "whose authors do not want to be collected",
  not_public: "not public",
  not_matching: "without the hashtags",
  dropped: "reposts, which this wall does not take",
  malformed: "could not be read",
  damaged_id: "with a damaged id",
  too_large: "too large",
  bad_time: "with an impossible time",
};

/** How a source stood. */
const STATES = { live: "read live", filled_in: "read afterwards", unknown: "not read" };

/** @type {{key: string, words: string}[]} definitions in the order in which figures refer to them */
let notes = [];

/**
 * The mark of a figure's definition; the definition itself stands at the foot, and in print as well.
 *
 * @param {string} key
 * @param {Report} report
 */
function footnote(key, report) {
  const text = report.definitions?.[key];
  if (!text) return null;
  let at = notes.findIndex((note) => note.key === key);
  if (at < 0) at = notes.push({ key, words: text }) - 1;
  const link = el("a", "", String(at + 1));
  link.href = `#note-${key}`;
  link.setAttribute("aria-label", `${at + 1}: definition of ${key.replaceAll("_", " ")}`);
  return el("sup", "", link);
}

/** @param {Report} report */
function figures(report) {
  notes = [];
  const zone = zoneOf(report);
  const one = (/** @type {string} */ key, /** @type {string} */ label, /** @type {number} */ value) =>
    el("div", "", el("dt", "", label, footnote(key, report)), el("dd", "", number(value)));
  need("#big").replaceChildren(...BIG.map(([key, label]) => one(key, label, report.figures[key])));
  need("#small").replaceChildren(...SMALL.map(([key, label]) => one(key, label, report.figures[key])));
  need("#spread").replaceChildren(...spread(report));

  const { peak_minute: minute, peak_five_minutes: five, peak_hour: hour, first_at: first, last_at: last } = report.figures;
  const peak = (/** @type {Peak | null} */ at, /** @type {string} */ name, /** @type {string} */ key) =>
    at ? [el("span", "", `${name} ${clock(Date.parse(at.at), zone)} (${counted(at.posts, "post", "posts")})`, footnote(key, report)), ". "] : [];
  const ends = first && last ? [`First post ${dayClock(Date.parse(first), zone)}, last ${dayClock(Date.parse(last), zone)}. `] : [];
  need("#peaks").replaceChildren(
    ...ends,
    ...peak(minute, "Busiest minute:", "peak_minute"),
    ...peak(five, "Busiest five minutes: from", "peak_five_minutes"),
    ...peak(hour, "Busiest hour: from", "peak_hour"),
    `Times are ${zone.replaceAll("_", " ")}.`,
  );
}

/** How posts spread over people. @param {Report} report */
function spread(report) {
  const { mean, median, most_active_tenth_share: share } = report.posts_per_participant;
  const people = report.figures.participants;
  if (people === 0) return [];
  const tenth = Math.ceil(people / 10);
  const most = tenth === 1 ? "the most active person" : `the ${number(tenth)} most active people`;
  const text = `Posts per participant: ${number(mean)} on average, median ${number(median)}; ${Math.round(share * 100)} % were written by ${most}`;
  return [el("span", "", text, footnote("posts_per_participant", report)), "."];
}

/** The zone in which the server counts hours. @param {Report} report */
const zoneOf = (report) => report.wall.timezone || "UTC";

/** @param {Report} report */
function timeline(report) {
  const zone = zoneOf(report);
  const sessions = report.wall.sessions ?? [];
  const chart = need("#chart");
  if (report.per_minute.length === 0) {
    chart.replaceChildren(el("p", "soft", "No post in this time."));
    need("#hours").replaceChildren();
    return;
  }
  chart.replaceChildren(draw(report.per_minute, sessions, zone));
  const [firstMinute] = report.per_minute;
  const lastMinute = report.per_minute.at(-1);
  const oneDay = firstMinute && lastMinute && day(Date.parse(firstMinute.at), zone) === day(Date.parse(lastMinute.at), zone);
  need("#day-title").textContent = oneDay ? "The day" : "Over time";
  const table = el("table", "", el("thead", "", el("tr", "", el("th", "", "Hour"), el("th", "num", "Posts"), el("th", "", "Session"))));
  const body = el("tbody");
  for (const { at, posts } of report.per_hour) {
    const from = Date.parse(at);
    const during = sessions.filter((one) => Date.parse(one.from) < from + 3_600_000 && Date.parse(one.to) > from).map(({ title }) => title);
    body.append(el("tr", "", el("td", "", oneDay ? clock(from, zone) : dayClock(from, zone)), el("td", "num", number(posts)), el("td", "", during.join(", "))));
  }
  table.append(body);
  need("#hours").replaceChildren(table);
}

/** @param {string} code */
function languageName(code) {
  try {
    return new Intl.DisplayNames("en", { type: "language" }).of(code) ?? code;
  } catch {
    return code || "not said";
  }
}

/** @param {Report["top"]["participants"][number]} entry */
function person({ handle, name }) {
  if (name === null && handle === null) return el("span", "soft", "somebody who does not want to be named");
  return el("span", "", el("bdi", "", name || handle || ""), name && handle ? el("bdi", "soft", ` ${handle}`) : null);
}

/** @param {Report} report */
function tops(report) {
  const { participants, hashtags, languages, sources, media } = report.top;
  /** @type {[string, string, [Node, number][]][]} list, its definition, its entries */
  const lists = [
    ["participants", "top_participants", participants.map((entry) => [person(entry), entry.posts])],
    ["hashtags", "top_hashtags", hashtags.map(({ hashtag, posts }) => [el("bdi", "", `#${hashtag}`), posts])],
    ["languages", "languages", languages.map(({ language, posts }) => [el("bdi", "", languageName(language)), posts])],
    ["sources", "sources", sources.map(({ source, posts }) => [el("bdi", "", sourceName(source)), posts])],
    ["media", "media", media.map(({ kind, count }) => [el("span", "", plural(count, ...(MEDIA[kind] ?? [kind, kind]))), count])],
  ];
  const sections = lists.flatMap(([list, key, entries]) => {
    if (entries.length === 0) return [];
    const rows = entries.slice(0, 10).map(([name, value]) => el("li", "", name, el("span", "num", number(value))));
    return [el("section", "", el("h2", "", TOPS[list] ?? list, footnote(key, report)), el("ol", "top", ...rows))];
  });
  need("#tops").replaceChildren(...sections);
}

/** @param {Report} report */
function coverage(report) {
  const zone = zoneOf(report);
  const feeds = report.coverage.filter(({ kind }) => kind !== "trends");
  const section = heading("#coverage", "What was read, and when", "coverage", report);
  section.hidden = feeds.length === 0;
  const list = el("ul", "plain-list");
  for (const { feed, taken, strip, statement } of feeds) {
    const row = el("li", "", el("b", "", feed), ` ${counted(taken, "post", "posts")} taken`);
    if (strip.length > 0) row.append(band(strip, statement, zone));
    row.append(el("span", "span", statement));
    const refused = report.refused.filter((one) => one.feed === feed);
    for (const { reason, count } of refused) {
      row.append(el("span", "span", `${counted(count, "item", "items")} not taken: ${REFUSED[reason] ?? reason.replaceAll("_", " ")}`, footnote("refused", report)));
    }
    list.append(row);
  }
  const key = el("p", "key soft", ...Object.entries(STATES).map(([state, words]) => el("span", state, words)));
  need("div", section).replaceChildren(key, list);
}

/** @param {string} selector @param {string} title @param {string} key @param {Report} report */
function heading(selector, title, key, report) {
  const section = need(selector);
  need("h2", section).replaceChildren(title, ...[footnote(key, report)].filter((mark) => mark !== null));
  return section;
}

/** @param {Report} report */
function trending(report) {
  const zone = zoneOf(report);
  const section = heading("#trending", "Trending at the source", "trending_at_source", report);
  section.hidden = report.trending_at_source.length === 0;
  const rows = report.trending_at_source.map(({ place, hashtag, from, to, best_rank: best, best_at: at, of }) => {
    const until = to ? `to ${dayClock(Date.parse(to), zone)}` : "and still";
    return el(
      "li",
      "",
      el("b", "", `#${hashtag} on ${place}`),
      ` best rank ${best} of ${of}, ${clock(Date.parse(at), zone)}`,
      el("span", "span", `In its list from ${dayClock(Date.parse(from), zone)} ${until}`),
    );
  });
  need("div", section).replaceChildren(el("ul", "plain-list", ...rows));
}

/** @param {Report} report */
function sourceCounts(report) {
  const section = heading("#source-counts", "What the sources counted themselves", "source_counts", report);
  section.hidden = report.source_counts.length === 0;
  const head = el("thead", "", el("tr", "", el("th", "", "Day (UTC)"), el("th", "", "Source"), el("th", "", "Hashtag"), el("th", "num", "There"), el("th", "num", "Here")));
  const body = el("tbody");
  for (const { day: on, place, hashtag, source_posts: theirs, our_posts: ours, explained } of report.source_counts) {
    body.append(el("tr", "", el("td", "", on), el("td", "", place), el("td", "", el("bdi", "", `#${hashtag}`)), el("td", "num", number(theirs)), el("td", "num", number(ours))));
    const why = el("td", "soft", explained);
    why.colSpan = 5;
    body.append(el("tr", "", why));
  }
  need("div", section).replaceChildren(el("table", "", head, body));
}

/** @param {Report} report */
function show(report) {
  const zone = zoneOf(report);
  zoneOfWall = zone;
  need("#over").textContent = report.wall.hashtags.map((tag) => `#${tag}`).join(" ");
  need("#title").textContent = report.wall.title || report.wall.id;
  document.title = `Report: ${report.wall.title || report.wall.id}`;
  const { from, to } = report.range;
  const part = (/** @type {string | null} */ at) => (at ? dayClock(Date.parse(at), zone) : null);
  const range = from || to ? `${part(from) ?? "the beginning"} to ${part(to) ?? "now"}` : "Everything so far";
  need("#range").textContent = `${range} · as of ${dayClock(Date.now(), zone)}${report.wall.invented ? " · a demo: these posts are invented" : ""}`;
  need("#everything").hidden = !params.has("from") && !params.has("to");
  if (from) field("#from").value = toLocal(from, zone);
  if (to) field("#to").value = toLocal(to, zone);
  figures(report);
  timeline(report);
  tops(report);
  trending(report);
  coverage(report);
  sourceCounts(report);
  const rest = Object.entries(report.definitions ?? {}).filter(([key]) => !notes.some((note) => note.key === key));
  need("#notes ol").replaceChildren(
    ...notes.map(({ key, words }) => definition(key, words)),
    ...rest.map(([key, words]) => definition(key, words)),
  );
  need("#notes").hidden = notes.length + rest.length === 0;
  need("#report").hidden = false;
}

/** @param {string} key @param {string} words */
function definition(key, words) {
  const row = el("li", "", el("b", "", key.replaceAll("_", " ")), ` ${words}`);
  row.id = `note-${key}`;
  return row;
}

const field = (/** @type {string} */ selector) => /** @type {HTMLInputElement} */ (need(selector));
let zoneOfWall = "UTC";

/** @param {string} format */
function query(format) {
  const wanted = new URLSearchParams({ format });
  for (const key of ["from", "to"]) {
    const value = params.get(key);
    if (value) wanted.set(key, value);
  }
  return `report?${wanted}`;
}

async function read() {
  const trouble = need("#trouble");
  for (const link of document.querySelectorAll("#downloads a")) {
    /** @type {HTMLAnchorElement} */ (link).href = `/api/v1${ofWall(wall, query(/** @type {HTMLElement} */ (link).dataset.format ?? ""))}`;
  }
  try {
    show(await call(ofWall(wall, query("json"))));
    trouble.hidden = true;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) {
      signIn();
      return;
    }
    need("#range").textContent = "";
    trouble.hidden = false;
    trouble.textContent = `The report cannot be read: ${error instanceof Error ? error.message : error}.`;
    console.error(error);
  }
}

function address() {
  const text = params.toString();
  history.replaceState(null, "", location.pathname + (text ? `?${text}` : ""));
  void read();
}

need("#filter").addEventListener("submit", (event) => {
  event.preventDefault();
  for (const key of ["from", "to"]) {
    const { value } = field(`#${key}`);
    if (value) params.set(key, toInstant(value, zoneOfWall));
    else params.delete(key);
  }
  address();
});
need("#everything").addEventListener("click", () => {
  params.delete("from");
  params.delete("to");
  field("#from").value = field("#to").value = "";
  address();
});
void read();
