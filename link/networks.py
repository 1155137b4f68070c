"""What counts as one address. Pure."""

from ipaddress import IPv6Address, ip_address


def network_of(address: str) -> str:
    """Return what counts as one address: of the newer protocol its /64, whose owner has it all."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is None:
        return ip.exploded[:19]
    return str(ip)
