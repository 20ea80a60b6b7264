// What is asked of the server: the tools by MCP, everything else beside them.

import { completed } from "./words.js";

/** The server said no; `message` is for people. */
export class Refused extends Error {
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

let loggedOut = () => {};
let calls = 0;

/** Have `handler` called with a reason whenever the server no longer knows who asks. */
export function whenLoggedOut(handler) {
  loggedOut = handler;
}

async function send(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused("The server cannot be reached. Is it still running?");
  }
  if (answer.ok) return answer;
  const refused = await refusal(answer);
  if (refused.status === 401 && path !== "/login") loggedOut(refused.message);
  throw refused;
}

async function refusal(answer) {
  const told = await answer.json().catch(() => ({}));
  const why = told.error_description ?? told.error?.message ?? told.error ?? `The server answered ${answer.status}.`;
  const wait = answer.headers.get("retry-after");
  const again = answer.status === 429 || answer.status === 503 ? wait : null;
  return new Refused(again ? `${sentence(why)} Try again in ${again} s.` : sentence(why), answer.status);
}

function sentence(text) {
  const said = String(text);
  return `${said.charAt(0).toUpperCase()}${said.slice(1)}${/[.!?)]$/.test(said) ? "" : "."}`;
}

/** A JSON answer of `/api/…`; what is a list is given once for each. */
export async function get(path, given = {}, signal = undefined) {
  const pairs = Object.entries(given).flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)]));
  const asked = new URLSearchParams(pairs.filter(([, value]) => value));
  return (await send(asked.size ? `${path}?${asked}` : path, { signal })).json();
}

export async function post(path, body = {}) {
  const headers = { "content-type": "application/json" };
  return send(path, { method: "POST", headers, body: JSON.stringify(body) });
}

/** What a file of a memory is: its type, and the name it was given. */
export async function kindOf(address, signal) {
  const { headers } = await send(address, { method: "HEAD", signal });
  const told = headers.get("content-disposition") ?? "";
  const name = /filename\*=utf-8''([^;]+)/i.exec(told)?.[1];
  const plain = /filename="([^"]*)"/.exec(told)?.[1] ?? "";
  return { type: (headers.get("content-type") ?? "").split(";")[0], name: name ? decodeURIComponent(name) : plain };
}

/** Send a file ahead; the ticket stands for it in a call. */
export async function upload(file, signal) {
  const answer = await send(`/upload?name=${encodeURIComponent(file.name ?? "")}`, {
    method: "POST", headers: { "content-type": "application/octet-stream" }, body: file, signal,
  });
  return (await answer.json()).upload;
}

/** What a tool answers, as facts. */
export async function call(name, given, signal) {
  const body = JSON.stringify({ jsonrpc: "2.0", id: ++calls, method: "tools/call", params: { name, arguments: given } });
  const headers = { accept: "application/json, text/event-stream", "content-type": "application/json" };
  const { result, error } = await (await send("/mcp", { method: "POST", headers, body, signal })).json();
  if (error) throw new Refused(sentence(error.message));
  if (result.isError) throw new Refused(sentence(result.content.map((block) => block.text ?? "").join("\n")));
  return completed(result.structuredContent);
}
