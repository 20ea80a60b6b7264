// What is looked at, kept in the address's fragment: so that back, reload and a copied address all work.

const LISTS = ["modalities", "tags"];
const WORDS = ["view", "q", "like", "likeName", "since", "until", "namespace", "session", "open", "part", "piece", "at"];
export const NOT_OPEN = { open: "", part: "", piece: "", at: "" };

let follow = () => {};

/** Have `handler` called with the state, now and whenever it changes. */
export function follows(handler) {
  follow = () => handler(now());
  addEventListener("hashchange", follow);
  follow();
}

export function now() {
  const given = new URLSearchParams(location.hash.slice(1));
  const state = {};
  for (const name of WORDS) state[name] = given.get(name) ?? "";
  for (const name of LISTS) state[name] = given.getAll(name).filter(Boolean);
  return state;
}

/** The address of the state after some changes. */
export function address(changes, from = now()) {
  const pairs = Object.entries({ ...from, ...changes }).flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)]));
  return `#${new URLSearchParams(pairs.filter(([, value]) => value))}`;
}

/** Change the state; `replace` where going back should skip this step. */
export function go(changes, { replace = false } = {}) {
  const there = address(changes);
  if (there === (location.hash || "#")) return;
  history[replace ? "replaceState" : "pushState"](null, "", there);
  follow();
}

/** The filters that tools and `/api/…` both know; a day is one of the time zone of whoever looks. */
export function filtersOf({ modalities, tags, since, until, namespace, session }) {
  return { modalities, tags, since: isDay(since) ? midnight(since) : since, until: isDay(until) ? lastMoment(until) : until, namespace, session };
}

export const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));

const midnight = (day) => new Date(`${day}T00:00`).toISOString();

function lastMoment(day) {
  const next = new Date(`${day}T00:00`);
  next.setDate(next.getDate() + 1);
  return new Date(next - 1).toISOString();
}
