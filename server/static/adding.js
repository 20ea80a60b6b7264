// Adding by hand: words, files and what the microphone hears become one memory.

import { call, upload } from "./api.js";
import { byId, icon, make, say } from "./dom.js";
import { recorder } from "./recorder.js";
import { NOT_OPEN, address } from "./state.js";
import { MODALITIES, counted, oneLine, size } from "./words.js";

let files = [];
let added = () => {};
let parts = null;

export function prepareAdding({ whenAdded }) {
  added = whenAdded;
  const dialog = byId("adding");
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => parts?.recorder.stop());
}

/** Open the dialog, with some files in it. */
export function openAdding(given = []) {
  const dialog = byId("adding");
  if (!parts) parts = build(dialog);
  if (!dialog.open) {
    parts.outcome.replaceChildren();
    dialog.showModal();
    parts.text.focus();
  }
  take(given);
}

function take(given) {
  files = [...files, ...given];
  parts.list.replaceChildren(...files.map((file) => make("li", {}, make("span", { dir: "auto" }, file.name), make("span", { class: "quiet" }, size(file.size)),
    make("button", { type: "button", class: "plain", "aria-label": `Leave out ${file.name}`, onclick: () => {
      files = files.filter((one) => one !== file);
      take([]);
    } }, icon("close")))));
}

function build(dialog) {
  const text = make("textarea", { id: "adding-text", rows: "6", dir: "auto", placeholder: "Write or paste a note. With files: what they are about." });
  const title = make("input", { id: "adding-name", autocomplete: "off" });
  const tags = make("input", { id: "adding-tags", autocomplete: "off", placeholder: "separated by commas" });
  const list = make("ul", { class: "files", "aria-label": "Files to add" });
  const outcome = make("div", { class: "outcome", role: "status" });
  const error = make("p", { class: "error", role: "alert" });
  const picker = make("input", { type: "file", multiple: true, class: "unseen", tabindex: "-1", "aria-hidden": "true", onchange: (event) => {
    take([...event.target.files]);
    event.target.value = "";
  } });
  const recording = recorder({ whenDone: (file) => take([file]), tell: (message) => { error.textContent = message; } });
  const submit = make("button", { type: "submit", class: "first" }, "Remember");
  const form = make("form", { onsubmit: (event) => { event.preventDefault(); remember(); } },
    make("label", { for: "adding-text" }, "Note"), text,
    make("div", { class: "row" }, make("button", { type: "button", onclick: () => picker.click() }, icon("clip"), "Choose files"), recording.button, recording.time, picker,
      make("span", { class: "quiet" }, "or drop or paste them here")),
    list,
    make("div", { class: "pair" },
      make("div", {}, make("label", { for: "adding-name" }, "Title"), title), make("div", {}, make("label", { for: "adding-tags" }, "Tags"), tags)),
    error, outcome, make("div", { class: "row end" }, submit));
  const close = make("button", { type: "button", class: "plain", "aria-label": "Close", onclick: () => dialog.close() }, icon("close"));
  dialog.append(make("header", {}, make("h2", { id: "adding-title" }, "Remember something"), close), form);
  return { text, title, tags, list, outcome, error, submit, form, recorder: recording };
}

async function remember() {
  const { text, title, tags, error, outcome, submit } = parts;
  error.textContent = "";
  if (!text.value.trim() && !files.length) {
    error.textContent = "Write a note, or choose a file.";
    text.focus();
    return;
  }
  submit.disabled = true;
  try {
    const tickets = await sent(files, outcome);
    outcome.textContent = "Remembering …";
    const told = await call("remember", { text: text.value, files: tickets, title: title.value.trim(), tags: tagsOf(tags.value) });
    outcome.replaceChildren(...became(told));
    text.value = title.value = tags.value = "";
    files = [];
    take([]);
    added();
  } catch (refused) {
    outcome.replaceChildren();
    error.textContent = refused.message;
  } finally {
    submit.disabled = false;
  }
}

async function sent(chosen, outcome) {
  const tickets = [];
  for (const [number, file] of chosen.entries()) {
    outcome.textContent = `Sending ${file.name} (${number + 1} of ${chosen.length}) …`;
    tickets.push(await upload(file));
  }
  return tickets;
}

const tagsOf = (text) => text.split(",").map((tag) => tag.trim()).filter(Boolean);

/** What became of it, with links to it and to what is like it. */
function became({ id, status, state, modalities, segments, similar, warnings }) {
  const link = (to, text) => make("a", { href: address({ ...NOT_OPEN, open: to }), dir: "auto", onclick: () => byId("adding").close() }, text);
  const kinds = modalities.map((kind) => (MODALITIES[kind] ?? kind).toLowerCase()).join(", ");
  const lead = status === "duplicate"
    ? make("p", {}, "This was remembered before: ", link(id, "open the original"), ".")
    : make("p", {}, "Remembered: ", link(id, "open it"), ` (${kinds}; ${counted(segments, "piece")}).`);
  const pending = state === "pending" ? make("p", {}, "It is found by its words already, and by meaning once it is embedded (pending).") : null;
  const alike = similar.length ? make("p", {}, "Close to it: ", ...similar.flatMap((one, number) => [number ? ", " : "", link(one.id, oneLine(one.preview, 50))])) : null;
  say(status === "duplicate" ? "This was remembered before." : "Remembered.");
  return [lead, pending, alike, ...warnings.map((warning) => make("p", { class: "unsure", dir: "auto" }, warning))].filter(Boolean);
}
