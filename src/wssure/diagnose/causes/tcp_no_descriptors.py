"""This process or machine has no free file descriptor.

What happened:
    The system refused to open a socket: EMFILE (the process has as many open files as it may have) or ENFILE (the machine
    has). Nothing was sent.

Why:
    The limit of open files is low (1024 is a common default) and the program holds many connections; or connections and
    files that are no longer used are never closed.

Fix:
    * Count the open files: `ls /proc/PID/fd | wc -l`.
    * Raise the limit: `ulimit -n 65536` in the shell, `LimitNOFILE=65536` in a systemd unit; for ENFILE `sysctl
      fs.file-max`.
    * Close connections that are no longer used, such as with `async with connect(...)`.

References:
    * socket(2) EMFILE and ENFILE, setrlimit(2) RLIMIT_NOFILE
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe


@probe("compare the number of open files with the limit (ls /proc/PID/fd | wc -l, then prlimit --nofile --pid PID)")
@cause("tcp.no-descriptors", Fault.CALLER, transient=True, shows=("os.error",))
def match(evidence: Evidence) -> Match | None:
    """Match the system's error for a missing descriptor."""
    error = evidence.os_error
    if error not in ("EMFILE", "ENFILE"):
        return None
    owner = "this process" if error == "EMFILE" else "this machine"
    return Match(f"{owner} has no free file descriptor for a socket ({error})", stage=evidence.stage)
