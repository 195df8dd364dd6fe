"""Notices: webhook endpoints of institutions, and what is delivered to them."""
