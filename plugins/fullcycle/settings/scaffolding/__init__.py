"""What `init` finds out about an existing application."""
