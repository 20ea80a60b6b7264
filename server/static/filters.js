// What narrows a search: kinds to choose from, more in a drawer, and a chip for each that is set.

import { byId, icon, make } from "./dom.js";
import { address, go, isDay, now } from "./state.js";
import { MODALITIES, day } from "./words.js";

const NAMES = { since: "from", until: "until", namespace: "namespace", session: "session" };

export function showFilters(state) {
  const place = byId("filters");
  if (!place.firstChild) build(place);
  for (const button of place.querySelectorAll("[data-kind]")) {
    button.setAttribute("aria-pressed", String(state.modalities.includes(button.dataset.kind)));
  }
  for (const name of Object.keys(NAMES)) {
    const field = place.querySelector(`[name=${name}]`);
    if (field !== document.activeElement) field.value = state[name].slice(0, field.type === "date" ? 10 : undefined);
  }
  place.querySelector(".chips").replaceChildren(...chips(state));
}

function build(place) {
  const kinds = Object.entries(MODALITIES).map(([kind, title]) =>
    make("button", { type: "button", class: "toggle", "data-kind": kind, "aria-pressed": "false", onclick: () => toggle(kind) },
      icon(kind), title));
  place.append(make("div", { class: "kinds", role: "group", "aria-label": "Kinds" }, ...kinds, drawer()),
    make("ul", { class: "chips", "aria-label": "Filters that are set" }));
}

function toggle(kind) {
  const { modalities } = now();
  go({ modalities: modalities.includes(kind) ? modalities.filter((one) => one !== kind) : [...modalities, kind] });
}

function drawer() {
  const field = (name, title, type) => make("label", {}, title, make("input", { name, type, autocomplete: "off" }));
  const fields = make("form", { class: "drawer", onsubmit: apply, onchange: (event) => event.target.type === "date" && apply(event) },
    field("since", "From", "date"), field("until", "Until", "date"), field("tag", "Tag", "text"),
    field("namespace", "Namespace", "text"), field("session", "Session", "text"),
    make("button", { type: "submit" }, "Filter"));
  return make("details", {}, make("summary", { class: "toggle" }, "More filters"), fields);
}

function apply(event) {
  event.preventDefault();
  const form = event.target.closest("form");
  const changes = Object.fromEntries(Object.keys(NAMES).map((name) => [name, form.elements[name].value.trim()]));
  const tag = form.elements.tag.value.trim();
  const { tags } = now();
  form.elements.tag.value = "";
  go({ ...changes, tags: tag && !tags.includes(tag) ? [...tags, tag] : tags });
}

function chips(state) {
  const { tags } = state;
  return [
    ...(state.like ? [chip(`like ${state.likeName || state.like}`, { like: "", likeName: "" }, state)] : []),
    ...tags.map((tag) => chip(`#${tag}`, { tags: tags.filter((one) => one !== tag) }, state)),
    ...Object.entries(NAMES).filter(([name]) => state[name]).map(([name, title]) =>
      chip(`${title} ${isDay(state[name]) ? day(`${state[name]}T12:00`) : state[name]}`, { [name]: "" }, state)),
  ];
}

function chip(text, changes, state) {
  const link = make("a", { href: address(changes, state), "aria-label": `Take away: ${text}`, dir: "auto" }, make("span", {}, text), icon("close"));
  return make("li", {}, link);
}
