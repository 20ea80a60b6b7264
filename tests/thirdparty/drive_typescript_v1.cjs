// The TypeScript SDK, version 1.
"use strict";

const { Client } = require("@modelcontextprotocol/sdk/client/index.js");
const { StdioClientTransport } = require("@modelcontextprotocol/sdk/client/stdio.js");
const { StreamableHTTPClientTransport } = require("@modelcontextprotocol/sdk/client/streamableHttp.js");
const { drive } = require("./driving.cjs");

drive({ Client, StdioClientTransport, StreamableHTTPClientTransport });
