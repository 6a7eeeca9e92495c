"""n-gram models: counts of token sequences, smoothed by Kneser and Ney; numpy alone."""
