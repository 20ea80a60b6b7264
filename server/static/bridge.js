// The host that shows the gallery in a chat: JSON-RPC by postMessage. Source: MCP Apps, 2026-01-26.

const PROTOCOL = "2026-01-26";
const NO_SUCH_METHOD = -32601;
const answers = new Map();
const listeners = new Map();
let sent = 0;

/** What the host answers; an error has its words. */
export function request(method, params) {
  const id = ++sent;
  return new Promise((resolve, reject) => {
    answers.set(id, { resolve, reject });
    post({ id, method, params });
  });
}

/** Have a handler called with the params of a notification. */
export function listen(method, handler) {
  listeners.set(method, handler);
}

/** Begin: who this is, then what the host can do and how it looks; from then on it is told how large this is. */
export async function begin(name, version) {
  addEventListener("message", receive);
  const appInfo = { name, version };
  const { hostCapabilities, hostContext } = await request("ui/initialize", { protocolVersion: PROTOCOL, appInfo, appCapabilities: {} });
  post({ method: "ui/notifications/initialized", params: {} });
  new ResizeObserver(tellSize).observe(document.documentElement);
  return { can: hostCapabilities ?? {}, context: hostContext ?? {} };
}

// Whoever shows this has an address that is not known here; the message reaches that window alone.
const post = (message) => parent.postMessage({ jsonrpc: "2.0", ...message }, "*");

function receive({ source, data }) {
  if (source !== parent || data?.jsonrpc !== "2.0") return;
  if (data.method === undefined) settle(data);
  else if (data.id === undefined) listeners.get(data.method)?.(data.params ?? {});
  else if (data.method === "ping" || data.method === "ui/resource-teardown") post({ id: data.id, result: {} });
  else post({ id: data.id, error: { code: NO_SUCH_METHOD, message: `there is no ${data.method} here` } });
}

function settle({ id, result, error }) {
  const waiting = answers.get(id);
  answers.delete(id);
  if (error) waiting?.reject(new Error(error.message));
  else waiting?.resolve(result);
}

function tellSize() {
  const { width, height } = document.documentElement.getBoundingClientRect();
  post({ method: "ui/notifications/size-changed", params: { width: Math.ceil(width), height: Math.ceil(height) } });
}
