"""The inside lab: what a language model is made of."""
