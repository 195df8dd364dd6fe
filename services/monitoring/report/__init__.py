"""The report of internal monitoring: its text from the figures and from what was collected, and the page that shows it."""
