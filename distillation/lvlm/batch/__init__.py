"""Batches: each step of a run as files of requests in the OpenAI batch format, and what comes back of them."""
