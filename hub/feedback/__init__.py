"""What visitors said at kiosks, and which words of it nobody is to read."""

from hub.feedback.desk import FeedbackDesk

__all__ = ["FeedbackDesk"]
