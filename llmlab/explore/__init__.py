"""A terminal screen to play on: the next token, and the nearest word.

What is known (branches, temperature, the walk) is plain state without a screen; the widgets draw it with Textual.
"""
