"""Time words of a question, and the period they mean."""
