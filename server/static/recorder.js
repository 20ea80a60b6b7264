// What the microphone hears, as a file.

import { icon, make } from "./dom.js";

const REFUSALS = {
  NotAllowedError: "The microphone was refused. Allow it in the browser’s settings for this page, and try again.",
  NotFoundError: "There is no microphone on this machine.",
  NotReadableError: "The microphone is in use by another program.",
};

/** A button that records until it is pressed again; `whenDone` takes the file. */
export function recorder({ whenDone, tell }) {
  let machine = null;
  let ticking = 0;
  const label = make("span", {}, "Record");
  const button = make("button", { type: "button", "aria-pressed": "false", onclick: () => (machine ? stop() : begin()) }, icon("microphone"), label);
  const time = make("span", { class: "quiet", role: "timer" });

  function stop() {
    if (machine?.state === "recording") machine.stop();
  }

  async function begin() {
    tell("");
    if (!navigator.mediaDevices?.getUserMedia || typeof MediaRecorder === "undefined") {
      tell("This browser gives the page no microphone: that needs https, or this machine’s own address.");
      return;
    }
    button.disabled = true;
    try {
      hear(await navigator.mediaDevices.getUserMedia({ audio: true }));
    } catch (error) {
      tell(REFUSALS[error.name] ?? `The microphone cannot be used: ${error.message}`);
    } finally {
      button.disabled = false;
    }
  }

  function hear(stream) {
    const heard = [];
    const started = Date.now();
    machine = new MediaRecorder(stream);
    machine.addEventListener("dataavailable", ({ data }) => data.size && heard.push(data));
    machine.addEventListener("stop", () => {
      for (const track of stream.getTracks()) track.stop();
      const type = machine.mimeType.split(";")[0] || "audio/webm";
      machine = null;
      show(0);
      const name = `Recording ${new Date().toISOString().slice(0, 16).replace("T", " ").replace(":", ".")}.${type.split("/")[1]}`;
      if (heard.length) whenDone(new File(heard, name, { type }));
    });
    machine.start(1000);
    show(started);
  }

  function show(started) {
    clearInterval(ticking);
    button.setAttribute("aria-pressed", String(started > 0));
    label.textContent = started ? "Stop" : "Record";
    button.firstElementChild.replaceWith(icon(started ? "stop" : "microphone"));
    time.textContent = started ? "0 s" : "";
    if (started) ticking = setInterval(() => { time.textContent = `${Math.round((Date.now() - started) / 1000)} s`; }, 1000);
  }

  return { button, time, stop };
}
