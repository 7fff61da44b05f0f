"""Open pages kept up to date: the stream of events, who listens, and the pieces of pages that are sent."""
