// Searching as one types: the latest question wins, and only its answer is shown.

import { call, upload } from "./api.js";
import { card } from "./cards.js";
import { alarm, byId, icon, make, say } from "./dom.js";
import { LINKS } from "./links.js";
import { NOT_OPEN, filtersOf, go, now } from "./state.js";
import { UNSURE, counted, forPeople } from "./words.js";

const FIRST = 24;
const MOST = 96;
const PAUSE_MS = 180;
let asked = "";
let limit = FIRST;
let asking = new AbortController();
let pause = 0;

export function prepareSearch() {
  const field = byId("query");
  field.addEventListener("input", (event) => {
    if (event.isComposing) return;
    clearTimeout(pause);
    pause = setTimeout(() => typed(field.value), PAUSE_MS);
  });
  byId("search").addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(pause);
    typed(field.value);
  });
  byId("by-file").append(icon("clip"), make("span", {}, "By a file"));
  byId("by-file").addEventListener("click", () => byId("file").click());
  byId("file").addEventListener("change", (event) => {
    const [file] = event.target.files;
    if (file) searchByFile(file);
    event.target.value = "";
  });
  byId("more").addEventListener("click", () => {
    limit = Math.min(MOST, limit * 2);
    showSearch(now(), { again: true, keepsLimit: true });
  });
}

/** One step back leads to before the typing, not to each letter. */
function typed(q) {
  go({ q: q.trim() }, { replace: now().q !== "" && q.trim() !== "" });
}

/** Find what is like a file: it is sent ahead, and its ticket is what is asked by. */
export async function searchByFile(file) {
  alarm("");
  say(`Sending ${file.name || "the file"} …`);
  byId("results").setAttribute("aria-busy", "true");
  try {
    const ticket = await upload(file);
    go({ view: "", like: ticket, likeName: file.name || "what was pasted", ...NOT_OPEN });
  } catch (error) {
    alarm(error.message);
  } finally {
    byId("results").removeAttribute("aria-busy");
  }
}

/** Forget what was shown: somebody else may look at the page now. */
export function clearSearch() {
  asking.abort();
  asked = "";
  byId("query").value = "";
  byId("results").replaceChildren();
  byId("remarks").replaceChildren();
  byId("count").textContent = "";
}

export async function showSearch(state, { again = false, keepsLimit = false } = {}) {
  const field = byId("query");
  if (document.activeElement !== field || field.value.trim() === "") field.value = state.q;
  const question = questionOf(state);
  const key = JSON.stringify(question);
  if (key === asked && !again) return;
  asked = key;
  if (!keepsLimit) limit = FIRST;
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  byId("results").setAttribute("aria-busy", "true");
  byId("count").textContent ||= "Looking …";
  try {
    const found = await call("recall", { ...question, limit, max_tokens: 20000, media: "links" }, signal);
    if (!signal.aborted) showFound(found, state);
  } catch (error) {
    if (error.name === "AbortError" || signal.aborted) return;
    asked = "";
    byId("count").textContent = "";
    alarm(error.message);
  }
  if (!signal.aborted) byId("results").removeAttribute("aria-busy");
}

function questionOf(state) {
  return { query: state.q, like: state.like ? [state.like] : [], ...filtersOf(state) };
}

function showFound({ hits, found, unsure, notes, warnings }, state) {
  alarm("");
  const isSearch = Boolean(state.q || state.like);
  const total = counted(found, "memory", "memories");
  const shown = hits.length < found ? `the ${isSearch ? "best" : "newest"} ${hits.length} of ${total}` : total;
  const count = hits.length ? `${shown.charAt(0).toUpperCase()}${shown.slice(1)}` : "Nothing found";
  byId("count").textContent = count;
  say(unsure && hits.length ? `${count}. Nothing matches well.` : count);
  byId("results").replaceChildren(...hits.map((hit) => make("li", {}, card(hit, LINKS))));
  byId("remarks").replaceChildren(...remarks(unsure && hits.length > 0, [...notes, ...(warnings ?? [])]));
  byId("more").hidden = hits.length >= found || limit >= MOST;
  showEmpty(hits.length === 0, state);
}

function remarks(unsure, notes) {
  return [...(unsure ? [make("p", { class: "unsure" }, UNSURE)] : []), ...forPeople(notes).map((note) => make("p", { dir: "auto" }, note))];
}

function showEmpty(isEmpty, state) {
  byId("empty").hidden = !isEmpty;
  const isNarrowed = [state.q, state.like, state.since, state.until, state.namespace, state.session].some(Boolean);
  const nothing = isNarrowed || state.modalities.length || state.tags.length;
  byId("empty").replaceChildren(
    make("h2", {}, nothing ? "Nothing found" : "Nothing is remembered yet"),
    make("p", {}, nothing
      ? "Try other words, or take a filter away."
      : byId("add").hidden
        ? "What is remembered with this token’s name will be shown here."
        : "Add a note, a picture, a recording or a document; or have an assistant remember something."),
  );
}
