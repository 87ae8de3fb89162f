"""What `make` calls: from a bare machine to a running house. Standard library only until .venv exists."""
