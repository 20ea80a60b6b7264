// What a recall brought back, shown in the chat: cards with pictures, and each of them to be opened, seen and heard.

import { begin, listen, request } from "./bridge.js";
import { card } from "./cards.js";
import { act, byId, icon, make } from "./dom.js";
import { MODALITIES, UNSURE, completed, counted, forPeople, moment, oneLine, titleOf } from "./words.js";

const META = "sensorium/gallery";
const OPENED_TOKENS = 6000;
const ALIKE = 12;
let can = {};
const shown = [];
const pictures = new Map();

/** The result of a call: its facts, which stand beside it where it came with pictures, and what is seen of each. */
function read(result) {
  const { facts = result.structuredContent, sights = [] } = result._meta?.[META] ?? {};
  if (result.isError || !facts) throw new Error(result.content.map((block) => block.text ?? "").join("\n") || "Nothing came back.");
  for (const block of result.content) {
    const sight = block._meta?.["sensorium/sight"];
    if (sight && block.type === "image") pictures.set(sight, `data:${block.mimeType};base64,${block.data}`);
  }
  const { hits, memories } = completed(facts);
  const things = (hits ?? memories).map((one, number) => ({ ...one, sight: sights[number] ?? "" }));
  return { ...facts, things };
}

async function ask(given) {
  return read(await request("tools/call", { name: "recall", arguments: { media: "none", ...given } }));
}

/** What a sight's address holds, as an address that this document may show. */
async function sightOf(address) {
  const { contents: [{ blob, mimeType, text }] } = await request("resources/read", { uri: address });
  return { kind: blob ? mimeType.split("/")[0] : "text", text, data: blob && `data:${mimeType};base64,${blob}` };
}

const WAYS = {
  placeOf: ({ sight }) => {
    const found = /^memory:\/\/m[0-9a-f]{20}\/(\d+)\/(\d+)$/.exec(sight);
    return found && { part: found[1], piece: found[2] };
  },
  toOpen: (hit) => (can.serverTools ? { onclick: () => open(hit) } : null),
  toSimilar: (hit) => (can.serverTools ? { onclick: () => showAlike(hit) } : null),
  toTag: () => null,
  picture: (hit, _, otherwise) => {
    // A clip is read when it is asked for, not for a card.
    if (!pictures.has(hit.sight) && (hit.modality === "video" || !can.serverResources)) return otherwise;
    const image = make("img", { class: "sight", alt: "", src: pictures.get(hit.sight) ?? null, onerror: () => image.replaceWith(otherwise) });
    if (!pictures.has(hit.sight)) whenSeen(image, () => load(image, hit.sight, otherwise));
    return image;
  },
};

async function load(image, sight, otherwise) {
  const found = await sightOf(sight).catch(() => null);
  if (found?.kind !== "image") return image.replaceWith(otherwise);
  pictures.set(sight, found.data);
  return image.setAttribute("src", found.data);
}

function whenSeen(element, then) {
  const watch = new IntersectionObserver(([entry]) => {
    if (!entry.isIntersecting) return;
    watch.disconnect();
    then();
  });
  watch.observe(element);
}

/** Show some elements; a step back leads to what was shown before. */
function show(title, ...elements) {
  shown.push([title, elements]);
  showLast();
}

function showLast() {
  const [title, elements] = shown.at(-1);
  const back = shown.length > 1 ? act({ class: "plain" }, { onclick: () => { shown.pop(); showLast(); } }, "Back") : null;
  byId("gallery").replaceChildren(make("header", {}, back, make("h2", { dir: "auto", tabindex: "-1" }, title)), ...elements);
  if (back) byId("gallery").querySelector("h2").focus({ preventScroll: true });
}

const trouble = (error) => show("It did not work", make("p", { class: "error", role: "alert", dir: "auto" }, error.message));

