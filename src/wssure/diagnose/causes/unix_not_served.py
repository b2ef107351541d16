"""No server can be reached at the path of the Unix socket.

What happened:
    The system refused to connect to the path: there is no such file, no process listens on the socket any more, this
    process may not write to it, or its queue is full. No byte was exchanged.

Why:
    The server has not started yet, has ended and left its socket behind, or listens on another path (a path that does not
    begin with / depends on the working directory; a container or a service with PrivateTmp has files of its own); or the
    permissions of the socket or of a directory above it exclude the user of this process.

Fix:
    * `ss -lx` lists the Unix sockets that are listened on; start the server, or correct `path=`.
    * `ls -l PATH` shows owner and permissions: connecting needs the right to write to the socket.

References:
    * unix(7), connect(2) ENOENT, ECONNREFUSED, EACCES, EAGAIN
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe
from wssure.evidence import Stage
from wssure.facts import UnixPathDialled
from wssure.fixes import fix
from wssure.text import printable

_DENIED = ("EACCES", "EPERM")
_SAID = {
    "ENOENT": "{path} does not exist: the server has not started, or listens on another path",
    "ENOTDIR": "{path} does not exist: a part of the path is no directory",
    "ECONNREFUSED": "no process listens on {path}: its server has ended and left the socket behind",
    "EAGAIN": "the server at {path} does not accept connections: its queue is full",
    **dict.fromkeys(_DENIED, "this process may not connect to {path}"),
}


@probe("list the Unix sockets that are listened on (ss -lx), and the permissions of the path (ls -l PATH)")
@cause("unix.not-served", Fault.PEER, transient=True, shows=("os.error",))
def match(evidence: Evidence) -> Match | None:
    """Match an error of the system for the path of a Unix socket."""
    dialled, error = evidence.last(UnixPathDialled), evidence.os_error
    if evidence.stage is not Stage.DIAL or dialled is None or not error:
        return None
    path = printable(dialled.path)
    text = _SAID.get(error, "{path} cannot be connected to: the system reported " + error)
    if error in _DENIED:
        return Match(text.format(path=path), fix("unix.denied", path=dialled.path), fault=Fault.CALLER, transient=False)
    return Match(text.format(path=path))
