"""The version of Kepil, in one place."""

VERSION = "0.1.0"
