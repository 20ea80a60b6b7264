// How the memory fares: what it holds, what waits, and what could not be done, with another try.

import { get, post } from "./api.js";
import { byId, make, say } from "./dom.js";
import { NOT_OPEN, address } from "./state.js";
import { MODALITIES, counted, day, size } from "./words.js";

const AGAIN_MS = 10_000;
let again = 0;

export async function showStatus() {
  clearTimeout(again);
  const place = byId("status-view");
  try {
    const [status, waiting, me] = await Promise.all([get("/api/status"), get("/api/waiting"), get("/api/me")]);
    place.replaceChildren(numbers(status), pieces(status), ...lists(waiting, status, me), abilities(status), ...costs(status));
    const isBusy = waiting.pending.length || waiting.unread.length;
    if (isBusy) again = setTimeout(() => !place.hidden && !byId("app").hidden && showStatus(), AGAIN_MS);
  } catch (error) {
    place.replaceChildren(make("p", { class: "error", role: "alert" }, error.message));
  }
}

function numbers({ memories, bytes, pending, failed, embedder, trouble }) {
  const tile = (value, name) => make("div", {}, make("dt", {}, name), make("dd", {}, value));
  return make("section", { "aria-label": "In all" },
    make("dl", { class: "tiles" }, tile(memories.toLocaleString(), "memories"), tile(size(bytes), "held"),
      tile(pending.toLocaleString(), "pieces pending"), tile(failed.toLocaleString(), "pieces failed")),
    make("p", { class: "quiet" }, `Embedder: ${embedder}`),
    trouble ? make("p", { class: "error" }, `Upkeep stopped: ${trouble}`) : null);
}

function pieces(status) {
  const most = Math.max(1, ...Object.values(status.pieces));
  const rows = Object.entries(status.pieces).filter(([, count]) => count).map(([kind, count]) =>
    make("tr", {}, make("th", { scope: "row" }, MODALITIES[kind] ?? kind),
      make("td", {}, make("meter", { min: "0", max: String(most), value: String(count), "aria-label": `${count} pieces` })),
      make("td", { class: "number" }, count.toLocaleString())));
  if (!rows.length) return make("p", { class: "empty" }, "Nothing is remembered yet.");
  return make("section", {}, make("h2", {}, "Pieces by kind"), make("table", {}, make("tbody", {}, ...rows)));
}

function lists({ unread, pending, failed }, { reading }, { scopes }) {
  const progress = new Map(reading.map((one) => [one.id, one.total ? `${Math.round((100 * one.done) / one.total)} % read` : "being read"]));
  const retry = failed.length && scopes.includes("memory:write")
    ? make("button", { type: "button", class: "first", onclick: tryAgain }, "Try those again") : null;
  return [
    list("Failed", failed, (one) => one.error, retry),
    list("Still being read", unread, (one) => progress.get(one.id) ?? ""),
    list("Waiting for vectors", pending, () => ""),
    ...(failed.length + unread.length + pending.length ? [] : [make("p", { class: "quiet" }, "Nothing waits, and nothing has failed.")]),
  ].filter(Boolean);
}

function list(title, rows, detail, action = null) {
  if (!rows.length) return null;
  return make("section", {}, make("h2", {}, title), action, make("ul", { class: "rows" }, ...rows.map((one) => make("li", {},
    make("a", { href: address({ ...NOT_OPEN, open: one.id }), dir: "auto" }, one.says || one.id),
    make("span", { class: "quiet" }, `${MODALITIES[one.modality] ?? one.modality} · ${day(one.when)}`),
    detail(one) ? make("span", { class: "detail", dir: "auto" }, detail(one)) : null))));
}

async function tryAgain(event) {
  event.currentTarget.disabled = true;
  try {
    await post("/api/retry");
    say("They are tried again.");
    showStatus();
  } catch (error) {
    byId("status-view").prepend(make("p", { class: "error", role: "alert" }, error.message));
  }
}

function abilities({ reads }) {
  return make("section", {}, make("h2", {}, "What reads what"), make("dl", { class: "facts" },
    ...reads.map((one) => make("div", {}, make("dt", {}, one.kind), make("dd", {}, one.detail)))));
}

function costs({ spending }) {
  if (!spending) return [];
  const said = (usage) => `${usage.total_dollars.toLocaleString(undefined, { style: "currency", currency: "USD", maximumFractionDigits: 6 })}, ${counted(usage.pieces, "piece")}`;
  return [make("section", {}, make("h2", {}, "What embedding cost"), make("dl", { class: "facts" },
    make("div", {}, make("dt", {}, "today (UTC)"), make("dd", {}, said(spending.today))),
    make("div", {}, make("dt", {}, "in all"), make("dd", {}, said(spending.ever)))))];
}
