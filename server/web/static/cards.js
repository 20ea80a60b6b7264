// One memory that was found, as a card.

import { icon, make } from "./dom.js";
import { NOT_OPEN, address } from "./state.js";
import { MODALITIES, counted, day, marked, oneLine } from "./words.js";

const SEEN = ["image", "video", "document"];
const REASONS = { meaning: "by meaning", looks: "by its looks", time: "by its time" };

/** Which part and piece a link shows; only its path is used, the session does the rest. */
export function placeOf(medium) {
  const path = medium && URL.canParse(medium, location.href) ? new URL(medium, location.href).pathname : "";
  const found = /^\/media\/(m[0-9a-f]{20})\/(\d+)\/(\d+)$/.exec(path);
  return found && { path, part: found[2], piece: found[3] };
}

/** What a card is headed with. */
export const titleOf = (hit) => oneLine(hit.title || hit.passage || `${MODALITIES[hit.modality] ?? hit.modality} of ${day(hit.when)}`, 90);

export function card(hit) {
  const place = placeOf(hit.medium);
  const link = (...words) => make("a", { class: "opens", href: opening(hit, place), dir: "auto", "aria-label": titleOf(hit) }, ...words);
  const says = hit.passage ? marked(hit.passage, hit.why) : [make("span", { class: "quiet" }, "No words in it.")];
  // Words without a title are headed by nothing but themselves.
  const isBare = !hit.title && !isSeen(hit, place);
  const words = make("p", { class: "sight words", dir: "auto" }, ...(isBare ? [link(...says)] : says));
  const similar = make("a", {
    class: "similar", title: "Find similar", "aria-label": `Find similar to ${titleOf(hit)}`,
    href: address({ view: "", q: "", like: hit.id, likeName: titleOf(hit), ...NOT_OPEN }),
  }, icon("similar"));
  return make("article", { class: `card ${hit.modality}` }, sight(hit, place, words),
    make("div", { class: "below" }, isBare ? null : make("h3", {}, link(titleOf(hit))), facts(hit), why(hit)), similar);
}

/** Whether there may be a picture of it: its own, or what its note came with. */
function isSeen(hit, place) {
  const isItself = place && hit.piece.endsWith(`#${place.piece}`);
  return Boolean(place) && (!isItself || SEEN.includes(hit.modality));
}

function opening(hit, place) {
  const at = hit.seconds ? String(hit.seconds[0]) : "";
  return address({ open: hit.id, part: place?.part ?? "", piece: place?.piece ?? "", at });
}

/** A picture of it where there is one, else its words. */
function sight(hit, place, words) {
  const badge = hit.anchor && !hit.anchor.startsWith("characters") ? make("span", { class: "badge" }, hit.anchor) : null;
  if (!isSeen(hit, place)) return make("div", { class: "frame" }, words, badge);
  const frame = make("div", { class: "frame" });
  const picture = make("img", {
    class: "sight", alt: "", loading: "lazy", src: `${place.path}?still=small`,
    onerror: () => picture.replaceWith(words),
  });
  frame.append(picture, ...(badge ? [badge] : []));
  if (hit.modality === "video") frame.append(make("span", { class: "plays" }, icon("video")));
  return frame;
}

function facts(hit) {
  const kind = make("span", { class: "kind" }, icon(hit.modality), MODALITIES[hit.modality] ?? hit.modality);
  const more = hit.others ? make("span", {}, counted(hit.others, "more place")) : null;
  const same = hit.same.length ? make("span", {}, `same as ${hit.same.length} more`) : null;
  const pending = hit.pending ? make("span", { class: "pending" }, "pending") : null;
  const tags = hit.tags.slice(0, 3).map((tag) => make("a", { class: "tag", href: address({ tags: [tag] }), dir: "auto" }, `#${tag}`));
  return make("p", { class: "facts" }, kind, make("time", { datetime: hit.when }, day(hit.when)), more, same, pending, ...tags);
}

function why(hit) {
  if (hit.score === null) return null;
  const reasons = hit.why.map((reason) => REASONS[reason] ?? `“${reason}”`).slice(0, 4).join(", ");
  const bar = make("meter", { min: "0", max: "1", value: String(hit.score), "aria-label": `Score ${hit.score.toFixed(2)}` });
  return make("p", { class: "why", dir: "auto" }, bar, make("span", {}, hit.score.toFixed(2)), reasons ? make("span", {}, reasons) : null);
}
