"""Articles: the list, one article, where they come from, and the imports that bring them."""
