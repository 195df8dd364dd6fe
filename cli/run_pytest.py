"""Pytest in a process that leaves with pytest's own code: the Temporal SDK may abort an interpreter that finalizes."""

import os
import sys

import pytest

if __name__ == "__main__":
    code = int(pytest.main(sys.argv[1:]))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
