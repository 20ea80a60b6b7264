// When things happened, as bars of days, weeks, months or years; a bar narrows the search to its time.

import { get } from "./api.js";
import { alarm, byId, draw, make, walkable } from "./dom.js";
import { address, filtersOf } from "./state.js";
import { counted, day } from "./words.js";

const DAY_MS = 86_400_000;
const HIGH = 100;
const FEWEST = 12;
const UNITS = [
  { name: "day", days: 1, begins: (date) => date, next: (date) => plus(date, 1) },
  { name: "week", days: 7, begins: (date) => plus(date, -((date.getUTCDay() + 6) % 7)), next: (date) => plus(date, 7) },
  { name: "month", days: 30, begins: (date) => utc(date.getUTCFullYear(), date.getUTCMonth()), next: (date) => utc(date.getUTCFullYear(), date.getUTCMonth() + 1) },
  { name: "year", days: 365, begins: (date) => utc(date.getUTCFullYear(), 0), next: (date) => utc(date.getUTCFullYear() + 1, 0) },
];
const MOST_BARS = 75;
const utc = (year, month) => new Date(Date.UTC(year, month));
const plus = (date, days) => new Date(date.getTime() + days * DAY_MS);
const iso = (date) => date.toISOString().slice(0, 10);
let asked = "";
let asking = new AbortController();

export async function showTimeline(state, { again = false } = {}) {
  const filters = filtersOf(state);
  const key = JSON.stringify(filters);
  if (key === asked && byId("timeline").firstChild && !again) return link(state);
  asked = key;
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  try {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const days = await get("/api/timeline", { ...filters, zone }, signal);
    if (!signal.aborted) show(days, state);
  } catch (error) {
    if (error.name !== "AbortError") alarm(error.message);
  }
}

/** Bars lead from whatever is looked at now. */
function link(state) {
  for (const bar of byId("timeline").querySelectorAll("a")) bar.setAttribute("href", address({ since: bar.dataset.since, until: bar.dataset.until }, state));
}

function show(days, state) {
  const place = byId("timeline");
  const { unit, bars } = grouped(days);
  place.hidden = days.length < 2;
  const most = Math.max(...bars.map((bar) => bar.count), 1);
  const wide = Math.max(bars.length, FEWEST);
  const drawn = bars.map((bar, number) => (bar.count ? drawBar(bar, number, most) : null));
  const svg = draw("svg", { viewBox: `0 0 ${wide} ${HIGH}`, preserveAspectRatio: "none", role: "group", "aria-label": `Memories by ${unit}` },
    ...drawn.filter(Boolean));
  const told = make("span", { class: "told", "aria-hidden": "true" }, `by ${unit}`);
  const [begin, end] = bars.length ? [bars[0].since, bars.at(-1).until].map((date) => make("span", {}, day(`${date}T12:00`))) : [];
  place.replaceChildren(svg, make("p", { class: "axis" }, begin, told, end));
  place.style.setProperty("--share", String(bars.length / wide));
  link(state);
  const tell = (event) => { told.textContent = event.target.closest("a")?.getAttribute("aria-label") ?? `by ${unit}`; };
  svg.addEventListener("focusin", tell);
  svg.addEventListener("pointerover", tell);
  walkable(svg, drawn.filter(Boolean), (here, key) => ({ ArrowRight: here + 1, ArrowLeft: here - 1 })[key]);
}

/** Days as bars without gaps, of the smallest unit that leaves few enough of them. */
export function grouped(days) {
  if (!days.length) return { unit: "day", bars: [] };
  const dates = days.map(([date]) => new Date(`${date}T00:00Z`));
  const span = (dates.at(-1) - dates[0]) / DAY_MS + 1;
  const unit = UNITS.find(({ days: length }) => span / length <= MOST_BARS) ?? UNITS.at(-1);
  const counts = new Map();
  dates.forEach((date, number) => {
    const since = iso(unit.begins(date));
    counts.set(since, (counts.get(since) ?? 0) + days[number][1]);
  });
  const bars = [];
  for (let begin = unit.begins(dates[0]); begin <= dates.at(-1); begin = unit.next(begin)) {
    bars.push({ since: iso(begin), until: iso(plus(unit.next(begin), -1)), count: counts.get(iso(begin)) ?? 0 });
  }
  return { unit: unit.name, bars };
}

function drawBar({ since, until, count }, number, most) {
  const high = Math.max(6, (count / most) * HIGH);
  const span = since === until ? day(`${since}T12:00`) : `${day(`${since}T12:00`)} to ${day(`${until}T12:00`)}`;
  return draw("a", { class: "bar", "data-since": since, "data-until": until, "aria-label": `${counted(count, "memory", "memories")}, ${span}` },
    draw("rect", { class: "reach", x: number, y: 0, width: 1, height: HIGH }),
    draw("rect", { class: "fill", x: number + 0.12, y: HIGH - high, width: 0.76, height: high }));
}
