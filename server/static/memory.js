// One memory in a dialog: what it shows and says, what is known of it, what is like it, and how to forget it.

import { call } from "./api.js";
import { card } from "./cards.js";
import { byId, icon, make } from "./dom.js";
import { forgetting } from "./forgetting.js";
import { LINKS } from "./links.js";
import { medium } from "./media.js";
import { NOT_OPEN, address, go } from "./state.js";
import { MODALITIES, moment, oneLine, source } from "./words.js";

const SIMILAR = 6;
let shown = "";
let opening = new AbortController();

byId("memory").addEventListener("close", () => {
  shown = "";
  opening.abort();
  byId("memory").replaceChildren();
  go(NOT_OPEN, { replace: true });
});
byId("memory").addEventListener("click", (event) => event.target === byId("memory") && byId("memory").close());

export function closeMemory() {
  if (byId("memory").open) byId("memory").close();
}

/** Open what the state names; closed where it names nothing. */
export async function showMemory(state, options) {
  const key = [state.open, state.part, state.piece, state.at].join(" ");
  if (!state.open) return closeMemory();
  if (key === shown) return undefined;
  shown = key;
  opening.abort();
  opening = new AbortController();
  const { signal } = opening;
  const dialog = byId("memory");
  dialog.replaceChildren(...framed("Opening …"));
  if (!dialog.open) dialog.showModal();
  try {
    const { memories, notes } = await call("recall", { ids: [state.open], max_tokens: 20000, media: "links" }, signal);
    if (!signal.aborted) dialog.replaceChildren(...drawn(memories[0], notes, state, options, signal));
  } catch (error) {
    if (error.name === "AbortError" || signal.aborted) return undefined;
    dialog.replaceChildren(...framed("It cannot be opened", make("p", { class: "error", role: "alert" }, error.message)));
  }
  dialog.scrollTop = 0;
  return undefined;
}

function framed(title, ...body) {
  const close = make("button", { type: "button", class: "plain", "aria-label": "Close", onclick: closeMemory }, icon("close"));
  return [make("header", {}, make("h2", { id: "memory-title", dir: "auto" }, title), close), ...body];
}

function drawn(memory, notes, state, options, signal) {
  const title = memory.title || oneLine(memory.text, 80) || moment(memory.when);
  const sights = make("div", { class: "sights" });
  const words = make("pre", { class: "words", dir: "auto", tabindex: "0", "aria-label": "All its words" }, memory.text);
  const alike = make("section", { class: "alike", "aria-label": "Similar memories" });
  showMedia(sights, memory, state, title, signal);
  showSimilar(alike, memory, signal);
  return framed(title,
    make("div", { class: memory.media.length ? "memory with-media" : "memory" }, sights,
      make("div", { class: "said" }, words, ...notes.map((note) => remark(note, words, signal)), known(memory), actions(memory, title, options))),
    alike);
}

/** Where more is to be read, a button reads it; other remarks are words. */
function remark(note, words, signal) {
  const rest = /ids=\["(m[0-9a-f]{20}#\d+-\d*)"\]/.exec(note)?.[1];
  if (!rest) return make("p", { class: "quiet", dir: "auto" }, note);
  const place = make("p", {});
  const button = make("button", { type: "button", onclick: async () => {
    button.disabled = true;
    try {
      const { memories, notes } = await call("recall", { ids: [rest], max_tokens: 20000, media: "links" }, signal);
      words.append(`\n${memories[0].text}`);
      place.replaceWith(...notes.map((one) => remark(one, words, signal)));
    } catch (error) {
      if (error.name !== "AbortError") place.replaceChildren(button, make("span", { class: "error", role: "alert" }, error.message));
      button.disabled = false;
    }
  } }, "Read on");
  place.append(button);
  return place;
}

async function showMedia(place, memory, state, title, signal) {
  for (const link of memory.media) {
    const found = /^\/media\/m[0-9a-f]{20}\/(\d+)$/.exec(new URL(link, location.href).pathname);
    if (!found) continue;
    const isFound = state.piece && state.part === found[1];
    const piece = isFound ? state.piece : "";
    try {
      const sight = await medium(found[0], { piece, at: isFound ? state.at : "", words: title }, signal);
      if (!signal.aborted) place.append(sight);
    } catch (error) {
      if (error.name === "AbortError") return;
      place.append(make("p", { class: "error" }, error.message));
    }
  }
}

async function showSimilar(place, memory, signal) {
  try {
    const { hits, unsure } = await call("recall", { like: [memory.id], limit: SIMILAR, max_tokens: 6000, media: "links" }, signal);
    const others = hits.filter((hit) => hit.id !== memory.id);
    if (signal.aborted || unsure || !others.length) return;
    place.append(make("h3", {}, "Similar"), make("ul", { class: "grid small" }, ...others.map((hit) => make("li", {}, card(hit, LINKS)))));
  } catch (error) {
    if (error.name !== "AbortError") place.append(make("p", { class: "quiet" }, `Nothing similar can be shown: ${error.message}`));
  }
}

function known(memory) {
  const link = (text, changes) => make("a", { href: address({ view: "", ...NOT_OPEN, ...changes }), class: "tag", dir: "auto" }, text);
  const opened = (id) => make("a", { href: address({ ...NOT_OPEN, open: id }) }, id);
  const rows = {
    When: [make("time", { datetime: memory.when }, moment(memory.when))],
    Kind: [memory.modalities.map((kind) => MODALITIES[kind] ?? kind).join(", ")],
    Tags: memory.tags.map((tag) => link(`#${tag}`, { tags: [tag] })),
    Namespace: memory.namespace ? [link(memory.namespace, { namespace: memory.namespace })] : [],
    Session: memory.session ? [link(memory.session, { session: memory.session })] : [],
    From: memory.sources.map(source),
    Replaces: memory.replaces ? [opened(memory.replaces)] : [],
    "Replaced by": memory.superseded_by ? [opened(memory.superseded_by)] : [],
    Id: [make("code", {}, memory.id)],
  };
  const facts = [...Object.entries(rows), ...Object.entries(memory.metadata).map(([key, value]) => [key, [String(value)]])];
  return make("dl", {}, ...facts.filter(([, values]) => values.length).map(([name, values]) =>
    make("div", {}, make("dt", { dir: "auto" }, name), make("dd", { dir: "auto" }, ...values.flatMap((value, number) => (number ? [" ", value] : [value]))))));
}

function actions(memory, title, { mayForget, whenGone }) {
  const similar = make("a", { class: "button", href: address({ view: "", q: "", like: memory.id, likeName: oneLine(title, 60), ...NOT_OPEN }) },
    icon("similar"), "Find similar");
  return make("div", { class: "actions" }, similar, mayForget ? forgetting(memory, whenGone) : null);
}
