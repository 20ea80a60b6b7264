// Forgetting asks once more, erases, and shows the receipt.

import { call } from "./api.js";
import { byId, icon, make, say } from "./dom.js";
import { closeMemory } from "./memory.js";
import { counted, size } from "./words.js";

/** A button that forgets a memory; `whenGone` is called once it is. */
export function forgetting(memory, whenGone) {
  const place = make("div", { class: "forgetting" });
  const ask = make("button", { type: "button", class: "grave", onclick: () => question(place, ask, memory, whenGone) }, "Forget …");
  place.append(ask);
  return place;
}

function question(place, ask, memory, whenGone) {
  const error = make("p", { class: "error", role: "alert" });
  const keep = make("button", { type: "button", onclick: () => { place.replaceChildren(ask); ask.focus(); } }, "Keep it");
  const yes = make("button", { type: "button", class: "grave first", onclick: async () => {
    yes.disabled = keep.disabled = true;
    try {
      showReceipt(await call("forget", { ids: [memory.id] }));
      whenGone();
    } catch (refused) {
      error.textContent = refused.message;
      yes.disabled = keep.disabled = false;
    }
  } }, "Forget for good");
  place.replaceChildren(make("p", {}, "Its words, vectors and files are erased. This cannot be undone."), yes, keep, error);
  keep.focus();
}

function showReceipt(receipt) {
  const rows = {
    Forgotten: counted(receipt.memories, "memory", "memories"),
    Pieces: receipt.segments.toLocaleString(),
    Held: size(receipt.bytes),
    Erased: receipt.erased ? "yes, from every file" : "not from every file yet",
    Detail: receipt.detail,
  };
  const done = make("button", { type: "button", class: "first", onclick: closeMemory }, "Done");
  const close = make("button", { type: "button", class: "plain", "aria-label": "Close", onclick: closeMemory }, icon("close"));
  byId("memory").replaceChildren(
    make("header", {}, make("h2", { id: "memory-title" }, "Receipt"), close),
    make("div", { class: "receipt" },
      make("dl", {}, ...Object.entries(rows).map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value)))), done),
  );
  done.focus();
  say(`${rows.Forgotten} forgotten.`);
}
