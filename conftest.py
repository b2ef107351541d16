"""What holds for every run of pytest here; see tests/runs.py."""

pytest_plugins = ["tests.runs"]
