"""What lives on disk between runs."""
