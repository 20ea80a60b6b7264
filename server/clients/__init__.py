"""The programs that start the server: where each keeps its MCP servers, and how ours gets in and out."""
