"""llmlab: a command-line lab for seeing how language models work."""

__version__ = "0.1.0"
