"""With this folder on PYTHONPATH a process has no network, and says so on stderr when it asks for one."""

import os
import socket


def refused(*_: object, **__: object) -> None:
    os.write(2, b"the network was asked for\n")
    raise OSError("there is no network")


def is_local(one: socket.socket) -> bool:
    return one.family not in (socket.AF_INET, socket.AF_INET6)


class CutOff(socket.socket):
    """A socket that reaches nobody on another machine; what processes of this one say to each other is no network."""

    def connect(self, address: object) -> None:
        return super().connect(address) if is_local(self) else refused()

    def connect_ex(self, address: object) -> int:
        return super().connect_ex(address) if is_local(self) else refused()

    def sendto(self, *arguments: object) -> int:
        return super().sendto(*arguments) if is_local(self) else refused()


socket.socket = CutOff
socket.getaddrinfo = socket.gethostbyname = socket.gethostbyname_ex = refused
