"""The parts of a text and the classes of words, as sentences and heads of tables call them."""

from llmlab.language import later

PART = {"token": later("token"), "word": later("word"), "character": later("character")}
NEXT = {"token": later("next token"), "word": later("next word"), "character": later("next character")}
CLASS = {"noun": later("noun"), "verb": later("verb"), "adjective": later("adjective")}
CLASSES = {"noun": later("nouns"), "verb": later("verbs"), "adjective": later("adjectives")}
