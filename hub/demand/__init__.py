"""When people come to a room: a profile of its week, hours that would serve more of them.

visits ─┐
watched ┼─► profile: visits in each half hour of the week, what nobody saw is unknown
declared┘        │
present hours ───┴─► proposals: as many hours, other ones, with what they gain and how sure
"""

from hub.demand.plan import Plan, Shape, best_plan
from hub.demand.profile import Observations, Profile, Rate, build_profile, observe
from hub.demand.proposals import Demand, Gain, Proposal, propose

__all__ = [
    "Demand",
    "Gain",
    "Observations",
    "Plan",
    "Profile",
    "Proposal",
    "Rate",
    "Shape",
    "best_plan",
    "build_profile",
    "observe",
    "propose",
]
