// Files that are dropped or pasted: what is like them is found, or they are added.

import { byId, icon, make } from "./dom.js";

export function prepareDropping({ mayAdd, isReady, search, add }) {
  const overlay = byId("dropping");
  const find = make("div", { class: "target", "data-does": "search" }, icon("search"), make("strong", {}, "Find what is like it"));
  const keep = make("div", { class: "target", "data-does": "add" }, icon("add"), make("strong", {}, "Remember it"));
  overlay.append(find, keep);

  const hasFiles = (event) => isReady() && event.dataTransfer?.types.includes("Files");
  const isAdding = () => byId("adding").open;
  const take = (files, adds) => {
    if (adds && mayAdd()) add(files);
    else search(files[0]);
  };

  addEventListener("dragenter", (event) => {
    if (!hasFiles(event) || isAdding()) return;
    keep.hidden = !mayAdd();
    overlay.hidden = false;
  });
  addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    for (const target of [find, keep]) target.classList.toggle("over", target.contains(event.target));
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) overlay.hidden = true;
  });
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    overlay.hidden = true;
    const files = [...event.dataTransfer.files];
    if (files.length) take(files, isAdding() || keep.contains(event.target));
  });
  addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length || !isReady()) return;
    event.preventDefault();
    take(files, isAdding());
  });
}
