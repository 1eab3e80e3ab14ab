"""Invoke tasks whose arguments have types: ours, and those of users."""
