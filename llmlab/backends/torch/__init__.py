"""The reference engine: transformers and sentence-transformers through torch. No tensor leaves this folder."""
