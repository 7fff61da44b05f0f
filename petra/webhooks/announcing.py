"""The channel on which new events are announced, for live pages."""

# The payload is `<workspace id>:<event id>`: ids only, so a listener learns nothing it may not read.
CHANNEL = "petra_events"
