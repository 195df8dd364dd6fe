"""The services: one folder each, the same few files in each."""
