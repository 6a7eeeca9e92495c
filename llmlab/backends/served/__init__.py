"""Models behind a server that speaks OpenAI's protocol: what it says, what it can do, and whether that is true."""
