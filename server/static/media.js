// A file of a memory: the picture, the player at its second, the page of the document, or a link to it.

import { kindOf } from "./api.js";
import { make } from "./dom.js";

/** Show the file at an address; `piece` is the one that was found in it, or "" for none, and `at` its second. */
export async function medium(address, { piece, at, words }, signal) {
  const { type, name } = await kindOf(address, signal);
  const file = make("a", { href: address, target: "_blank", rel: "noopener noreferrer", class: "file" }, `Open the whole file${name ? ` (${name})` : ""}`);
  const still = `${address}${piece === "" ? "" : `/${piece}`}?still=large`;
  const kind = type.split("/")[0];
  if (kind === "image") return figure(picture(address, still, words), file);
  if (kind === "video" || kind === "audio") return figure(...player(kind, { address, at, still, piece }), file);
  if (type === "application/pdf") return figure(picture(still, null, piece === "" ? "the first page" : "the page that was found"), file);
  return make("p", {}, file);
}

const figure = (...children) => make("figure", {}, ...children);

/** A picture; where the browser cannot read its kind, what the server makes of it. */
function picture(address, otherwise, words) {
  const image = make("img", { src: address, alt: words, onerror: () => {
    if (otherwise && image.getAttribute("src") !== otherwise) image.setAttribute("src", otherwise);
    else image.replaceWith(make("p", { class: "quiet" }, "It cannot be shown here."));
  } });
  return image;
}

/** It starts where the match is; where the browser cannot play the whole file, the clip is played instead. */
function player(kind, { address, at, still, piece }) {
  const trouble = make("p", { class: "quiet", role: "status" });
  const start = at && Number(at) > 0 ? `#t=${Number(at)}` : "";
  const element = make(kind, {
    controls: true, preload: "metadata", src: `${address}${start}`, poster: kind === "video" ? still : null,
    "aria-label": kind === "video" ? "Film" : "Recording",
    onerror: () => {
      if (piece === "" || element.dataset.clip) {
        trouble.textContent = "This browser cannot play it; the whole file can be opened.";
        return;
      }
      element.dataset.clip = "yes";
      element.src = `${address}/${piece}`;
      trouble.textContent = "This browser cannot play the whole file: here are the seconds that were found.";
    },
  });
  return [element, trouble];
}
