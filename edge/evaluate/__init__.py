"""Count recorded or painted footage and compare with the truth: how a venue certifies its door."""

from edge.evaluate.assess import EvaluationReport, assess, evaluate
from edge.evaluate.truth import Truth, read_truth

__all__ = ["EvaluationReport", "Truth", "assess", "evaluate", "read_truth"]
