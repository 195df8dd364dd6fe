"""Which addresses a webhook may go to. Pure: what a name resolves to is judged, never the name."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_LOW_32 = 0xFFFFFFFF
_NAT64 = ip_network("64:ff9b::/96")
_COMPATIBLE = ip_network("::/96")
_GLOBAL_UNICAST = ip_network("2000::/3")
_ISATAP = (0x00005EFE, 0x02005EFE)

#: Beyond what `ipaddress` calls global: relays, documentation, benchmarks, routing; and a metadata service on a public address.
_NEVER: tuple[Network, ...] = tuple(
    ip_network(each)
    for each in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "168.63.129.16/32",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "240.0.0.0/4",
        "2001:2::/48",
        "2001:10::/28",
        "2001:20::/28",
        "2001:db8::/32",
        "3fff::/20",
    )
)


def parsed(text: str) -> Address:
    """An address as a resolver tells it; without the zone that a link-local one may have."""
    return ip_address(text.partition("%")[0])


def _inside(address: Address) -> Iterator[Address]:
    """The IPv4 addresses that an IPv6 address leads to, by the ways of passing from one to the other."""
    if not isinstance(address, IPv6Address):
        return
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo
    if address in _NAT64 or address in _COMPATIBLE or (int(address) >> 32) & _LOW_32 in _ISATAP:
        yield IPv4Address(int(address) & _LOW_32)


def refusal(address: Address, *, loopback: bool = False, networks: Sequence[Network] = ()) -> str | None:
    """Why nothing may be sent to an address; None where it may. `networks` are those that the operator has opened."""
    inner = [address, *_inside(address)]
    meant = getattr(address, "ipv4_mapped", None) or address
    if any(meant in network for network in networks if meant.version == network.version):
        return None
    for each in inner:
        if each.is_loopback:
            if loopback:
                return None
            return "a loopback address"
    for each in inner:
        why = _kind(each, within=address)
        if why:
            return why
    return None


def _kind(address: Address, *, within: Address) -> str | None:
    if address.is_unspecified:
        return "no address"
    if address.is_multicast:
        return "a multicast address"
    if address.is_link_local:
        return "a link-local address"
    if any(address in network for network in _NEVER if network.version == address.version):
        return "a reserved address"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped or address in _NAT64:
            return None  # judged by the address inside
        if address in _COMPATIBLE or address not in _GLOBAL_UNICAST:
            return "a reserved address"
        if address.sixtofour or address.teredo:
            return None
    if address.is_private or not address.is_global:
        return "a private address"
    if address.is_reserved:
        return "a reserved address"
    return None
