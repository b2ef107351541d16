#!/bin/sh
# Makes the virtual environment, builds and installs. What the machine lacks is tested for itself, and told in one line.
set -eu
PYTHON=${PYTHON:-python3}
VENV=${VENV:-.venv}
