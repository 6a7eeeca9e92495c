"""What can be used, and where its weights come from."""
