"""Pipeline files for CI servers, made from a project's settings."""
