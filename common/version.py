"""What every export, report and manifest names."""

__version__ = "0.2.0"
