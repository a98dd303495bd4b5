"""answer_batch.py INPUT OUTPUT: what `vllm run-batch` does with a file, without a model."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.distillation.batch_server import answered

lines = [json.loads(line) for line in Path(sys.argv[1]).read_text().splitlines()]
told = [
    {"custom_id": each["custom_id"], "response": {"status_code": 200, "body": answered(each["body"])}} for each in lines
]
Path(sys.argv[2]).write_text("".join(json.dumps(each) + "\n" for each in told))
