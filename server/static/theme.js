// Not a module: it runs before anything is drawn, so that no light page flashes up in a dark room.
"use strict";
{
  const kept = localStorage.getItem("theme");
  if (kept === "dark" || kept === "light") document.documentElement.dataset.theme = kept;
}
