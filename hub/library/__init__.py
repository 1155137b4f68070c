"""The embedded library system: what `hub.circulation` decides, over SIP2 and in CSV files.

terminal ── SIP2 ──► server ──► session ──► worker ──► handlers ──► records
                     (thread with a loop)    (thread, one transaction for several messages)

server.py      sockets, limits, TLS
session.py     one connection: log-in, resending, sequence numbers
worker.py      effects and stored answers in one transaction; answers leave after the commit
repeats.py     what a repeated message is answered with
visit.py       one request with what it may use; loans.py, patrons.py, items.py, holds.py,
               fees.py answer it
shelf.py       what waits on the hold shelf, and for whom next
opening.py     on which days a branch opens
pins.py        PINs of patrons
terminals.py   accounts of terminals
files.py       CSV in and out; verbs.py: the commands
"""
