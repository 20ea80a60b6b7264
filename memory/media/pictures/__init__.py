"""Pictures: decoded, dated, looked at, and the words in them."""
