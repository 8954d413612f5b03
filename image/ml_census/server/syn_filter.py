"""Packet filter that drops new TCP handshakes on a listening socket. Complete handshakes can still be accepted.

A close of the socket would reset the clients whose handshake is complete. Such a client may have sent a request.
"""

import ctypes
import socket
import struct
import sys

SO_ATTACH_FILTER = 26
"""Option of socket(7). The Python module socket has no constant for it."""
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

    A client sends its SYN again after a second. If the socket is closed then, the kernel refuses the connection.
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
