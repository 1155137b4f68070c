"""Reports as an evaluation makes them."""

from typing import Any

from edge.evaluate import EvaluationReport


def a_report(**changes: Any) -> EvaluationReport:
    usual: dict[str, Any] = {
        "clip": "door.avi",
        "counted_in": 2,
        "counted_out": 1,
        "true_in": 2,
        "true_out": 1,
        "tp": 2,
        "fp": 1,
        "fn": 1,
        "precision": 0.6667,
        "recall": 0.6667,
        "f1": 0.6667,
        "false": [(8.0, "in")],
        "missed": [(20.0, "in")],
        "person_size": (0.2, 0.3),
        "person_growth": 0.0,
        "person_size_from": "learned",
        "frames_processed": 450,
        "clip_seconds": 30.0,
        "cpu_ms_per_frame": 2.5,
        "cpu_ms_median": 2.0,
        "real_time_factor": 20.0,
        "core_factor": 25.0,
        "reading_factor": 100.0,
        "counted": [(4.0, "in"), (8.0, "in"), (12.0, "out")],
        "true": [(4.1, "in"), (12.2, "out"), (20.0, "in")],
    }
    return EvaluationReport(**(usual | changes))
