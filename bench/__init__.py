"""Kepil measured beside the raw servers, both in one run. Every module here is a measurement or what measurements share."""
