"""A small model server that counts its calls. Its threads do not mind that workers are forked beside them."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from zlib import crc32

from distillation.pipeline.trial import trial_pair
from tests.distillation.odd_server import Told, completion, serves, serving

TRIAL = trial_pair().a.title  # what finds out what the server can do is no call of the run
LATENCY_S = 0.03


class ModelServer:
    """Speaks OpenAI's chat completions, slowly, and counts how often each question was asked."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.url = ""

    def tell(self, body: dict[str, Any], n: int) -> Told:
        question = json.dumps(body["messages"])
        if TRIAL not in question:
            self.asked[question] += 1
        # Another answer to each question, so that each question to the filter is another one too.
        return completion(f"Yes, they fit each other well, by rule {crc32(question.encode())}.", model="tiny")


@contextmanager
def model_serving() -> Iterator[ModelServer]:
    counting = ModelServer()
    with serving(counting.tell, LATENCY_S) as server:
        server.models = lambda n: serves("tiny")
        counting.url = server.url
        yield counting
