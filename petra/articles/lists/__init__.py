"""The lists a site keeps of its pages: sitemaps, feeds, exports, an engine's own. Bytes in, plain data out. Pure."""
