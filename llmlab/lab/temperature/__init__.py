"""Drawing text, and what temperature does to it: a file a question."""
