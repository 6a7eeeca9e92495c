"""The pictures of the probability lab, a file a verb."""
