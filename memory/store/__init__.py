"""The store: one LanceDB table and the media beside it."""
