"""The certificates of one run of the faulty endpoints."""

from __future__ import annotations

import pytest
from tests.faulty_endpoints.endpoint import Material


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return Material(tmp_path_factory.mktemp("endpoints"))
