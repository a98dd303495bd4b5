#!/usr/bin/env python
"""Django's command line; a command that needs the database starts the embedded one if none is configured."""

import os
import sys

from mindsite.cli import main

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mindsite.settings")
    sys.exit(main(sys.argv))
