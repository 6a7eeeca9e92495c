"""The verbs of this lab asked of several models: what each says of the same text, in the same unit."""
