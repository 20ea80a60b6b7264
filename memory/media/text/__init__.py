"""Whatever is text: any encoding, prose, code, tables, web pages and mail, as passages."""