function showFound({ things, found, unsure, notes, warnings = [] }, title) {
  const lead = unsure && things.length ? [make("p", { class: "unsure" }, UNSURE)] : [];
  const remarks = forPeople([...notes, ...warnings]).map((note) => make("p", { class: "quiet", dir: "auto" }, note));
  const total = counted(found, "memory", "memories");
  const heading = title ?? (things.length < found ? `${things.length} of ${total}` : total);
  const cards = make("ul", { class: "grid" }, ...things.map((hit) => make("li", {}, card(hit, WAYS))));
  show(things.length ? heading : "Nothing found", ...lead, cards, ...remarks);
}

async function showAlike(hit) {
  try {
    const found = await ask({ like: [hit.id], limit: ALIKE });
    showFound(found, `Like ${titleOf(hit)}`);
  } catch (error) {
    trouble(error);
  }
}

async function open(hit) {
  try {
    const { things: [memory], notes } = await ask({ ids: [hit.id], max_tokens: OPENED_TOKENS });
    showMemory({ ...memory, sight: hit.sight || memory.sight }, notes);
    // The model learns what is looked at, where the host has it so.
    request("ui/update-model-context", { content: [{ type: "text", text: `The user has opened memory ${hit.id} in the gallery.` }] }).catch(() => {});
  } catch (error) {
    trouble(error);
  }
}

function showMemory(memory, notes) {
  const place = make("figure", {});
  if (memory.sight) showSight(place, memory.sight);
  const kinds = memory.modalities.map((kind) => MODALITIES[kind] ?? kind).join(", ");
  const tags = memory.tags.map((tag) => make("span", { class: "tag", dir: "auto" }, `#${tag}`));
  show(memory.title || oneLine(memory.text, 80) || moment(memory.when), place,
    make("pre", { class: "words", dir: "auto", tabindex: "0", "aria-label": "All its words" }, memory.text),
    make("p", { class: "facts" }, make("time", { datetime: memory.when }, moment(memory.when)), make("span", {}, kinds), ...tags, make("code", {}, memory.id)),
    ...forPeople(notes).map((note) => make("p", { class: "quiet", dir: "auto" }, note)));
}

/** The picture, the page, or a player of the seconds that were found. */
async function showSight(place, address) {
  const known = pictures.get(address);
  if (known) place.append(make("img", { src: known, alt: "" }));
  if (!can.serverResources) return;
  try {
    const { kind, data } = await sightOf(address);
    if (kind === "image") place.replaceChildren(make("img", { src: data, alt: "" }));
    if (kind === "video" || kind === "audio") place.replaceChildren(make(kind, { controls: true, src: data, "aria-label": kind === "video" ? "Film" : "Recording" }));
  } catch (error) {
    place.append(make("p", { class: "quiet", dir: "auto" }, `It cannot be shown here: ${error.message}`));
  }
}

/** The host's colours and letters, where it has told them. */
function dress({ theme, styles }) {
  if (theme) document.documentElement.dataset.theme = theme;
  for (const [name, value] of Object.entries(styles?.variables ?? {})) {
    if (value) document.documentElement.style.setProperty(name, value);
  }
}

function showResult(result) {
  shown.length = 0;
  try {
    const found = read(result);
    if (found.hits) showFound(found);
    else if (found.things.length === 1) showMemory(found.things[0], found.notes);
    else show(counted(found.things.length, "memory", "memories"), ...found.things.map(opened));
  } catch (error) {
    trouble(error);
  }
}

/** One of several that were opened at once. */
function opened(memory) {
  const hit = { ...memory, modality: memory.modalities[0] };
  const title = memory.title || oneLine(memory.text, 80) || moment(memory.when);
  return make("p", {}, act({ class: "plain" }, WAYS.toOpen(hit), icon(hit.modality), title));
}

listen("ui/notifications/tool-result", showResult);
listen("ui/notifications/tool-cancelled", () => trouble(new Error("The search was stopped.")));
listen("ui/notifications/host-context-changed", dress);
begin("sensorium-gallery", document.documentElement.dataset.version).then((host) => {
  can = host.can;
  dress(host.context);
}, trouble);
