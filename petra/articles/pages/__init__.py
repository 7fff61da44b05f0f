"""One page of a blog → what it says: words, people, dates, pictures. Bytes in, data out, `extract` first. Pure."""
