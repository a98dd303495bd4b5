#!/usr/bin/env python
"""Django's command line; a command that needs the database starts the embedded one if none is configured."""

import os
import sys

if os.path.islink(sys.prefix):  # .venv: what runs keeps its environment while `make setup` turns the link to another
    python = os.path.join(os.path.realpath(sys.prefix), "bin", "python")  # named in full, or it would not know its own
    os.execv(python, [python, *sys.argv])  # noqa: S606

from mindsite.cli import main

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mindsite.settings")
    sys.exit(main(sys.argv))
