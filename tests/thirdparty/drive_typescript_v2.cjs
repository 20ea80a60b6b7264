// The TypeScript SDK, version 2.
"use strict";

const { Client, StreamableHTTPClientTransport } = require("@modelcontextprotocol/client");
const { StdioClientTransport } = require("@modelcontextprotocol/client/stdio");
const { drive } = require("./driving.cjs");

drive({ Client, StdioClientTransport, StreamableHTTPClientTransport }, { versionNegotiation: { mode: "auto" } });
