"""Import contracts through import-linter, run as a module so that no script's path is needed."""

import sys

from importlinter.cli import lint_imports

if __name__ == "__main__":
    sys.exit(lint_imports())
