"""What a person, a CI server and a machine see of a run."""
