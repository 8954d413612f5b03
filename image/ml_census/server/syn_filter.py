"""Packet filter that drops new TCP handshakes on a listening socket. accept() still returns established connections.

To close the socket would reset the connections that accept() has not returned. The
clients of these connections may have sent a request.
"""

import ctypes
import socket
import struct
import sys

SO_ATTACH_FILTER = 26
"""Number of a Linux socket option. The Python module `socket` has no constant for this
option."""
WITHOUT_SYN = struct.pack(
    4 * "HBBI",
    *(0x30, 0, 0, 13),  # load the flags of the TCP header (RFC 9293, section 3.1)
    *(0x45, 0, 1, 0x02),  # if SYN is set
    *(0x06, 0, 0, 0),  # drop the packet
    *(0x06, 0, 0, 0xFFFF),  # otherwise pass it
)
"""Program in classic BPF (Berkeley Packet Filter). Each instruction has an operation,
two jumps and a constant."""


def drop_new_connections(listener: socket.socket) -> bool:
    """Drop the SYN packets of new clients. Return False if the operating system has no packet filter for sockets.

    A client repeats a dropped SYN after a second. If the server has then closed the
    socket, the kernel refuses the connection.
    """
    if sys.platform != "linux":
        return False
    program = ctypes.create_string_buffer(WITHOUT_SYN)
    head = struct.pack("HP", len(WITHOUT_SYN) // struct.calcsize("HBBI"), ctypes.addressof(program))
    try:
        listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, head)
    except OSError:  # a container runtime whose kernel has no such filter
        return False
    return True
