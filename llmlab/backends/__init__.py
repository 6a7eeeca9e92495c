"""How a model runs; nothing here knows about commands or tables."""
