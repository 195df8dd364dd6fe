"""Intake: institutions, applications, contracts, yearly schedules, adoption of rulebooks."""
