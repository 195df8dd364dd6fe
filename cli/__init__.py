"""The `kepil` command: starts and stops the stack, and runs what works on it. No rule of accreditation lives here."""
