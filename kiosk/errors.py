"""What can go wrong at a kiosk. A refusal by the library is no error: it is an answer.

KioskError
├── JournalError        the journal's disk refuses: nothing new may be begun
│   └── JournalDamaged  the journal's file is not a sound database any more
├── IlsError            the library's system gave no answer that can be used
│   ├── NotSent         nothing left this kiosk: nothing happened
│   ├── ReplyLost       it was sent, and no answer came: what happened has to be asked
│   └── NotSupported    the library's system said that it does not do this
├── ExportRefused       an offline file was handed in before
├── FetchCut            a content pack is not whole yet: fetching goes on later
├── KeepingError        a file that the kiosk keeps cannot be read or written
├── PanelError          the compositor does not tell of its panel, or does not switch it
├── InstallError        a file of the machine cannot be written
├── StaffCardsError     the staff's cards cannot be read or written, or one is no card
└── ArError             what a camera shows cannot be used
    ├── CameraLost      a camera or film cannot be opened, or gives no more pictures
    ├── CameraUnknown   a camera's model cannot be read, written or worked out
    └── TargetRefused   a picture or marker cannot be a target
"""


class KioskError(Exception):
    """Root of what this package raises. Its text is one sentence: what, and what to do."""


class JournalError(KioskError):
    """The journal cannot be written now; nothing of the step was kept."""


class JournalDamaged(JournalError):
    """The journal's file is damaged; it has to be set aside and a new one begun."""


class IlsError(KioskError):
    """The library's system gave no answer that can be used."""


class NotSent(IlsError):
    """The request did not leave this kiosk."""


class ReplyLost(IlsError):
    """The request was sent, or a part of it; whether it was carried out is not known."""


class NotSupported(IlsError):
    """The library's system does not carry out such requests, and nothing was sent."""


class ExportRefused(KioskError):
    """This file of offline transactions was handed in before."""


class FetchCut(KioskError):
    """A content pack's zip is not whole yet; what came is kept, and a fetch goes on from there."""


class KeepingError(KioskError):
    """A file that the kiosk keeps cannot be read or written now."""


class PanelError(KioskError):
    """The compositor cannot be asked for its outputs, or did not switch one."""


class InstallError(KioskError):
    """A file that makes a machine a kiosk cannot be written or read."""


class StaffCardsError(KioskError):
    """The staff's cards cannot be read or written, or what was given is no card."""


class ArError(KioskError):
    """What a camera shows cannot be used."""


class CameraLost(ArError):
    """A camera or film cannot be opened, or gives no more pictures."""


class CameraUnknown(ArError):
    """A camera's model cannot be read, written or worked out."""


class TargetRefused(ArError):
    """A picture or marker cannot be a target."""
