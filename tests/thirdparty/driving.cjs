// What every client in JavaScript is driven by: a call a line on stdin, what came of it a line on stdout, as JSON.
"use strict";

const { createInterface } = require("node:readline");

/** Connect to the place that the command line names, and make calls until stdin ends. */
async function drive({ Client, StdioClientTransport, StreamableHTTPClientTransport }, options) {
  const { command, env, url, headers } = JSON.parse(process.argv[2]);
  const client = new Client({ name: "tests", version: "1" }, options);
  await client.connect(
    command
      ? new StdioClientTransport({ command, env })
      : new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }),
  );
  for await (const line of createInterface({ input: process.stdin })) {
    const said = await asked(client, JSON.parse(line));
    process.stdout.write(`${JSON.stringify(said)}\n`);
  }
  await client.close();
}

function asked(client, { calls, tool, arguments: given, uri }) {
  if (calls) return Promise.all(calls.map((one) => call(client, one.tool, one.arguments)));
  if (uri) return read(client, uri);
  return tool ? call(client, tool, given) : offered(client);
}

async function offered(client) {
  const { tools } = await client.listTools();
  return Object.fromEntries(
    tools.map((tool) => [tool.name, [tool.description, Object.keys(tool.inputSchema.properties)]]),
  );
}

async function call(client, name, given) {
  const { content, structuredContent, isError } = await client.callTool({ name, arguments: given });
  const of = (type) => content.filter((block) => block.type === type);
  return {
    text: of("text").map((block) => block.text).join("\n"),
    images: of("image").map((block) => block.data),
    sounds: of("audio").map((block) => block.data),
    facts: structuredContent ?? null,
    error: isError ? "isError is true" : "",
  };
}

async function read(client, uri) {
  try {
    const { contents } = await client.readResource({ uri });
    return {
      text: contents.filter((one) => "text" in one).map((one) => one.text).join("\n"),
      images: contents.filter((one) => "blob" in one).map((one) => one.blob),
    };
  } catch (error) {
    if (error.code === undefined) throw error; // no answer of the server
    return { text: error.message, error: `${error.constructor.name} is thrown` };
  }
}

module.exports = { drive };
