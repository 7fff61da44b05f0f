"""The writer that needs no key and no internet: it picks from the article's own words. `writer` begins it. Pure."""
