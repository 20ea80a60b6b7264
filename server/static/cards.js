// One memory that was found, as a card; where it leads to is for whoever shows it to say.

import { act, icon, make } from "./dom.js";
import { MODALITIES, counted, day, marked, titleOf } from "./words.js";

const SEEN = ["image", "video", "document"];
const REASONS = { meaning: "by meaning", looks: "by its looks", time: "by its time" };

/**
 * The card of a hit. `ways` has `placeOf` (part and piece of what is seen of it, or null), `picture` (of that place),
 * and `toOpen`, `toSimilar` and `toTag`: attributes of a link or a button, or null where there is no way.
 */
export function card(hit, ways) {
  const place = ways.placeOf(hit);
  const opens = (...words) => act({ class: "opens", dir: "auto", "aria-label": titleOf(hit) }, ways.toOpen(hit, place), ...words);
  const says = hit.passage ? marked(hit.passage, hit.why) : [make("span", { class: "quiet" }, "No words in it.")];
  // Words without a title are headed by nothing but themselves.
  const isBare = !hit.title && !isSeen(hit, place);
  const words = make("p", { class: "sight words", dir: "auto" }, ...(isBare ? [opens(...says)] : says));
  const name = { class: "similar", title: "Find similar", "aria-label": `Find similar to ${titleOf(hit)}` };
  const similar = ways.toSimilar(hit) && act(name, ways.toSimilar(hit), icon("similar"));
  return make("article", { class: `card ${hit.modality}` }, sight(hit, place, words, ways),
    make("div", { class: "below" }, isBare ? null : make("h3", {}, opens(titleOf(hit))), facts(hit, ways), why(hit)), similar);
}

/** Whether there may be a picture of it: its own, or what its note came with. */
function isSeen(hit, place) {
  const isItself = place && hit.piece.endsWith(`#${place.piece}`);
  return Boolean(place) && (!isItself || SEEN.includes(hit.modality));
}

/** A picture of it where there is one, else its words. */
function sight(hit, place, words, ways) {
  const badge = hit.anchor && !hit.anchor.startsWith("characters") ? make("span", { class: "badge" }, hit.anchor) : null;
  if (!isSeen(hit, place)) return make("div", { class: "frame" }, words, badge);
  const plays = hit.modality === "video" ? make("span", { class: "plays" }, icon("video")) : null;
  return make("div", { class: "frame" }, ways.picture(hit, place, words), badge, plays);
}

function facts(hit, ways) {
  const kind = make("span", { class: "kind" }, icon(hit.modality), MODALITIES[hit.modality] ?? hit.modality);
  const more = hit.others ? make("span", {}, counted(hit.others, "more place")) : null;
  const same = hit.same.length ? make("span", {}, `same as ${hit.same.length} more`) : null;
  const pending = hit.pending ? make("span", { class: "pending" }, "pending") : null;
  const tags = hit.tags.slice(0, 3).map((tag) => act({ class: "tag", dir: "auto" }, ways.toTag(tag), `#${tag}`));
  return make("p", { class: "facts" }, kind, make("time", { datetime: hit.when }, day(hit.when)), more, same, pending, ...tags);
}

function why(hit) {
  if (hit.score === null) return null;
  const reasons = hit.why.map((reason) => REASONS[reason] ?? `“${reason}”`).slice(0, 4).join(", ");
  const bar = make("meter", { min: "0", max: "1", value: String(hit.score), "aria-label": `Score ${hit.score.toFixed(2)}` });
  return make("p", { class: "why", dir: "auto" }, bar, make("span", {}, hit.score.toFixed(2)), reasons ? make("span", {}, reasons) : null);
}
