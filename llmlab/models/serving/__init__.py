"""llama.cpp's own server as a helper: `llmlab serve` starts it, other verbs find it."""
