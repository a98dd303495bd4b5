from distillation.lvlm.baseline.backend import BaselineBackend

__all__ = ["BaselineBackend"]
