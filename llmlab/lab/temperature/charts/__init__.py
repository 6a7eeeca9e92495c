"""The pictures of the temperature lab, a file a verb."""
