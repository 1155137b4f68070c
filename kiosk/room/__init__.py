"""An unstaffed room that looks after itself: `step(state, event) -> (state, effects)`. Pure.

    hours, people, contacts, air, cards, staff  ──►  step  ──►  switch, ask, announce, note
                                                      │
                                                    view: what the door says, what the staff sees

Leaving is no part of it: a door that nobody has to ask lets everybody out. What is here decides who
comes in, what is said and switched, and whom to tell.
"""
