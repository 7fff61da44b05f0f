"""The calendar: what goes out when, and every way to move it."""
