"""A listening socket that lets nobody in any more, while those whom it has let in can still be accepted.

To close it is not enough: a client whose handshake the kernel has finished by then is reset, although it may have sent
its request.
"""

import ctypes
import socket
import struct
import sys

SO_ATTACH_FILTER = 26
"""socket(7); Python has no name for it."""
WITHOUT_SYN = struct.pack(
    4 * "HBBI",
    *(0x30, 0, 0, 13),  # load the byte of the TCP header that has the flags (RFC 9293, section 3.1)
    *(0x45, 0, 1, 0x02),  # if SYN is among them
    *(0x06, 0, 0, 0),  # drop the packet
    *(0x06, 0, 0, 0xFFFF),  # otherwise let it pass
)
"""A program for the kernel's classic packet filter: instructions of operation, two jumps and a constant."""


def drop_new_connections(listener: socket.socket) -> bool:
    """From now on the kernel ignores who begins to connect: tried again, a second later, that is refused if the socket
    is closed by then. Returns whether the system can do it."""
    if sys.platform != "linux":
        return False
    program = ctypes.create_string_buffer(WITHOUT_SYN)
    head = struct.pack("HP", len(WITHOUT_SYN) // struct.calcsize("HBBI"), ctypes.addressof(program))
    try:
        listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, head)
    except OSError:  # a sandbox whose kernel has no such filter
        return False
    return True
