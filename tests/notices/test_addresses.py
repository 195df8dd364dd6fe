"""Where webhooks may go: nowhere that is the agency's own, by whatever way an address leads there."""

from ipaddress import ip_network

import pytest

from services.notices.addresses import parsed, refusal

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "212.112.96.1",
    "2606:4700:4700::1111",
    "2a00:1450:4001:82a::200e",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
]

NOT = [
    ("0.0.0.0", "no address"),
    ("0.1.2.3", "reserved"),
    ("10.0.0.1", "private"),
    ("172.16.0.1", "private"),
    ("172.31.255.254", "private"),
    ("192.168.1.1", "private"),
    ("127.0.0.1", "loopback"),
    ("127.255.255.254", "loopback"),
    ("169.254.169.254", "link-local"),
    ("100.64.0.1", "reserved"),
    ("100.100.100.200", "reserved"),
    ("168.63.129.16", "reserved"),
    ("192.0.0.192", "reserved"),
    ("192.0.2.1", "private"),
    ("192.88.99.1", "reserved"),
    ("198.18.0.1", "reserved"),
    ("198.51.100.1", "private"),
    ("203.0.113.1", "private"),
    ("224.0.0.1", "multicast"),
    ("239.255.255.250", "multicast"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "reserved"),
    ("::", "no address"),
    ("::1", "loopback"),
    ("::7f00:1", "loopback"),
    ("::a00:1", "reserved"),
    ("::808:808", "reserved"),
    ("::ffff:127.0.0.1", "loopback"),
    ("::ffff:10.0.0.1", "private"),
    ("::ffff:169.254.169.254", "link-local"),
    ("64:ff9b::a00:1", "private"),
    ("64:ff9b::7f00:1", "loopback"),
    ("64:ff9b::a9fe:a9fe", "link-local"),
    ("64:ff9b:1::1", "reserved"),
    ("2002:a00:1::", "private"),
    ("2002:7f00:1::1", "loopback"),
    ("2002:a9fe:a9fe::1", "link-local"),
    ("2001:0:a00:1::", "private"),
    ("2001:0:4136:e378:8000:63bf:f5ff:fffe", "private"),
    ("2001:db8::1", "reserved"),
    ("3fff::1", "reserved"),
    ("2001:20::1", "reserved"),
    ("2606:4700::5efe:10.0.0.1", "private"),
    ("fe80::1", "link-local"),
    ("fe80::1%eth0", "link-local"),
    ("fec0::1", "reserved"),
    ("fc00::1", "reserved"),
    ("fd00:ec2::254", "reserved"),
    ("ff02::1", "multicast"),
    ("ff0e::1", "multicast"),
    ("100::1", "reserved"),
    ("5f00::1", "reserved"),
]


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is_sent_to(text: str) -> None:
    assert refusal(parsed(text)) is None


@pytest.mark.parametrize(("text", "why"), NOT)
def test_nothing_is_sent_to_an_address_that_is_not_public(text: str, why: str) -> None:
    assert why in str(refusal(parsed(text)))


@pytest.mark.parametrize("text", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_development_opens_the_loopback_and_nothing_else(text: str) -> None:
    assert refusal(parsed(text), loopback=True) is None
    assert [each for each, why in NOT if why != "loopback" and refusal(parsed(each), loopback=True) is None] == []


def test_an_operator_opens_a_network_and_no_other() -> None:
    mine = (ip_network("10.20.0.0/16"),)
    assert refusal(parsed("10.20.0.1"), networks=mine) is None
    assert refusal(parsed("::ffff:10.20.0.1"), networks=mine) is None
    assert refusal(parsed("10.21.0.1"), networks=mine) == "a private address"
    assert refusal(parsed("2002:a14:1::"), networks=mine) == "a private address", "not by another way"
