"""The probability of text under a language model: a file a question."""
