"""Words on pages: of one pin, of many, in a blog's voice, by whichever writer the settings name."""
