// Controls that a screen reader would have no name for.
() => {
  const named = (one) => one.getAttribute("aria-label") || (one.textContent || "").trim() || one.getAttribute("title")
    || [...(one.labels ?? [])].some((label) => label.textContent.trim()) || one.querySelector("img[alt]:not([alt=''])");
  const shown = (one) => one.checkVisibility() && one.getAttribute("aria-hidden") !== "true";
  return [...document.querySelectorAll("a, button, input, textarea, select, summary, meter, video, audio, [tabindex]")]
    .filter((one) => shown(one) && !named(one)).map((one) => one.outerHTML.slice(0, 120));
}
