"""What processes count as it happens; /metrics adds up those of a machine (mindsite.metrics)."""

from prometheus_client import Counter, Histogram

HTTP = Histogram(
    "mindsite_http_seconds", "Requests that Django has answered, from its turn to the answer",
    ["method", "route", "status"], buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)  # fmt: skip
TURNED_AWAY = Counter("mindsite_http_turned_away", "Requests refused before Django had them", ["status"])
POOL_WAIT = Histogram(
    "mindsite_pool_wait_seconds", "Waits for a connection to the database",
    buckets=(0.001, 0.01, 0.05, 0.25, 1, 5, 10),
)  # fmt: skip
POOL_EMPTY = Counter("mindsite_pool_empty", "Waits for a connection that ended without one")
MODEL_CALLS = Counter(
    "mindsite_model_calls", "Calls of model servers, by what became of the last", ["server", "step", "outcome"]
)
TASK_WAIT = Histogram(
    "mindsite_task_wait_seconds", "From a message's sending to its task's beginning: the age of the queue", ["task"],
    buckets=(0.01, 0.1, 0.5, 1, 5, 15, 60, 300),
)  # fmt: skip
TASKS = Histogram(
    "mindsite_task_seconds", "How long tasks took", ["task", "state"], buckets=(0.01, 0.1, 1, 10, 60, 600, 3600)
)
