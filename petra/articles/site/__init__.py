"""A stranger's site, asked politely: what it lists, and its pages one by one. In memory: no database."""
