"""All that a space is: words, a vector for each, an index over them, and what is known of it."""
