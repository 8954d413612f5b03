"""Packet filter that rejects new TCP handshakes on a listening socket while finished ones can still be accepted.

Closing the socket resets the clients whose handshake the kernel has finished, although they may have sent a request.
"""

import ctypes
import socket
import struct
import sys

SO_ATTACH_FILTER = 26
"""socket(7); Python has no name for it."""
WITHOUT_SYN = struct.pack(
    4 * "HBBI",
    *(0x30, 0, 0, 13),  # load the flags of the TCP header (RFC 9293, section 3.1)
    *(0x45, 0, 1, 0x02),  # if SYN is set
    *(0x06, 0, 0, 0),  # drop the packet
    *(0x06, 0, 0, 0xFFFF),  # otherwise pass it
)
"""Program for the kernel's classic BPF: instructions of operation, two jumps and a constant."""


def drop_new_connections(listener: socket.socket) -> bool:
    """Drop the SYN of new clients. Return False if the system has no such filter.

    A client sends its SYN again after a second. If the socket is closed by then, the client is refused.
    """
    if sys.platform != "linux":
        return False
    program = ctypes.create_string_buffer(WITHOUT_SYN)
    head = struct.pack("HP", len(WITHOUT_SYN) // struct.calcsize("HBBI"), ctypes.addressof(program))
    try:
        listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, head)
    except OSError:  # a sandbox whose kernel has no such filter
        return False
    return True
