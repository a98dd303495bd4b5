#!/usr/bin/env bash
# serve.sh VENV MODEL PORT: the real vLLM server on 127.0.0.1, in the foreground; ready when /health answers.
set -euo pipefail
venv=$1 model=$2 port=$3

export HF_HUB_OFFLINE=1 VLLM_NO_USAGE_STATS=1 DO_NOT_TRACK=1
export VLLM_CPU_KVCACHE_SPACE=1 VLLM_CPU_OMP_THREADS_BIND=nobind OMP_NUM_THREADS=1
# A GPU's blocks of the prefix cache are 16 tokens, the CPU's 128 unless told.
exec "$venv/bin/vllm" serve "$model" --host 127.0.0.1 --port "$port" --served-model-name tiny-llava \
  --max-model-len 4096 --enforce-eager --block-size 32 --limit-mm-per-prompt '{"image": 2}' \
  --enable-prompt-tokens-details
