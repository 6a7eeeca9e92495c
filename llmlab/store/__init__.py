"""The cache as a whole: what is in it, whether every byte is what was written, mending it, and freeing its place."""
