"""Addresses: whether one is this machine itself."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether a host, as a URL or a setting names it, is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
