"""Real trainings of a tiny Mistral: `make test-train` installs TRL in a place of its own and names it."""

import os

collect_ignore_glob = [] if os.environ.get("TRAIN_PYTHON") else ["test_*.py"]  # `make test` has none
