"""What is measured, for Prometheus and Grafana: metrics, alert rules, a dashboard."""
