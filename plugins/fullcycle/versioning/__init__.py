"""From commits to a version, its changelog and tag, and what proves where it came from."""
