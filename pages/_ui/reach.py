"""Addresses by which browsers reach the page, from here and from other machines."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import streamlit as st

__all__ = ["at_the_machine", "from_here", "from_phones", "what_it_takes"]

#: Hosts by which only this machine itself reaches the app.
LOCAL = {"localhost", "127.0.0.1", "::1"}


def at_the_machine() -> bool:
    """Whether the visitor sits at the machine that runs the app, as far as one can tell."""
    host = urlsplit(st.context.url or "").hostname
    # A proxy on this machine speaks for others.
    return host in LOCAL and st.context.ip_address is None and "X-Forwarded-For" not in st.context.headers


def from_here(query: Mapping[str, str]) -> str:
    """The address of this page as the visitor's own browser reaches it, with another query."""
    scheme, host, path, _, _ = urlsplit(st.context.url or "")
    return urlunsplit((scheme, host, path, urlencode(query, quote_via=quote), ""))


def from_phones(query: Mapping[str, str]) -> str:
    """The same as other machines reach it: by this machine's own number where the visitor sits at it."""
    address = urlsplit(from_here(query))
    if address.hostname not in LOCAL:
        return address.geturl()
    port = f":{address.port}" if address.port else ""
    return address._replace(netloc=f"{_own_ip()}{port}").geturl()


def what_it_takes() -> str:
    """Say what must be so for phones to reach the app."""
    if st.get_option("server.address") in LOCAL:
        return (
            "The app was started for this machine only, so phones cannot reach it: start it without "
            "`--server.address`, or with `--server.address 0.0.0.0`."
        )
    return (
        "Phones must be on the same network as this machine. If the page opens on none of them, a firewall on this "
        "machine keeps them out."
    )


def _own_ip() -> str:
    """What this machine is called in its network; nothing is sent to find out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address that belongs to nobody (RFC 5737)
        except OSError:
            return "localhost"
        return str(probe.getsockname()[0])
