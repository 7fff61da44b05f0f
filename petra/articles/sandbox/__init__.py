"""Where the readers of strangers' bytes run: child processes with limits, and the warm one that bears them."""
