"""Sentences one after the other."""

from llmlab.language import spoken


def together(*sentences: str) -> str:
    """As the language of the run writes them, those left out that are empty: Chinese has no space between them."""
    return ("" if spoken() == "zh" else " ").join(filter(None, sentences))
