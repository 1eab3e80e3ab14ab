"""How many replicas an application needs."""
