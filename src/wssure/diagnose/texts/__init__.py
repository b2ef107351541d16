"""Recognise pasted error texts and logs. Each library's texts are recognised in one file of this package only."""

from __future__ import annotations

from wssure.diagnose.texts.decode import Excerpt
from wssure.diagnose.texts.model import Candidate, Context
from wssure.diagnose.texts.reader import Reading, read

__all__ = ["Candidate", "Context", "Excerpt", "Reading", "read"]
