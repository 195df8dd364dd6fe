"""The lifecycles as Temporal workflows, and the conductor that turns events into starts and signals."""
