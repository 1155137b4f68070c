"""Identities of nodes: a small authority, codes to join with, who is in and who is out."""

from hub.identity.authority import Authority
from hub.identity.enrolment import Enrolment
from hub.identity.files import BrokerFolder, IdentityFolder
from hub.identity.gate import Gate
from hub.identity.joining import Joining, Refusal

__all__ = [
    "Authority",
    "BrokerFolder",
    "Enrolment",
    "Gate",
    "IdentityFolder",
    "Joining",
    "Refusal",
]
