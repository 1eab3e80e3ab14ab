"""What is measured, and what of it is too much."""
