"""Visits: the expert pool, external expert commissions, site visits and their reports."""
