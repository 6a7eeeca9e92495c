"""The model over characters: what it says of text, whatever tokens the text is cut into."""
