"""The dashboard: a project's runs, deployments and readings as a small web service."""
