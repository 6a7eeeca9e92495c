"""The pictures of the vectors lab, a file a verb."""
