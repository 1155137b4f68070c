"""What routes ask for."""

from fastapi import Request

from hub.api.problems import Unusable


async def known_parameters(request: Request) -> None:
    """Refuse a parameter that the route does not have: unheard, the answer would be another one.

    Raises Unusable.
    """
    known = sorted(field.alias for field in request.scope["route"].dependant.query_params)
    for name in request.query_params:
        if name not in known:
            told = f"; there are {', '.join(known)}" if known else ""
            raise Unusable(f"{name[:100]}: there is no such parameter{told}")
