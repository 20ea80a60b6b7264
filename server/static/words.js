// Values as people read them.

import { make } from "./dom.js";

export const MODALITIES = {
  text: "Notes", code: "Code", image: "Pictures", audio: "Recordings", video: "Films", document: "Documents",
};

const NOTHING = { title: "", anchor: "", heading: "", namespace: "default", tags: [], source: "", medium: "", resource: "", others: 0, same: [], pending: false };

const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "short" });

export const day = (iso) => DATE.format(new Date(iso));

export const moment = (iso) => MOMENT.format(new Date(iso));

export const counted = (number, one, many = `${one}s`) => `${number.toLocaleString()} ${number === 1 ? one : many}`;

export function size(bytes) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const step = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** step).toLocaleString(undefined, { maximumFractionDigits: step ? 1 : 0 })} ${units[step]}`;
}

export const oneLine = (text, most = 120) => {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
};

/** The facts of an answer; what is empty of a hit is not sent. */
export const completed = (facts) => (facts?.hits ? { ...facts, hits: facts.hits.map((hit) => ({ ...NOTHING, piece: `${hit.id}#0`, ...hit })) } : facts);

/** What a hit is headed with. */
export const titleOf = (hit) => oneLine(hit.title || hit.passage || `${MODALITIES[hit.modality] ?? hit.modality} of ${day(hit.when)}`, 90);

/** Where something came from: a link only where that is an https address, else words. */
export function source(text) {
  const url = text.startsWith("https://") && URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== "https:") return make("span", { dir: "auto" }, text);
  return make("a", { href: url.href, rel: "noopener noreferrer", target: "_blank" }, text);
}

/** Of an answer's notes what a person has to know; how a model would ask for more is none of that. */
export const forPeople = (notes) => notes.filter((note) => !/^(\d+ (more:|shortened:)|Nothing matches well)/.test(note));

export const UNSURE = "Nothing matches well: these are only the nearest, and what you look for may not be remembered.";

/** A text whose words that matched are marked. */
export function marked(text, words) {
  const known = words.filter((word) => !["meaning", "looks", "time"].includes(word)).map(escaped);
  if (!known.length) return [text];
  const pieces = text.split(new RegExp(`((?<![\\p{L}\\p{N}])(?:${known.join("|")})[\\p{L}\\p{N}]*)`, "giu"));
  return pieces.map((piece, place) => (place % 2 ? make("mark", {}, piece) : piece));
}

const escaped = (word) => word.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
