"""What can go wrong at the edge.

EdgeError
├── SourceError         a camera or file cannot be opened, stalls, ends or gives what cannot be read
│   └── ModelError      a detector's model file cannot be used; the sentence names it
└── EvaluationError     a clip, a truth file or a line in it cannot be used; the sentence says why

ConfigError (of `link`) a configuration that cannot be used: file, key, reason
└── FileChanged         the file was written by somebody else since it was read
"""

from link.errors import ConfigError

__all__ = [
    "ConfigError",
    "EdgeError",
    "EvaluationError",
    "FileChanged",
    "ModelError",
    "SourceError",
]


class EdgeError(Exception):
    """Root of the errors that this package raises."""


class FileChanged(ConfigError):
    """A configuration file is not the one any more that was read."""


class SourceError(EdgeError):
    """A source of frames or readings failed; opening it again later may succeed."""


class ModelError(SourceError):
    """A detector's model file is missing, unreadable or of an unknown kind."""


class EvaluationError(EdgeError):
    """The input of an evaluation is bad; trying again with the same input is of no use."""
