"""Where files come from: allowed folders, `data:` and `https:` addresses; and the copies made of them."""
