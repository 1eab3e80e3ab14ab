"""Releases as services of ECS, whose own engine rolls them out."""
