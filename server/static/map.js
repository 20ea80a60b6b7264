// What is remembered, seen from above: near ones are alike, colours are topics, and every point can be opened.

import { get } from "./api.js";
import { byId, draw, make, walkable } from "./dom.js";
import { NOT_OPEN, address, filtersOf } from "./state.js";
import { MODALITIES, counted, day } from "./words.js";

const WIDE = 1000;
const HIGH = 640;
const EDGE = 28;
const COLOURS = 10;
const NAMED = 8;
let asked = "";
let asking = new AbortController();

export async function showMap(state, { again = false } = {}) {
  const filters = filtersOf(state);
  const key = JSON.stringify(filters);
  if (key === asked && byId("map-view").querySelector("svg") && !again) return;
  asked = key;
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  const place = byId("map-view");
  place.replaceChildren(make("p", { class: "quiet" }, "Drawing the map …"));
  try {
    const found = await get("/api/map", filters, signal);
    if (!signal.aborted) place.replaceChildren(...drawn(found));
  } catch (error) {
    if (error.name === "AbortError") return;
    asked = "";
    place.replaceChildren(make("p", { class: "error", role: "alert" }, error.message));
  }
}

function drawn({ topics, spots, memories, notes, pending }) {
  if (!spots.length) {
    const why = memories ? "What is remembered has no place on it yet: wait until it is embedded." : "Add some memories, and they will lie here by what they are about.";
    return [make("div", { class: "empty" }, make("h2", {}, "Nothing on the map"), make("p", {}, why))];
  }
  const told = make("p", { class: "told", "aria-hidden": "true" }, "Point at one, or walk through them with the arrow keys.");
  const svg = chart(spots, topics, told);
  const remarks = [...notes, ...(pending ? [`${counted(pending, "memory is", "memories are")} not embedded yet`] : [])];
  return [
    make("h2", {}, `${counted(memories, "memory", "memories")}, ${counted(topics.length, "topic")}`),
    make("div", { class: "map" }, make("div", { class: "chart" }, svg, told), legend(topics, spots, svg)),
    ...remarks.map((remark) => make("p", { class: "quiet" }, `${remark}.`)),
  ];
}

const xOf = (spot) => EDGE + spot.x * (WIDE - 2 * EDGE);
const yOf = (spot) => EDGE + (1 - spot.y) * (HIGH - 2 * EDGE);
const colourOf = (topic) => (topic === null ? "apart" : `topic-${topic % COLOURS}`);
const nameOf = (topic) => topic.words.slice(0, 4).join(", ") || "No words in common";

function chart(spots, topics, told) {
  const radius = spots.length < 80 ? 10 : spots.length < 500 ? 7 : 4;
  const points = spots.map((spot) => point(spot, radius));
  const svg = draw("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "group", "aria-label": "Map of memories" },
    ...points, ...labels(spots, topics));
  const tell = (event) => {
    const link = event.target.closest("a");
    if (link) told.textContent = link.getAttribute("aria-label");
  };
  svg.addEventListener("focusin", tell);
  svg.addEventListener("pointerover", tell);
  walkable(svg, points, (here, key) => nearest(spots, here, key));
  return svg;
}

function point(spot, radius) {
  const says = `${spot.says || "without words"} · ${MODALITIES[spot.modality] ?? spot.modality} · ${day(spot.when)}`;
  return draw("a", { class: `point ${colourOf(spot.topic)}`, href: address({ ...NOT_OPEN, open: spot.id }), "aria-label": says, "data-topic": String(spot.topic) },
    draw("circle", { cx: xOf(spot), cy: yOf(spot), r: radius }));
}

/** The names of the largest topics, amid their points; one that has no room there is left to the legend. */
function labels(spots, topics) {
  const taken = spots.map((spot) => ({ x: xOf(spot), y: yOf(spot), half: 8, high: 8 }));
  return topics.slice(0, NAMED).map((topic, number) => {
    const own = spots.filter((spot) => spot.topic === number);
    const words = topic.words.slice(0, 2).join(", ");
    if (!own.length || !words) return null;
    const place = freePlace(own, words.length * 4.6 + 4, taken);
    if (!place) return null;
    taken.push(place);
    return draw("text", { class: "label", x: place.x, y: place.y + 6, "text-anchor": "middle", "aria-hidden": "true" }, words);
  }).filter(Boolean);
}

/** Where a label lies on no point and no other label, as near the middle of its points as may be. */
function freePlace(own, half, taken) {
  const x = Math.min(WIDE - half, Math.max(half, own.reduce((sum, spot) => sum + xOf(spot), 0) / own.length));
  const middle = own.reduce((sum, spot) => sum + yOf(spot), 0) / own.length;
  for (const aside of [0, 14, -14, 28, -28, 42, -42, 56, -56, 70, -70]) {
    const place = { x, y: middle + aside, half, high: 11 };
    const isFree = taken.every((one) => Math.abs(one.x - x) >= one.half + half || Math.abs(one.y - place.y) >= one.high + 11);
    if (isFree && place.y > 14 && place.y < HIGH - 14) return place;
  }
  return null;
}

/** The point that an arrow key leads to: near, and rather ahead than aside. */
function nearest(spots, here, key) {
  const ahead = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[key];
  if (!ahead) return undefined;
  let best;
  let least = Infinity;
  spots.forEach((spot, number) => {
    const [dx, dy] = [xOf(spot) - xOf(spots[here]), yOf(spot) - yOf(spots[here])];
    const forward = dx * ahead[0] + dy * ahead[1];
    const cost = forward + 3 * Math.abs(dx * ahead[1] + dy * ahead[0]);
    if (number === here || forward <= 0 || cost >= least) return;
    [best, least] = [number, cost];
  });
  return best;
}

function legend(topics, spots, svg) {
  const entries = topics.map((topic, number) => [number, nameOf(topic), topic.memories]);
  const apart = spots.filter((spot) => spot.topic === null).length;
  const all = apart ? [...entries, [null, "In no topic", apart]] : entries;
  const list = make("ul", { class: "legend", "aria-label": "Topics" });
  list.append(...all.map(([topic, title, memories]) => make("li", {},
    make("button", { type: "button", "aria-pressed": "false", "data-topic": String(topic), onclick: (event) => choose(event.currentTarget, list, svg) },
      make("span", { class: `dot ${colourOf(topic)}` }), make("span", { dir: "auto" }, title), make("span", { class: "quiet" }, String(memories))))));
  return list;
}

/** Show one topic among the others; the same again shows all. */
function choose(button, list, svg) {
  const wanted = button.getAttribute("aria-pressed") === "true" ? null : button.dataset.topic;
  for (const one of list.querySelectorAll("button")) one.setAttribute("aria-pressed", String(one.dataset.topic === wanted));
  for (const one of svg.querySelectorAll(".point")) one.classList.toggle("faded", wanted !== null && one.dataset.topic !== wanted);
}
