// Elements out of data. What was remembered may be hostile: it only ever becomes text.

const SVG = "http://www.w3.org/2000/svg";

/** An element; attributes whose names begin with "on" are listeners, and children that are strings are text. */
export function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** A link or a button, as `way` has it: an `href`, or an `onclick`; plain words where it is null. */
export function act(attributes, way, ...children) {
  if (!way) return make("span", attributes, ...children);
  return make(way.href ? "a" : "button", { type: way.href ? null : "button", ...attributes, ...way }, ...children);
}

export function draw(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

export const byId = (id) => document.getElementById(id);

const PATHS = {
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5 20 20",
  add: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6 6 18",
  clip: "M19 11l-7.5 7.500a4.5 4.5 0 0 1-6.4-6.400L13 4.300a3 3 0 0 1 4.2 4.200l-7.8 7.800a1.5 1.5 0 0 1-2.1-2.100L14 7.5",
  theme: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
  out: "M14 5H6v14h8M11 12h9M17 9l3 3-3 3",
  text: "M5 6h14M5 10h14M5 14h14M5 18h8",
  code: "M9 8l-4 4 4 4M15 8l4 4-4 4",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.500h.01",
  audio: "M5 10v4M9 7v10M13 4v16M17 8v8M21 11v2",
  video: "M4 6h16v12H4zM10 9.500v5l4.5-2.500z",
  document: "M7 3h7l4 4v14H7zM14 3v4h4M10 12h5M10 16h5",
  similar: "M9 5a5 5 0 1 0 0 10A5 5 0 0 0 9 5zM15 9a5 5 0 1 1-5 5",
  microphone: "M12 4a2.5 2.5 0 0 1 2.5 2.500v5a2.5 2.5 0 0 1-5 0v-5A2.5 2.5 0 0 1 12 4zM6.5 11a5.5 5.5 0 0 0 11 0M12 16.500V20",
  stop: "M7 7h10v10H7z",
};

/** A drawing beside words; alone it needs an aria-label on what it stands in. */
export function icon(name) {
  const path = draw("path", { d: PATHS[name] ?? PATHS.text });
  return draw("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" }, path);
}

/** One tab stop for many things; `next` says where an arrow key leads from one of them. */
export function walkable(container, items, next) {
  items.forEach((item, number) => item.setAttribute("tabindex", number ? "-1" : "0"));
  container.addEventListener("keydown", (event) => {
    const here = items.indexOf(event.target);
    const there = here < 0 ? undefined : next(here, event.key);
    if (there === undefined || !items[there]) return;
    event.preventDefault();
    items[there].focus();
  });
  container.addEventListener("focusin", (event) => {
    if (!items.includes(event.target)) return;
    for (const item of items) item.setAttribute("tabindex", item === event.target ? "0" : "-1");
  });
}

/** Tell whoever listens to the page what changed. */
export function say(text) {
  byId("said").textContent = text;
}

/** Tell everyone what went wrong; nothing where all is well again. */
export function alarm(text) {
  const place = byId("alert");
  const close = make("button", { type: "button", class: "plain", "aria-label": "Dismiss", onclick: () => alarm("") }, icon("close"));
  place.hidden = !text;
  place.replaceChildren(...(text ? [text, close] : []));
}
