"""Recognise pasted error texts and logs. Each library's texts are recognised in one file of this package only."""

from wssure.tools.explain.decode import Excerpt
from wssure.tools.explain.model import Candidate, Context
from wssure.tools.explain.reader import Reading, read

__all__ = ["Candidate", "Context", "Excerpt", "Reading", "read"]
