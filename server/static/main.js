// The page begins here: who asks, which view is shown, and what follows from the address.

import { openAdding, prepareAdding } from "./adding.js";
import { get, post, whenLoggedOut } from "./api.js";
import { prepareDropping } from "./dropping.js";
import { alarm, byId, icon, make, say } from "./dom.js";
import { showFilters } from "./filters.js";
import { askToken } from "./login.js";
import { showMap } from "./map.js";
import { closeMemory, showMemory } from "./memory.js";
import { clearSearch, prepareSearch, searchByFile, showSearch } from "./search.js";
import { NOT_OPEN, address, follows, now } from "./state.js";
import { showStatus } from "./status.js";
import { showTimeline } from "./timeline.js";

const VIEWS = { "": "Search", map: "Map", status: "Status" };
let me = null;
let isFollowing = false;

async function start() {
  try {
    me = await get("/api/me");
  } catch (error) {
    if (error.status !== 401) alarm(error.message);
    return;
  }
  byId("login").hidden = true;
  byId("app").hidden = false;
  showWho();
  if (isFollowing) show(now());
  else follows(show);
  isFollowing = true;
}

function leave(why) {
  const was = me;
  me = null;
  closeMemory();
  byId("adding").close();
  byId("app").hidden = true;
  clearSearch();
  for (const view of ["views", "map-view", "status-view", "filters", "timeline"]) byId(view).replaceChildren();
  askToken(was ? `You are no longer logged in: ${why}` : "", start);
}

const may = (scope) => me !== null && me.scopes.includes(`memory:${scope}`);

function showWho() {
  byId("add").hidden = !may("write");
  byId("logout").hidden = byId("owner").hidden = !me.can_log_out;
  byId("owner").textContent = me.owner;
  byId("owner").title = `Sensorium ${me.version}`;
}

function show(state) {
  if (me === null) return;
  const view = state.view in VIEWS ? state.view : "";
  byId("search-view").hidden = view !== "";
  byId("map-view").hidden = view !== "map";
  byId("status-view").hidden = view !== "status";
  byId("views").replaceChildren(...Object.entries(VIEWS).map(([name, title]) => tab(name, title, view)));
  if (view === "") {
    showFilters(state);
    showTimeline(state);
    showSearch(state);
  }
  if (view === "map") showMap(state);
  if (view === "status") showStatus();
  showMemory(state, { mayForget: may("forget"), whenGone: refresh });
}

function tab(name, title, current) {
  return make("a", { href: address({ view: name, ...NOT_OPEN }), "aria-current": name === current ? "page" : null }, title);
}

/** Look again: something was added or forgotten. */
function refresh() {
  const state = now();
  showSearch(state, { again: true });
  showTimeline(state, { again: true });
  if (state.view === "map") showMap(state, { again: true });
  if (state.view === "status") showStatus();
}

function prepareTools() {
  byId("add").append(icon("add"), make("span", {}, "Add"));
  byId("add").addEventListener("click", () => openAdding());
  byId("logout").append(icon("out"), make("span", {}, "Log out"));
  byId("logout").addEventListener("click", logOut);
  byId("theme").append(icon("theme"));
  byId("theme").addEventListener("click", changeTheme);
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId("results").focus();
  });
  nameTheme();
}

async function logOut() {
  try {
    await post("/logout");
    history.replaceState(null, "", "#");
    leave("you logged out.");
  } catch (error) {
    alarm(error.message);
  }
}

const isDark = () => {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};

function changeTheme() {
  const theme = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  localStorage.setItem("theme", theme);
  nameTheme();
  say(`The page is ${theme} now.`);
}

function nameTheme() {
  const name = isDark() ? "Light colours" : "Dark colours";
  byId("theme").setAttribute("aria-label", name);
  byId("theme").title = name;
}

function prepareKeys() {
  addEventListener("keydown", (event) => {
    const writes = event.target.closest?.("input, textarea, select, dialog");
    if (event.key !== "/" || writes || event.ctrlKey || event.metaKey || event.altKey || me === null) return;
    event.preventDefault();
    if (now().view) location.hash = address({ view: "" });
    byId("query").focus();
  });
}

prepareTools();
prepareKeys();
prepareSearch();
prepareAdding({ whenAdded: refresh });
prepareDropping({ mayAdd: () => may("write"), isReady: () => me !== null, search: searchByFile, add: openAdding });
whenLoggedOut(leave);
start();
