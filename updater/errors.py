"""What can go wrong while a release is brought to a node.

UpdaterError
├── SettingsError    the updater's own configuration: file, key, reason
├── ZipRefused       a zip that is not what it has to be
│   └── UpdateRefused    an update that is not taken, now or ever
├── FetchCut         the hub is away, or the line was cut: goes on later
├── FetchedWrong     what came is another file than was announced
├── NotPut           the disk refuses: full, gone, read-only; tried again later
└── RunnerError      the agent cannot be started or asked for
"""


class UpdaterError(Exception):
    """Root of what this package raises."""


class SettingsError(UpdaterError):
    """A configuration that cannot be used; the sentence names file, key and reason."""


class ZipRefused(UpdaterError):
    """A zip that is not taken; its text says where and what."""


class UpdateRefused(ZipRefused):
    """An update that is not taken; its text says what is wrong with it, or with it here."""


class FetchCut(UpdaterError):
    """Not all of a file came; what came is kept, and the rest is asked for later."""


class FetchedWrong(UpdaterError):
    """What came has not the size or the hash that was announced; nothing of it is kept."""


class NotPut(UpdaterError):
    """Something could not be written; what stood there stands there still."""


class RunnerError(UpdaterError):
    """Whoever runs the agent could not be told to, or asked."""
