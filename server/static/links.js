// What a card leads to on the page: addresses, as everything here has one.

import { make } from "./dom.js";
import { NOT_OPEN, address } from "./state.js";
import { titleOf } from "./words.js";

/** Which part and piece a link shows; only its path is used, the session does the rest. */
function placeOf({ medium }) {
  const path = medium && URL.canParse(medium, location.href) ? new URL(medium, location.href).pathname : "";
  const found = /^\/media\/(m[0-9a-f]{20})\/(\d+)\/(\d+)$/.exec(path);
  return found && { path, part: found[2], piece: found[3] };
}

function toOpen(hit, place) {
  const at = hit.seconds ? String(hit.seconds[0]) : "";
  return { href: address({ open: hit.id, part: place?.part ?? "", piece: place?.piece ?? "", at }) };
}

const toSimilar = (hit) => ({ href: address({ view: "", q: "", like: hit.id, likeName: titleOf(hit), ...NOT_OPEN }) });

const toTag = (tag) => ({ href: address({ tags: [tag] }) });

function picture(hit, place, otherwise) {
  const image = make("img", {
    class: "sight", alt: "", loading: "lazy", src: `${place.path}?still=small`,
    onerror: () => image.replaceWith(otherwise),
  });
  return image;
}

export const LINKS = { placeOf, toOpen, toSimilar, toTag, picture };
