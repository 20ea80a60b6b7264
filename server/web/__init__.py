"""Serving over HTTP: MCP, uploads, media, the page, and who may do what."""
