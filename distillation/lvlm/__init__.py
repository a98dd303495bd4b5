from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from distillation.lvlm.base import Backend
from distillation.lvlm.places import Places
from distillation.pipeline.options import Options

BACKENDS = ("baseline", "openai", "batch", "vllm", "scripted")


def make_backend(
    name: str,
    *,
    model: str = "",
    base_urls: Sequence[str] = (),
    in_flight: int = 64,
    timeout_s: float = 120,
    api_key: str = "",
    own_keys: Mapping[str, str] | None = None,
    proxy: str = "",
    ca_file: str = "",
    known: Mapping[str, Any] | None = None,
    options: Options | None = None,
    places: Places | None = None,
    **more: Any,
) -> Backend:
    """Imports what a backend needs only when it is asked for."""
    served: dict[str, Any] = {
        "model": model, "base_urls": base_urls, "timeout_s": timeout_s, "api_key": api_key, "own_keys": own_keys,
        "proxy": proxy, "ca_file": ca_file, "known": known, "options": options, **more,
    }  # fmt: skip
    if name == "openai":
        from distillation.lvlm.openai.backend import OpenAIBackend  # noqa: PLC0415

        return OpenAIBackend(in_flight=in_flight, places=places, **served)
    if name == "batch":
        from distillation.lvlm.batch.backend import BatchBackend  # noqa: PLC0415

        return BatchBackend(**served)
    return _without_server(name, model, **more)


def _without_server(name: str, model: str, **more: Any) -> Backend:
    if name == "baseline":
        from distillation.lvlm.baseline import BaselineBackend  # noqa: PLC0415

        return BaselineBackend(model=model)
    if name == "vllm":
        from distillation.lvlm.vllm_offline import VllmBackend  # noqa: PLC0415

        return VllmBackend(model=model, **more)
    if name == "scripted":
        from distillation.lvlm.scripted import ScriptedBackend  # noqa: PLC0415

        return ScriptedBackend(model=model, **more)
    raise ValueError(f"Unknown backend {name!r}: known are {', '.join(BACKENDS)}.")
