"""One visitor's session at a kiosk: `step(state, event, moment) -> (state, effects)`. Pure.

    attract ─ home ─┬─ identify ─ pin ─┬─ pad (borrow) ──┐
                    │                  └─ account (renew)├─ receipt ─ farewell ─ attract
                    ├─ pad (return) ─────────────────────┘
                    ├─ hours, nearby, privacy        information
                    ├─ ar                            what the camera sees
                    ├─ help (staff call), rating, need
                    └─ staff: open and close the room, unfinished items, devices
    out_of_service  instead of all of them; from every screen a way home, and an end after silence

Faces show `view(state, moment)` and post events; what an effect asks for is carried out elsewhere
and answered by an event.
"""
