"""In vllm's place, a server of known answers: known_server serve BASE --port N … --lora-modules NAME=DIR …

It answers by model and question alone, and slowly, so that there is a moment to kill in.
"""

import argparse
import os
import threading
import time
import zlib
from pathlib import Path
from typing import Any

from tests.distillation.odd_server import Told, completion, serves, serving

LOADS_S, ANSWERS_S = 1.0, 0.02


def answered(body: dict[str, Any], n: int) -> Told:
    time.sleep(ANSWERS_S)
    arm = Path(body["model"]).name.rpartition(".")[2]
    letter = "ABCD"[zlib.crc32(f"{arm} {body['messages'][-1]['content']}".encode()) % 4]
    return completion(letter, model=body["model"])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("words", nargs=2)
    parser.add_argument("--port", type=int)
    parser.add_argument("--lora-modules", nargs="*", default=[])
    told, _ = parser.parse_known_args()
    print(f"pid {os.getpid()}", flush=True)
    time.sleep(LOADS_S)
    with serving(answered, port=told.port) as odd:
        odd.models = lambda n: serves(told.words[1], *(each.partition("=")[0] for each in told.lora_modules))
        threading.Event().wait()


if __name__ == "__main__":
    main()
