"""Media: from bytes of unknown kind to text, pictures and where they lie."""
