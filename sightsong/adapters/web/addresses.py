"""Which addresses belong to the open web."""

import ipaddress
import socket
from ipaddress import IPv4Address, IPv6Address

#: Where all IPv6 addresses of the open web lie (RFC 4291), and what in it does not belong there:
#: protocol assignments (Teredo too), 6to4 (looked into below) and examples.
_IPV6 = ipaddress.IPv6Network("2000::/3")
_NOT_IPV6 = tuple(ipaddress.IPv6Network(net) for net in ("2001::/23", "2001:db8::/32", "3fff::/20"))
#: Addresses that carry an IPv4 address: in the last 32 bits, or for 6to4 behind the first 16.
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_6TO4 = ipaddress.IPv6Network("2002::/16")
#: Protocol assignments and the old 6to4 relays, which older Pythons take for global in part.
_NOT_IPV4 = tuple(ipaddress.IPv4Network(net) for net in ("192.0.0.0/24", "192.88.99.0/24"))


def resolve(host: str) -> list[str]:
    """Ask the system for the addresses of a host, IPv4 and IPv6, in its order.

    Raises:
        OSError: it has none, or nobody knows now.
    """
    answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def is_public(address: str) -> bool:
    """Whether an address belongs to the open web, and so does any IPv4 address inside it."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return _is_public_4(ip) if isinstance(ip, IPv4Address) else _is_public_6(ip)


def _is_public_4(ip: IPv4Address) -> bool:
    return ip.is_global and not ip.is_multicast and not any(ip in net for net in _NOT_IPV4)


def _is_public_6(ip: IPv6Address) -> bool:
    if ip.scope_id is not None:
        return False
    if ip in _MAPPED or ip in _NAT64:
        return _is_public_4(IPv4Address(int(ip) & 0xFFFF_FFFF))
    if ip in _6TO4:
        return _is_public_4(IPv4Address(int(ip) >> 80 & 0xFFFF_FFFF))
    return ip in _IPV6 and ip.is_global and not any(ip in net for net in _NOT_IPV6)
