// A host of MCP Apps, as small as can be: the official bridge, and one sandboxed frame.

import { AppBridge, PostMessageTransport } from "@modelcontextprotocol/ext-apps/app-bridge";

globalThis.told = [];

/** Show an app as a host does, once it says that it is ready; `forward` asks the server. */
globalThis.showApp = async (html, capabilities, context) => {
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts");
  frame.style.width = "100%";
  document.body.replaceChildren(frame);
  const bridge = new AppBridge(null, { name: "host", version: "1" }, capabilities, { hostContext: context });
  bridge.oncalltool = (params) => globalThis.forward("tools/call", params);
  bridge.onreadresource = (params) => globalThis.forward("resources/read", params);
  bridge.onupdatemodelcontext = async (params) => {
    globalThis.told.push(params);
    return {};
  };
  bridge.onsizechange = ({ height }) => {
    frame.style.height = `${height}px`;
  };
  const ready = new Promise((resolve) => {
    bridge.oninitialized = resolve;
  });
  await bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow));
  frame.srcdoc = html;
  await ready;
  globalThis.bridge = bridge;
};
