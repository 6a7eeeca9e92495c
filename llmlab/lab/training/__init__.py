"""Models that are made from text in front of one's eyes, and the text to make them from."""
