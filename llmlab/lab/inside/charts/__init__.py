"""The pictures of the inside lab."""
