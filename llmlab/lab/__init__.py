"""The experiments: pure functions over a backend, with frozen dataclasses as results."""
