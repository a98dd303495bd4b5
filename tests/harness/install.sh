#!/usr/bin/env bash
# install.sh FOLDER [PYTHON]: lm-eval and inspect_ai, for the tests of the tasks that are written for them (1.2 GB).
set -euo pipefail
folder=$1 python=${2:-python3}

"$python" -m venv "$folder/lm-eval"
"$folder/lm-eval/bin/pip" install --quiet --disable-pip-version-check "lm-eval[api]==0.4.13"
"$python" -m venv "$folder/inspect"
"$folder/inspect/bin/pip" install --quiet --disable-pip-version-check "inspect-ai==0.3.285" "openai==3.57.0"
touch "$folder/installed"
