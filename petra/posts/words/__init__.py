"""Words for posts, asked of a model or of the offline writer: one at a time or many, and what they cost."""
