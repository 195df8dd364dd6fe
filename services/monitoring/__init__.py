"""Monitoring: the deadline register; later action plans, interim reports and internal monitoring."""
