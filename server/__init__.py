"""Adapters: the MCP server, HTTP, the command line, the environment. No business rule lives here."""
