"""Pins: the table of all, the editor of one, and publishing them at once."""
