"""Auditing a door: a person taps who passes beside the live counter, and a statement is made.

```
camera ──► Counter ──crossings──┐
                                ├─► Audit ──► Record (JSON) ──► edge.counting.accuracy ──► Statement
terminal or phone ──taps────────┘
```
No picture is shown, kept or sent.
"""
