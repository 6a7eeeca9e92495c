"""What the records of pairs, choose FILE, perplexity and prob come to, one after the other."""
