"""The pictures of the training lab."""
