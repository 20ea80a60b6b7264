"""Repair: torn commits are passed over at open, and the doctor finds and mends what is damaged."""
